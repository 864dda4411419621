import pytest
from torch import nn

from mmfusion.config.instantiate import trusting
from mmfusion.config.schema import config_schema, file_suffixes, kind_lineage, target_of
from tests.data.batches.test_loader import Vectors


def test_a_modality_is_of_a_kind_and_of_those_that_it_derives_from():
    assert kind_lineage({"kind": "image"}, "data.modalities.x") == ["image"]
    node = {"_target_": f"{Vectors.__module__}.Vectors", "kind": None}
    with trusting(["tests"]):
        assert kind_lineage(node, "data.modalities.x")[:2] == ["test_loader", "features"]
    assert target_of(node) == node["_target_"]
    assert target_of({"kind": "image"}) == "mmfusion.data.kinds.image.Image"


def test_kinds_say_which_files_they_read():
    found = file_suffixes()
    assert ".png" in found["image"]
    assert ".npy" in found["features"]
    assert found["text"] == found["tabular"] == ()


def test_no_part_of_the_model_may_have_a_name_that_torch_takes():
    modules = nn.ModuleDict()
    for name in config_schema()["x-reserved"]:
        with pytest.raises((KeyError, TypeError)):
            modules[name] = nn.Identity()
    for name in ("image", "weights", "label", "target"):
        modules[name] = nn.Identity()
