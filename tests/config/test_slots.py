from importlib import import_module

import pytest

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.config.instantiate import instantiate
from mmfusion.config.slots import SLOTS, slot_of
from tests.config.test_check import changed, refused


@pytest.mark.parametrize("slot", SLOTS)
def test_packages_of_a_slot_are_there_and_no_file_sets_what_the_builder_passes(slot):
    for package in SLOTS[slot].packages:
        import_module(package)
    for path in (own_folder() / slot).glob("*.yaml"):
        assert not any(f"\n{argument}:" in path.read_text() for argument in SLOTS[slot].injected), path


@pytest.mark.parametrize(
    ("key", "slot"),
    [
        ("data", "data"),
        ("data.modalities.image", "kind"),
        ("data.modalities.image.transforms.train[0].inner", "transform"),
        ("task.age", "task"),
        ("task.age.metrics.r2", "metric"),
        ("fusion.feature", "fusion"),
        ("trainer", ""),
        ("", ""),
    ],
)
def test_slot_of_a_key(key, slot):
    assert slot_of(key) == slot


@pytest.mark.parametrize(
    ("key", "target", "arguments"),
    [
        ("callbacks.mine", "pytorch_lightning.callbacks.EarlyStopping", {"monitor": "val/monitor", "patience": 3}),
        ("data.modalities.image.transforms.train[0]", "torchvision.transforms.v2.RandomHorizontalFlip", {"p": 0.5}),
        (
            "data.modalities.speech.transforms.train[0]",
            "torchaudio.transforms.FrequencyMasking",
            {"freq_mask_param": 3},
        ),
        ("task.age.metrics.r2", "torchmetrics.regression.R2Score", {}),
        ("task.age.metrics.accuracy", "torchmetrics.Accuracy", {"task": "binary"}),
    ],
)
def test_well_known_libraries_are_open_where_they_belong(key, target, arguments):
    assert type(instantiate({"_target_": target, **arguments}, key)).__module__.startswith(target.split(".")[0])
    with pytest.raises(ConfigError, match="is refused"):
        instantiate({"_target_": target, **arguments}, "fusion")


@pytest.mark.parametrize(
    ("key", "target", "message"),
    [
        ("callbacks.mine", "pytorch_lightning.callbacks.model_checkpoint.os", "defines no component 'os'"),
        ("callbacks.mine", "pytorch_lightning.loggers.CSVLogger", "is refused"),
        ("task.age.metrics.r2", "torchmetrics.MetricCollection", "is no Metric, which this place"),
        ("data.modalities.image.transforms.train", "torchvision.io.read_image", "is refused"),
        ("fusion", "mmfusion.fusion._base.JOINT", "defines no component"),
    ],
)
def test_nothing_else_of_them_is(key, target, message):
    with pytest.raises(ConfigError, match=message):
        instantiate({"_target_": target}, key)


def test_components_of_libraries_are_checked():
    stopping = {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "monitor": "val/monitor"}
    check(changed(callbacks__mine=stopping))
    refused({"callbacks__mine": {**stopping, "moniter": "x"}}, r"^callbacks\.mine\.moniter: .* did you mean 'monitor'")
    refused({"callbacks__mine": {"monitor": "x"}}, r"^callbacks\.mine: there is no such key")
    flip, key = (
        {"_target_": "torchvision.transforms.v2.RandomHorizontalFlip"},
        "data__modalities__image__transforms__train",
    )
    check(changed(**{key: [{**flip, "p": 0.5}]}))
    refused({key: [{**flip, "pp": 1}]}, r"transforms\.train\[0\]\.pp: there is no such key")
