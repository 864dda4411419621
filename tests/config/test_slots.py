from importlib import import_module

import pytest

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.config.instantiate import instantiate
from mmfusion.config.slots import SLOTS, slot_of
from tests.config.test_check import changed


@pytest.mark.parametrize("slot", SLOTS)
def test_every_package_of_a_slot_is_there(slot):
    for package in SLOTS[slot].packages:
        import_module(package)


def test_what_the_builder_passes_is_not_for_a_yaml():
    for name, slot in SLOTS.items():
        for path in (own_folder() / name).glob("*.yaml"):
            assert not any(f"\n{argument}:" in path.read_text() for argument in slot.injected), path


@pytest.mark.parametrize(
    ("key", "slot"),
    [
        ("data", "data"),
        ("data.modalities.image", "kind"),
        ("data.modalities.image.transforms.train[0]", "transform"),
        ("data.modalities.image.transforms.train[0].inner", "transform"),
        ("task.age", "task"),
        ("task.age.metrics.r2", "metric"),
        ("fusion.feature", "fusion"),
        ("callbacks.mine", "callbacks"),
        ("trainer", ""),
        ("", ""),
    ],
)
def test_slot_of_a_key(key, slot):
    assert slot_of(key) == slot


FOREIGN = [
    ("callbacks.mine", "pytorch_lightning.callbacks.EarlyStopping", {"monitor": "val/monitor", "patience": 3}),
    ("data.modalities.image.transforms.train[0]", "torchvision.transforms.v2.RandomHorizontalFlip", {"p": 0.5}),
    ("data.modalities.speech.transforms.train[0]", "torchaudio.transforms.FrequencyMasking", {"freq_mask_param": 3}),
    ("task.age.metrics.r2", "torchmetrics.regression.R2Score", {}),
    ("task.age.metrics.accuracy", "torchmetrics.Accuracy", {"task": "binary"}),
]


@pytest.mark.parametrize(("key", "target", "arguments"), FOREIGN)
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


def test_a_callback_of_lightning_passes_the_check():
    stopping = {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "monitor": "val/monitor"}
    check(changed(callbacks__mine=stopping))
    with pytest.raises(ConfigError, match=r"^callbacks\.mine\.moniter: there is no such key; did you mean 'monitor'"):
        check(changed(callbacks__mine={**stopping, "moniter": "x"}))
    with pytest.raises(ConfigError, match=r"^callbacks\.mine: there is no such key"):
        check(changed(callbacks__mine={"monitor": "x"}))


def test_a_metric_of_torchmetrics_passes_the_check():
    metric = {"_target_": "torchmetrics.classification.BinaryF1Score"}
    check(changed(task__label__metrics={"f": metric}))
    with pytest.raises(
        ConfigError, match=r"^task\.label\.metrics\.f: .* no component 'BinaryF1Scor'; did you mean 'Bina"
    ):
        check(changed(task__label__metrics={"f": {"_target_": metric["_target_"][:-1]}}))


def test_a_transform_of_torchvision_passes_the_check():
    flip = {"_target_": "torchvision.transforms.v2.RandomHorizontalFlip", "p": 0.5}
    check(changed(data__modalities__image__transforms__train=[flip]))
    with pytest.raises(ConfigError, match=r"transforms\.train\[0\]\.pp: there is no such key"):
        check(changed(data__modalities__image__transforms__train=[{**flip, "pp": 1}]))
