"""The names in `mmfusion.config.names` are those of what they speak of."""

from importlib import import_module
from inspect import signature

import pytest
from torch import nn

from mmfusion.config import names, schema
from mmfusion.config.check import signature_of
from mmfusion.config.folders import groups, own_folder


def load(target: str) -> type:
    module, _, name = target.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize("kind", names.KIND_TARGETS)
def test_each_kind_is_read_by_a_class_of_that_kind(kind):
    lineage = [each.__name__ for each in load(names.KIND_TARGETS[kind]).__mro__]
    assert "Kind" in lineage
    assert f"encoder/{kind}" in groups([own_folder()])


def test_the_kinds_are_those_that_a_config_may_name():
    said = schema.ModalityData.__annotations__["kind"]
    assert said == f"Literal[{', '.join(repr(kind) for kind in names.KIND_TARGETS)}]"
    assert names.KIND_ARGUMENTS.keys() == names.KIND_TARGETS.keys()


@pytest.mark.parametrize("kind", names.KIND_ARGUMENTS)
def test_every_encoder_takes_what_the_data_tells_it(kind):
    for path in (own_folder() / "encoder" / kind).glob("*.yaml"):
        target = next(line.split(": ")[1] for line in path.read_text().splitlines() if line.startswith("_target_"))
        required = [name for name, each in signature_of(target).parameters.items() if each.required]
        assert tuple(required) == names.KIND_ARGUMENTS[kind]


@pytest.mark.parametrize("section", names.SECTIONS)
def test_each_section_is_a_dataclass_with_no_default_but_the_yamls(section):
    fields = load(names.SECTIONS[section]).__dataclass_fields__
    assert fields
    assert signature_of(names.SECTIONS[section]).parameters.keys() == fields.keys()


def test_no_part_of_the_model_may_have_a_name_that_torch_takes():
    modules = nn.ModuleDict()
    for name in names.RESERVED:
        with pytest.raises((KeyError, TypeError)):
            modules[name] = nn.Identity()
    for name in ("image", "weights", "label", "target"):
        modules[name] = nn.Identity()
    missed = [name for name in dir(nn.ModuleDict()) if not name.startswith("_") and name not in names.RESERVED]
    assert not missed


def test_what_the_loader_and_the_freezing_read_is_no_argument_of_a_component():
    for group, options in groups([own_folder()]).items():
        for path in options.values() if group.startswith("encoder/") else ():
            target = next(line.split(": ")[1] for line in path.read_text().splitlines() if line.startswith("_target_"))
            assert not set(names.ENCODER_KEYS) & set(signature(load(target)).parameters)
