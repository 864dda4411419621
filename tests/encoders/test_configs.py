from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path

import pytest
import yaml

from mmfusion.encoders._base import Encoder

FILES = sorted((Path(__file__).parents[2] / "conf" / "encoder").glob("*/*.yaml"))
# Read by the builder, for every encoder.
GENERIC = {"freeze": False, "lr_scale": 1.0}
# What a config turns on that a constructor leaves out.
DELIBERATE = {("spectrogram_cnn", "spec_augment")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_config_lists_every_option_with_its_default(file):
    node = yaml.safe_load(file.read_text())
    module, _, name = node.pop("_target_").rpartition(".")
    encoder = getattr(import_module(module), name)
    assert issubclass(encoder, Encoder)
    assert encoder.kind == file.parent.name
    defaults = {
        option: list(p.default) if isinstance(p.default, tuple) else p.default
        for option, p in signature(encoder).parameters.items()
        if p.default is not Parameter.empty
    }
    assert set(node) == set(defaults) | set(GENERIC)
    differing = {option for option, value in {**defaults, **GENERIC}.items() if node[option] != value}
    assert differing == {option for stem, option in DELIBERATE if stem == file.stem}
    assert file.read_text().startswith("# ")


def test_there_are_configs():
    assert len(FILES) >= 8
