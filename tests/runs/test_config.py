import pytest
import yaml

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusted, trusting
from mmfusion.runs.config import new_table_overrides, override, read_run, reading_overrides


@pytest.fixture
def folder(toy, tmp_path):
    from tests.runs.toy import toy_config

    (tmp_path / "config.yaml").write_text(yaml.safe_dump(toy_config(toy)))
    return tmp_path


def test_overrides_are_yaml():
    config = {"a": {"b": 1, "c": [1]}}
    assert override(config, ["a.b=null", "a.c=[2, 3]"]) == {"a": {"b": None, "c": [2, 3]}}
    assert override(config, ["a.b=1e-3", "a.c=x1e3"]) == {"a": {"b": 0.001, "c": "x1e3"}}
    with pytest.raises(ConfigError, match=r"override 'a\.b=\[1': the value is not YAML: "):
        override(config, ["a.b=[1"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data.pth=x"], r"the run's config has no 'data\.pth'; did you mean 'data\.path'"),
        (["seed"], "override 'seed': expected key=value"),
        (["optimizer.lr=77"], r"'optimizer\.lr=77': optimizer\.lr is for training alone, and would change nothing"),
        (["trainer.devices=2"], r"'trainer\.devices=2': trainer\.devices is for training alone"),
        (["data.loader.batch_size=big"], "data.loader.batch_size: must be a whole number"),
        (["fusion._target_=os.system"], "'os.system' is refused"),
        (["trusted_modules=[evil]"], r"sets trusted_modules=\[evil\]. Only the command line may"),
    ],
)
def test_overrides_are_checked_like_a_config(folder, words, message):
    with pytest.raises(ConfigError, match=message):
        read_run(folder, words)


def test_a_runs_config_comes_back_with_what_was_overridden(folder):
    read, config = read_run(folder / "config.yaml", ["seed=7"])
    assert read.path == folder
    assert (config["seed"], config["name"]) == (7, "toy")


def test_what_counts_after_training_may_be_overridden(folder):
    _, config = read_run(folder, ["trainer.precision=bf16-mixed", "report.subsets=none"])
    assert (config["trainer"]["precision"], config["report"]["subsets"]) == ("bf16-mixed", "none")


def test_a_config_that_is_damaged_is_named(folder):
    (folder / "config.yaml").write_text("a: [1")
    with pytest.raises(ConfigError, match=r"config\.yaml is damaged: while parsing"):
        read_run(folder)


def test_nothing_of_ones_own_is_opened(folder):
    with trusting([]):
        read_run(folder)
        assert not trusted()


def test_how_a_table_is_read_can_be_said_by_options_of_its_file():
    given = ["data.delimiter=;", "data.quote=null", "data.header=false", "data.empty=['', '-']", "data.decimal=,"]
    assert reading_overrides(given) == {
        "delimiter": ";",
        "quote": None,
        "header": False,
        "empty": ["", "-"],
        "decimal": ",",
    }
    assert reading_overrides(["data.delimiter=|", "data.format='csv'"]) == {"delimiter": "|", "format": "csv"}
    assert new_table_overrides(["data.root=a b", "data.id=null"]) == {"root": "a b", "id": None}
    for wrong, message in (
        ("data.root=x", r"override 'data\.root=x': what can be set here says how the table is read"),
        ("data.header", "write key=value"),
        ("data.decimal=;", r"data\.decimal: must be '\.' or ','"),
        ("data.header=maybe", r"data\.header: must be"),
    ):
        with pytest.raises(ConfigError, match=message):
            reading_overrides([wrong])
