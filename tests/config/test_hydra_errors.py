"""Hydra's errors that no override and no file of `test_compose.py` provokes."""

from pathlib import Path

import pytest
from hydra.errors import ConfigCompositionException, HydraException, MissingConfigException

from mmfusion.config.compose import compose_unchecked
from mmfusion.config.errors import ConfigError
from mmfusion.config.hydra_errors import as_config_error

KNOWN = {"fusion": {"concat": Path("concat.yaml"), "gated": Path("gated.yaml")}}


def caused_by(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MissingConfigException("In 'mine': no", "fusion/gatd"), "mine: group fusion has no option 'gatd'; did you"),
        (MissingConfigException("", "fusion/gatd"), "fusion=gatd: group fusion has no option 'gatd'"),
        (MissingConfigException("", "fusoin/gated"), "there is no group 'fusoin' (wanted for fusoin/gated); did you"),
        (HydraException("first\n  second\n\n"), "first; second"),
        (caused_by(ConfigCompositionException(""), ValueError("the reason")), "the reason"),
    ],
)
def test_an_error_in_one_line(error, message):
    with pytest.raises(ConfigError) as caught, as_config_error([], [], KNOWN):
        raise error
    assert caught.value.__cause__ is error
    assert str(caught.value).startswith(message)


def test_errors_that_are_not_hydras_pass_through():
    with pytest.raises(ZeroDivisionError), as_config_error([], [], KNOWN):
        raise ZeroDivisionError


def test_options_that_build_on_each_other_in_a_circle(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "conf" / "fusion"
    folder.mkdir(parents=True)
    for name, parent in (("mine", "other"), ("other", "mine")):
        (folder / f"{name}.yaml").write_text(f"defaults: [{parent}]\n")
    with pytest.raises(ConfigError, match=r"fusion/(mine|other)\.yaml: its defaults list leads back to the file"):
        compose_unchecked(["fusion=mine"])
