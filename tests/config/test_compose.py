import pytest

from mmfusion.config.compose import compose_unchecked, forced, load_config, search_path
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups
from mmfusion.config.instantiate import trusting


def test_composes_plain_containers(mini):
    composed = compose_unchecked(["fusion=gated", "trainer.max_epochs=3", "~encoder.image"])
    config = composed.config
    assert type(config["trainer"]) is dict
    assert (config["name"], config["fusion"]["_target_"]) == ("digits", "mmfusion.fusion.gated.Gated")
    assert config["trainer"]["max_epochs"] == 3
    assert config["encoder"] == {}
    assert "hydra" not in config
    assert composed.sources("trainer.max_epochs") == "from trainer.max_epochs=3 on the command line"


def test_adds_modalities_and_tasks_under_names_of_ones_own(mini):
    added = ["+encoder/text@encoder.note=rnn", "+task@task.age=regression", "task.age.column=years"]
    config = compose_unchecked(added).config
    assert set(config["encoder"]) == {"image", "note"}
    assert config["task"]["age"]["column"] == "years"


def test_several_loggers(mini):
    assert set(compose_unchecked(["logger=[csv,wandb]"]).config["logger"]) == {"csv", "wandb"}
    assert set(compose_unchecked(["logger=wandb"]).config["logger"]) == {"wandb"}
    assert compose_unchecked(["logger=null"]).config["logger"] == {}


def test_null_leaves_a_group_out(mini):
    assert compose_unchecked(["experiment=null", "debug=null"]).config["name"] == "run"


def test_values_may_set_new_keys_and_groups_keep_hydras_syntax(mini):
    known = groups([mini])
    words = [
        "fusion=gated",
        "encoder/image=cnn",
        "task@task.a=regression",
        "~x",
        "+a.b=1",
        "a.b=1",
        "hydra.verbose=true",
    ]
    assert forced(words, known) == [*words[:5], "++a.b=1", "hydra.verbose=true"]
    assert compose_unchecked(["fusion.more={a: 1}"]).config["fusion"]["more"] == {"a": 1}


def test_folders_of_ones_own(mini, tmp_path):
    folder = tmp_path / "it's mine, [really]"
    (folder / "experiment").mkdir(parents=True)
    (folder / "experiment" / "mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - digits\n  - override /fusion: wide\n  - _self_\nname: mine\n"
    )
    here = tmp_path / "here" / "conf" / "fusion"
    here.mkdir(parents=True)
    (here / "wide.yaml").write_text("_target_: mmfusion.fusion.concat.Concat\ndim: 4096\n")
    config = compose_unchecked(["experiment=mine"], [folder]).config
    assert (config["name"], config["fusion"]["dim"]) == ("mine", 4096)
    assert search_path([]) == []


def test_a_hidden_file_is_told(mini, tmp_path, capsys):
    (tmp_path / "mine" / "fusion").mkdir(parents=True)
    (tmp_path / "mine" / "fusion" / "concat.yaml").write_text("dim: 3\n")
    assert compose_unchecked([], [tmp_path / "mine"]).config["fusion"]["dim"] == 256
    assert "not read, since a config of that name exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["fusion=gatd"],
            r"fusion=gatd: group fusion has no option 'gatd'; did you mean 'gated'\? Valid: concat, gated",
        ),
        (["experiment=none_such"], r"group experiment has no option 'none_such'; valid: digits"),
        (["+encoder/image@encoder.a=cn"], r"group encoder/image has no option 'cn'; did you mean 'cnn'"),
        (["encodr/image=cnn"], r"encodr/image: there is no such group; did you mean 'encoder/image'"),
        (["encoder=cnn"], r"encoder: there is no such group; .*alid: encoder/image, encoder/text"),
        (["fusion=[concat,gated]"], r"fusion takes one option; only logger takes several"),
        (["trainer={max_epochs: 1}"], r"trainer is a group; write trainer=<option>, or trainer.<key>=<value>"),
        (["encoder/text=rnn"], r"nothing in the config uses encoder/text so far; to add it, write \+encoder/text=rnn"),
        (["task=regression"], r"to add it, write \+task@task.<name>=regression"),
        (["~task.sm"], r"^~task.sm: the config has no such key; did you mean 'sum'\? Valid: "),
        (["~encoder.imge", "~fusoin"], r"the config has no such key; did you mean '(image|fusion)'"),
        (["~tsk.sum.x"], r"^~tsk.sum.x: the config has no such key; see all with --cfg job"),
        (["~encoder/text"], r"~encoder/text: no such group is in use"),
        (["+seed=3"], r"\+seed: is in the config already; leave out the \+"),
        (["seed=1,2"], r"seed=1,2: several values; add -m"),
        (["fusion=concat,gated"], r"fusion=concat,gated: several values; add -m"),
        (["no value"], r"no value: not an override that can be read"),
        (["name=[1"], r"name=\[1: not an override that can be read"),
        (["name=${absent}"], r"Interpolation key 'absent' not found"),
        (["name=???"], r"name: must be given, for example name=\.\.\."),
        (["trainer.max_epochs=???"], r"trainer.max_epochs: must be given"),
    ],
)
def test_errors_say_what_would_work(mini, overrides, message):
    with pytest.raises(ConfigError, match=message):
        compose_unchecked(overrides)


def test_errors_of_files_name_the_file(mini):
    file = mini / "experiment" / "bad.yaml"
    file.write_text("defaults:\n  - digits\n  - _self_\nname: x\n")
    with pytest.raises(ConfigError, match=r"experiment/bad.yaml must begin with the line `# @package _global_`"):
        compose_unchecked(["experiment=bad"])
    file.write_text("# @package _global_\ndefaults:\n  - override /fusion: gatd\n")
    with pytest.raises(ConfigError, match=r"group fusion has no option 'gatd'; did you mean 'gated'"):
        compose_unchecked(["experiment=bad"])
    file.write_text("# @package _global_\nname: [x\n")
    with pytest.raises(ConfigError, match=r"not YAML: .*bad.yaml"):
        compose_unchecked(["experiment=bad"])


def test_a_file_that_cannot_be_read_is_named(mini, tmp_path):
    file = tmp_path / "mine" / "experiment" / "bad.yaml"
    file.parent.mkdir(parents=True)
    for content, message in {
        "# @package _global_\nname: größe\n".encode("latin-1"): r"bad.yaml: not UTF-8 \(.*\); save the file as UTF-8",
        b"# @package\nname: x\n": r"bad.yaml, line 1: expected `# @package _global_`, or no `@` there",
    }.items():
        file.write_bytes(content)
        with pytest.raises(ConfigError, match=message):
            compose_unchecked(["experiment=bad"], [tmp_path / "mine"])


def test_trust_is_taken_from_the_command_line_alone(mini):
    with trusting([]) as opened:
        composed = compose_unchecked(["trusted_modules=[mypackage,other.part]"])
        assert opened == {"mypackage", "other.part"}
    assert composed.trusted == ["mypackage", "other.part"]
    assert composed.config["trusted_modules"] == []
    (mini / "experiment" / "evil.yaml").write_text(
        "# @package _global_\ndefaults:\n  - digits\n  - _self_\ntrusted_modules: [evil]\n"
    )
    with pytest.raises(ConfigError, match=r"sets trusted_modules=\[evil\]. Only the command line may"):
        compose_unchecked(["experiment=evil"])
    with trusting([]), pytest.raises(ConfigError, match="Only the command line may"):
        compose_unchecked(["experiment=evil", "trusted_modules=[mypackage]"])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.rows=[1,2]", "data.rows: must be a mapping with train, val, test, found [1, 2]"),
        ("optimizer.betas={a: 1}", "optimizer.betas: must be a list, found a mapping with a"),
        ("callbacks.monitor=[1]", "callbacks.monitor: must be a mapping with metric, mode, found [1]"),
        ("task.sum=[1]", "task.sum: must be a mapping, found [1]"),
        ("encoder.imag.widths=[8]", "encoder.imag: there is no such encoder, and a new one needs a _target_; did you"),
    ],
)
def test_a_wrong_container_is_named_as_it_was_typed(here, override, message):
    with pytest.raises(ConfigError) as error:
        load_config([override])
    assert str(error.value).startswith(message)
    assert str(error.value).endswith(f"(from {override} on the command line)")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("trainer=null", ": no run does without; valid: cpu, ddp, default"),
        ("task=null", ": the config has several, each under a name; ~task.<name> leaves one out"),
        ("task@task.sm=regression", ": nothing in the config uses task@task.sm so far; did you "),
        *((override, "") for override in ("name=größe,数", "seed=ü", "fusion=gäted", "name=[a", "trainer.threads=[ü]")),
    ],
)
def test_what_is_refused_is_shown_as_it_was_typed(here, override, message):
    with pytest.raises(ConfigError) as error:
        load_config([override])
    assert override + message in str(error.value)
    assert "++" not in str(error.value)


def test_texts_that_hydra_could_not_read_without_quotes(here):
    config = load_config(["name=Größe", "tags=[数据,it's]", "paths.outputs=~/läufe (1)"])
    assert (config["name"], config["tags"]) == ("Größe", ["数据", "it's"])
    assert config["paths"]["outputs"] == "~/läufe (1)"
