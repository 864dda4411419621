"""The schema names what `conf/train.yaml` and its default groups hold, no more and no less."""

from dataclasses import MISSING, fields, is_dataclass

import pytest

from mmfusion.config import sections
from mmfusion.config.check import check
from mmfusion.config.compose import compose
from mmfusion.config.errors import ConfigError

SECTIONS = {
    "head": sections.Head,
    "compile": sections.Compile,
    "report": sections.Report,
    "modality": sections.Modality,
}
SECTIONS |= {"paths": sections.Paths}


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return compose([]).config


def names(kind) -> set[str]:
    return {field.name for field in fields(kind)}


def test_the_default_config_has_every_field_and_no_other(config):
    assert set(config) == names(sections.Config) - {"study"}  # a run of a study has none
    for section, kind in SECTIONS.items():
        assert set(config[section]) == names(kind), section


def test_sections_are_typed_by_the_dataclasses_here():
    typed = {
        field.name: field.type for field in fields(sections.Config) if is_dataclass(getattr(sections, field.type, 0))
    }
    assert typed == {section: kind.__name__ for section, kind in SECTIONS.items()}


@pytest.mark.parametrize(("section", "kind"), [(None, sections.Config), *SECTIONS.items()])
def test_a_key_that_is_missing_is_named(config, section, kind):
    for name in [field.name for field in fields(kind) if field.default is field.default_factory is MISSING]:
        node = config if section is None else config[section]
        value = node.pop(name)
        with pytest.raises(ConfigError, match=rf"(^|\s){f'{section}.{name}' if section else name}: is missing"):
            check(config)
        node[name] = value
    check(config)


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("head", "hidden", 3, "must be a list, found 3"),
        ("head", "dropout", "much", "must be a number from 0 to 1, found the string 'much'"),
        ("compile", "mode", "fast", "must be 'default' or .* found the string 'fast'"),
        ("report", "subsets", "al", "did you mean 'all'"),
        ("report", "gradients_every_n_steps", 0.5, "must be a whole number of at least 0, found 0.5"),
        ("modality", "dropout", {"image": "a"}, "must be a number from 0 to 1, found the string 'a'"),
        ("modality", "placeholders", 1, "must be true or false, found 1"),
        ("paths", "run", None, "must be a string, found null"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(config, section, key, value, message):
    config[section][key] = value
    with pytest.raises(ConfigError, match=rf"^{section}\.{key}.*{message}"):
        check(config)
