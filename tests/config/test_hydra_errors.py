"""Each kind of Hydra's and OmegaConf's errors; `test_compose.py` provokes them through whole configs."""

from pathlib import Path

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException
from omegaconf import OmegaConf

from mmfusion.config.errors import ConfigError
from mmfusion.config.hydra_errors import explained

KNOWN = {
    "fusion": {"concat": Path("concat.yaml"), "gated": Path("gated.yaml")},
    "encoder/image": {"cnn": Path("cnn.yaml")},
    "task": {"regression": Path("regression.yaml")},
}


def told(error: Exception, overrides: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigError) as caught, explained(overrides, [], KNOWN):
        raise error
    assert caught.value.__cause__ is error
    return str(caught.value)


def test_what_goes_well_passes():
    with explained([], [], KNOWN):
        assert OverridesParser.create().parse_overrides(["a=1"])[0].value() == 1


def test_errors_that_are_not_hydras_pass_through():
    with pytest.raises(ZeroDivisionError), explained([], [], KNOWN):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("file", "text", "overrides", "message"),
    [
        ("fusion/gatd", "", ("fusion=gatd",), "fusion=gatd: group fusion has no option 'gatd'; did you mean 'gated'"),
        ("fusion/gatd", "In 'experiment/mine': no", (), "experiment/mine: group fusion has no option 'gatd'"),
        ("fusion/gatd", "", (), "fusion=gatd: group fusion has no option 'gatd'"),
        (
            ["encoder/image/cn"],
            "",
            ("+encoder/image@encoder.a=cn",),
            "+encoder/image@encoder.a=cn: group encoder/image",
        ),
        ("fusoin/gated", "", (), "there is no group 'fusoin' (wanted for fusoin/gated); did you mean 'fusion'"),
    ],
)
def test_a_missing_option_is_named_with_the_nearest(file, text, overrides, message):
    assert told(MissingConfigException(text, file), overrides).startswith(message)


def test_an_override_that_cannot_be_read():
    with pytest.raises(ConfigError) as caught, explained(["a=[1"], [], KNOWN):
        OverridesParser.create().parse_overrides(["a=[1"])
    assert str(caught.value).startswith("a=[1: not an override that can be read (")
    assert "quote what has commas" in str(caught.value)


def test_a_value_that_must_be_given_is_named():
    config = OmegaConf.create({"data": {"path": "???"}})
    message = r"^data\.path: must be given, for example data\.path=\.\.\.$"
    with pytest.raises(ConfigError, match=message), explained([], [], KNOWN):
        OmegaConf.to_container(config, throw_on_missing=True)


def test_an_interpolation_that_leads_nowhere_is_one_line():
    message = r"^Interpolation key 'nowhere' not found; full_key: a"
    with pytest.raises(ConfigError, match=message) as caught, explained([], [], KNOWN):
        OmegaConf.to_container(OmegaConf.create({"a": "${nowhere}"}), resolve=True)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_yaml_is_one_line():
    message = r"^not YAML: while parsing a flow sequence"
    with pytest.raises(ConfigError, match=message) as caught, explained([], [], KNOWN):
        yaml.safe_load("a: [1")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        (
            "Could not override 'fusion'.\nNo match in the defaults list.",
            ("fusion=gated",),
            "fusion=gated: nothing in the config uses fusion so far; to add it, write +fusion=gated",
        ),
        (
            "Could not override 'task'.",
            ("task=regression",),
            "task=regression: nothing in the config uses task so far; to add it, write +task@task.<name>=regression",
        ),
        ("Could not override 'encoder'.", (), "encoder: there is no such group; did you mean 'encoder/image'"),
        ("... looks like a config group override, but config group 'fusoin' does not exist", (), "fusoin: there is no"),
        ("Could not delete from config. 'task.sm' does not exist.", (), "~task.sm: the config has no such key"),
        ("Could not delete 'fusion'. No match in the defaults list", (), "~fusion: no such group is in use"),
        ("Could not append to config. An item is already at 'seed'", (), "+seed: is in the config already"),
        ("sweep 'seed=1,2' requires --multirun", (), "seed=1,2: several values; add -m"),
        ("first\n  second\n\n", (), "first; second"),
    ],
)
def test_what_hydra_says_in_what_a_person_can_do(text, overrides, message):
    assert told(HydraException(text), overrides).startswith(message)


def test_the_cause_speaks_where_the_error_itself_says_nothing():
    error = ConfigCompositionException("")
    error.__cause__ = ValueError("the reason")
    assert told(error) == "the reason"
