import pytest
import yaml

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.config.overrides_file import expanded


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
