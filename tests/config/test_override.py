import pytest
import yaml

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.config.override import Override, expanded, split_trust


@pytest.mark.parametrize(
    ("text", "sign", "group", "package", "key", "value"),
    [
        ("fusion=gated", "", "fusion", "", "fusion", "gated"),
        ("trainer.max_epochs=3", "", "", "", "trainer.max_epochs", "3"),
        ("++a.b={c: 1=2}", "++", "", "", "a.b", "{c: 1=2}"),
        ("+encoder/image@encoder.photo=cnn", "+", "encoder/image", "encoder.photo", "encoder.photo", "cnn"),
        ("encoder/image=cnn", "", "encoder/image", "", "encoder.image", "cnn"),
        ("task@task.sum=x", "", "task", "task.sum", "task.sum", "x"),
        ("hydra/launcher=ray", "", "hydra/launcher", "", "hydra.launcher", "ray"),
        ("~task.age", "~", "", "", "task.age", None),
        ("data.path=", "", "", "", "data.path", ""),
        ("name=a\nb", "", "name", "", "name", "a\nb"),
        ("word", "", "word", "", "word", None),
        ("=x", "", "", "", "", "x"),
        ("", "", "", "", "", None),
    ],
)
def test_parts(text, sign, group, package, key, value):
    assert Override.parse(text) == Override(sign, group, package, key, value, text)


def test_name_section_and_what_it_sets():
    override = Override.parse("++encoder/image@encoder.photo=cnn")
    assert (override.name, override.section, str(override)) == ("encoder/image@encoder.photo", "encoder", override.text)
    assert override.sets("encoder.photo.dim")
    assert override.sets("encoder.photo")
    assert not override.sets("encoder.photos")
    assert not override.sets("encoder")


@pytest.mark.parametrize(
    "text", ["trusted_modules=[a,b.c]", "+trusted_modules=['a', \"b.c\"]", "++trusted_modules=a,b.c"]
)
def test_split_trust(text):
    assert split_trust(["x=1", text]) == (["x=1"], ["a", "b.c"])


def test_trust_of_nothing():
    assert split_trust(["trusted_modules=[]"]) == ([], [])


def test_a_file_stands_for_the_overrides_in_it(tmp_path):
    file = tmp_path / "best.yaml"
    file.write_text("# the best trial\n- fusion=gated\n- optimizer.lr=0.003\n- 'name=a: b'\n")
    assert expanded(["seed=1", f"@{file}", "optimizer.lr=1"]) == [
        *("seed=1", "fusion=gated", "optimizer.lr=0.003", "name=a: b", "optimizer.lr=1")
    ]
    assert expanded(["+task@task.age=regression"]) == ["+task@task.age=regression"]
    file.write_text("- trusted_modules=[]\n- seed=3\n- paths.run='/x/0'\n")
    assert expanded([f"@{file}"]) == ["seed=3"], "a job's overrides.yaml: its folder is taken"
    file.write_text("[]\n")
    assert expanded([f"@{file}"]) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"@.*best.yaml: .*best.yaml cannot be read: No such file"),
        ("fusion: gated\n", r"expected a YAML list of overrides like `- fusion=gated`"),
        ("- fusion: gated\n", r"expected a YAML list of overrides"),
        ("- [\n", r"is not YAML: while parsing"),
        ("- ++trusted_modules=[os]\n", r"the file sets trusted_modules=\[os\]. Only the command line may"),
    ],
)
def test_what_a_file_must_not_hold(tmp_path, text, message):
    file = tmp_path / "best.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        expanded([f"@{file}"])


@pytest.mark.parametrize(
    "entry",
    [
        "+hydra.callbacks.evil={_target_: torch.utils.collect_env.run, command: 'touch %s'}",
        "++hydra.callbacks={evil: {_target_: torch.utils.collect_env.run, command: 'touch %s'}}",
        "hydra/launcher=submitit_slurm",
        "+task@hydra.callbacks.evil=classification",
        "~hydra.callbacks",
        "+hydra={}",
    ],
)
def test_a_file_gives_hydra_no_orders(tmp_path, monkeypatch, capsys, entry):
    monkeypatch.chdir(tmp_path)
    entry = entry.replace("%s", str(tmp_path / "stolen"))
    (tmp_path / "best.yaml").write_text(yaml.safe_dump(["seed=1", entry]))
    assert main(["train", "-m", "seed=1,2", "@best.yaml"]) == 2
    assert f"@best.yaml: the file holds {entry}. What Hydra does is" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["best.yaml"]
