import pytest
import yaml

from mmfusion.config.compose import compose_unchecked, load_config
from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.runs.config import OF_NEW_TABLE, override, read_run_config, reading_overrides


@pytest.fixture
def folder(conf_dir, tmp_path):
    from tests.runs.small_experiment import small_config

    (tmp_path / "config.yaml").write_text(yaml.safe_dump(small_config(conf_dir)))
    return tmp_path


def test_values_are_those_of_the_command_line():
    config = {"a": {"b": 1, "c": [1]}}
    assert override(config, ["a.b=null", "a.c=[2, 3]"]) == {"a": {"b": None, "c": [2, 3]}}
    assert override(config, ["a.b=1e-3", "a.c=x1e3"]) == {"a": {"b": 0.001, "c": "x1e3"}}
    with pytest.raises(ConfigError, match=r"a\.b=\[1: not an override that can be read \(the \[ is not closed"):
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
        read_run_config(folder, words)


def test_a_runs_config_comes_back_with_what_was_overridden_and_counts_after_training(folder):
    words = ["seed=7", "trainer.precision=bf16-mixed", "report.subsets=none"]
    with trusting([]) as opened:
        read, config = read_run_config(folder / "config.yaml", words)
        assert not opened, "nothing of one's own is opened"
    assert read.path == folder
    assert (config["seed"], config["name"]) == (7, "small")
    assert (config["trainer"]["precision"], config["report"]["subsets"]) == ("bf16-mixed", "none")


def test_a_config_that_is_damaged_is_named(folder):
    (folder / "config.yaml").write_text("a: [1")
    with pytest.raises(ConfigError, match=r"config\.yaml is damaged: while parsing"):
        read_run_config(folder)


@pytest.mark.parametrize("data", [3, {}, {"_target_": ["x"]}])
def test_a_config_without_a_source_is_refused(folder, data):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump(config | {"data": data}))
    with pytest.raises(ConfigError, match=r"data(\._target_)?: "):
        read_run_config(folder)


def test_a_run_of_an_earlier_version_finds_its_source(folder):
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("mmfusion.data.sources.manifest.", "mmfusion.data.manifest.source."))
    assert "data.manifest.source.ManifestSource" in config.read_text()
    assert read_run_config(folder)[1]["data"]["_target_"] == "mmfusion.data.sources.manifest.ManifestSource"


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("data.header=false", False),
        *((f"data.delimiter={sign}", sign) for sign in ";|,:#^~&/%@!?*$=§ \t'\""),
        ("data.delimiter=\\t", "\\t"),
        ("data.delimiter=';'", ";"),
        ("data.quote='", "'"),
        ('data.quote="\'"', "'"),
        ("data.quote=null", None),
        ("data.decimal=,", ","),
        ("data.empty=[?,-,N/A]", ["?", "-", "N/A"]),
        ("data.empty=['?', \"-\", N/A, '']", ["?", "-", "N/A", ""]),
        (
            "data.empty=[null,None,999,-1,1e-3,1:30,yes,~,k. A.]",
            ["null", "None", "999", "-1", "1e-3", "1:30", "yes", "~", "k. A."],
        ),
        ("data.empty=[%,@,#N/A,<NA>,*,&,!]", ["%", "@", "#N/A", "<NA>", "*", "&", "!"]),
        ("data.empty=[|,ü,无,(leer),it's]", ["|", "ü", "无", "(leer)", "it's"]),
        ("data.not_empty={c: [NA, 0]}", {"c": ["NA", "0"]}),
        *((f"data.path={name}", name) for name in ("a b.csv", "50%.csv", "a@b.csv", "*.csv", "Größe (1).csv", "a #1")),
        *((f"data.path={name}", name) for name in ("[1].csv", "{x}.csv", "%x", "!x", "`x`", "a: b", "a=b", "~/x")),
    ],
)
def test_a_value_is_the_same_for_each_command(typed, value):
    """`train` and `validate` compose; `init`, `predict` and `eval` read options of a table by themselves."""
    name = typed.partition("=")[0].removeprefix("data.")
    assert compose_unchecked(["data=manifest", "data.path=x.csv", typed]).config["data"][name] == value
    assert reading_overrides([typed], ("data.path",)) == {name: value}
    assert override({"data": {name: "old"}}, [typed]) == {"data": {name: value}}


def test_what_a_command_line_alone_does_not_allow():
    assert reading_overrides(["data.not_empty={Größe: [NA]}"]) == {"not_empty": {"Größe": ["NA"]}}
    assert reading_overrides(["data.id=a,b"], OF_NEW_TABLE) == {"id": "a,b"}  # there is no -m here
    with pytest.raises(ConfigError, match=r"""or write one text as 'data\.id="a,b"'$"""):
        load_config(["data=manifest", "data.path=x.csv", "data.id=a,b"])


def test_what_does_not_say_how_a_table_is_read_is_refused():
    assert reading_overrides(["data.root=a b", "data.id=null"], OF_NEW_TABLE) == {"root": "a b", "id": None}
    for wrong, message in (
        ("data.root=x", r"override 'data\.root=x': what can be set here says how the table is read"),
        ("data.header", "write key=value"),
        ("data.decimal=;", r"data\.decimal: must be '\.' or ','"),
        ("data.header=maybe", r"data\.header: must be"),
    ):
        with pytest.raises(ConfigError, match=message):
            reading_overrides([wrong])
