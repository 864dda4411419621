import copy
import subprocess
import sys

import pytest

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting

CONFIG = {
    "name": "run",
    "seed": 0,
    "tags": [],
    "trusted_modules": [],
    "data": {
        "_target_": "mmfusion.data.sources.manifest.ManifestSource",
        "path": "table.csv",
        "modalities": {
            "image": {"kind": "image", "column": "picture", "transforms": {"train": [], "eval": None}},
            "note": {"kind": "text", "column": "words"},
        },
        "loader": {"batch_size": 32},
    },
    "encoder": {
        "image": {"_target_": "mmfusion.encoders.cnn.CNN", "widths": [8], "freeze": False, "lr_scale": 1.0},
        "note": {"_target_": "mmfusion.encoders.bag.Bag"},
    },
    "modality": {"dropout": 0.0, "placeholders": False},
    "fusion": {"_target_": "mmfusion.fusion.concat.Concat", "dim": 64},
    "sharing": {"_target_": "mmfusion.sharing.hard.Hard"},
    "head": {"hidden": [], "dropout": 0.0},
    "task": {"label": {"_target_": "mmfusion.tasks.classification.Classification", "column": None}},
    "loss_weighting": {"_target_": "mmfusion.loss_weighting.static.Static", "weights": {}},
    "gradients_of": "representation",
    "optimizer": {"_target_": "mmfusion.training.optimizers.adamw", "lr": 1e-3},
    "scheduler": {"_target_": "mmfusion.training.schedulers.cosine", "warmup": 0},
    "trainer": {
        "accelerator": "cpu",
        "devices": 1,
        "num_nodes": 1,
        "strategy": "auto",
        "precision": "fp32",
        "max_epochs": 1,
        "max_steps": -1,
        "accumulate_grad_batches": 1,
        "gradient_clip_val": None,
        "gradient_clip_algorithm": "norm",
        "deterministic": False,
        "log_every_n_steps": 10,
        "limit_train_batches": 1.0,
        "limit_val_batches": 1.0,
        "limit_test_batches": 1.0,
        "val_check_interval": 1.0,
        "check_val_every_n_epoch": 1,
        "num_sanity_val_steps": 2,
        "sync_batchnorm": False,
        "overfit_batches": 0.0,
        "detect_anomaly": False,
        "profiler": None,
        "fast_dev_run": False,
        "enable_progress_bar": "auto",
        "threads": None,
        "timeout_s": 1800.0,
    },
    "compile": {"enabled": False, "backend": "inductor", "mode": "default"},
    "callbacks": {
        "monitor": {"metric": "val/loss", "mode": "auto"},
        "early_stopping": {"patience": None, "min_delta": 0.0},
        "checkpoint": {"save_best": True, "save_last": True},
    },
    "logger": {"csv": {"_target_": "mmfusion.training.loggers.csv.CSVLogger"}},
    "report": {"subsets": "all", "plots": True, "gradients_every_n_steps": 0},
    "paths": {"outputs": "outputs", "run": "outputs/run"},
}
DIGITS = {"_target_": "mmfusion.data.sources.digits.source.Digits", "rows": {}, "loader": {}, "modalities": {}}
DELETE = object()


def changed(**values):
    """CONFIG with dotted keys (`__` for the dot) set or deleted."""
    config = copy.deepcopy(CONFIG)
    for key, value in values.items():
        *path, last = key.split("__")
        node = config
        for part in path:
            node = node.setdefault(part, {})
        if value is DELETE:
            del node[last]
        else:
            node[last] = value
    return config


def test_accepts_a_right_config():
    check(CONFIG)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"trainr": {}}, r"^trainr: there is no such key; did you mean 'trainer'"),
        ({"seed": -1}, r"^seed: must be a whole number from 0 to 4294967295, found -1"),
        ({"head__hidden": [0]}, r"^head.hidden\[0\]: must be a whole number of at least 1, found 0"),
        ({"trainer__max_epochs": -3}, r"^trainer.max_epochs: must be a whole number of at least -1 or null, found -3"),
        ({"trainer__devices": 0}, r"^trainer.devices: must be a whole number of at least 1 or .*, found 0"),
        ({"trainer__limit_train_batches": -1}, r"^trainer.limit_train_batches: must be .* found -1"),
        ({"trainer__limit_val_batches": 1.5}, r"^trainer.limit_val_batches: must be .* from 0 to 1 .* found 1.5"),
        ({"trainer__overfit_batches": -1}, r"^trainer.overfit_batches: must be .* found -1"),
        ({"trainer__accumulate_grad_batches": 0}, r"^trainer.accumulate_grad_batches: must be .* found 0"),
        ({"trainer__check_val_every_n_epoch": 0}, r"^trainer.check_val_every_n_epoch: must be .* found 0"),
        ({"trainer__val_check_interval": 0}, r"^trainer.val_check_interval: must be .* found 0"),
        ({"trainer__gradient_clip_val": -1}, r"^trainer.gradient_clip_val: must be .* found -1"),
        ({"trainer__num_sanity_val_steps": -5}, r"^trainer.num_sanity_val_steps: must be .* found -5"),
        ({"trainer__log_every_n_steps": -1}, r"^trainer.log_every_n_steps: must be .* of at least 0, found -1"),
        ({"trainer__threads": 0}, r"^trainer.threads: must be a whole number of at least 1 or null, found 0"),
        ({"data__split": {"colum": "x"}}, r"^data.split.colum: there is no such key; did you mean 'column'"),
        ({"data__split": {"column": None, "ratio": {"trian": 1}}}, r"^data.split.ratio.trian: .* mean 'train'"),
        ({"data__split": {"seed": "abc"}}, r"^data.split.seed: must be a whole number"),
        ({"data__split": {"from_train": 3}}, r"^data.split.from_train: must be a mapping with val, test or null"),
        ({"data": {**DIGITS, "rows": {"trian": 3}}}, r"^data.rows.trian: there is no such key; did you mean 'train'"),
        ({"data": {**DIGITS, "noise": {"imge": 0.1}}}, r"^data.noise.imge: there is no such key; .* mean 'image'"),
        ({"data": {**DIGITS, "absent": {"imag": 0.1}}}, r"^data.absent.imag: there is no such key; .* mean 'image'"),
        ({"encoder__imag": {"widths": [8]}}, r"^encoder.imag: there is no such encoder, .*; did you mean 'image'"),
        ({"task__lable": {"column": "x"}}, r"^task.lable: there is no such task, .*; did you mean 'label'"),
        ({"logger__csvv": {"x": 1}}, r"^logger.csvv: there is no such logger, .*; did you mean 'csv'"),
        ({"data__modalities__imag": {"size": [8, 8]}}, r"^data.modalities.imag: there is no such modality, .* 'image'"),
        ({"callbacks": DELETE}, r"^callbacks: is missing and has no default$"),
        (
            {"fusion___target_": "mmfusion.fusion.concat.Tensor"},
            r"^fusion._target_: mmfusion.fusion.concat defines no 'Tensor'; valid: Concat",
        ),
        (
            {"logger__csv": {"_target_": "mmfusion.training.loggers.wandb.WandbLogger"}},
            r"^logger.csv._target_: mmfusion.training.loggers.wandb defines no 'WandbLogger'",
        ),
        (
            {"logger__csv": {"_target_": "mmfusion.training.loggers.wandb.ConfigError"}},
            r"^logger.csv._target_: mmfusion.training.loggers.wandb defines no 'ConfigError'",
        ),
        ({"seed": "a"}, r"^seed: must be a whole number from 0 to 4294967295, found the string 'a'"),
        ({"paths": DELETE}, r"^paths: is missing"),
        ({"head__hiden": [3]}, r"^head.hiden: there is no such key; did you mean 'hidden'"),
        ({"head__hidden": 3}, r"^head.hidden: must be a list, found 3"),
        ({"report__subsets": "leave_one"}, r"^report.subsets: must be 'all' or .*'leave_one_out'\?"),
        ({"modality__dropout": {"note": "x"}}, r"^modality.dropout.note: must be a number"),
        ({"compile__mode": "fast"}, r"^compile.mode: must be 'default' or"),
        ({"gradients_of": "heads"}, r"^gradients_of: must be 'representation' or"),
        ({"trainer__max_epoch": 3}, r"^trainer.max_epoch: there is no such key; did you mean 'max_epochs'"),
        ({"trainer__max_epochs": "ten"}, r"^trainer.max_epochs: must be a whole number of at least -1 or null"),
        ({"trainer__timeout_s": DELETE}, r"^trainer.timeout_s: is missing"),
        ({"callbacks__early_stopping__pateince": 3}, r"pateince: there is no such key; did you mean 'patience'"),
        ({"data__loader__batch_sise": 3}, r"^data.loader.batch_sise: there is no such key; did you mean 'batch_size'"),
        ({"data__loader": DELETE}, r"^data.loader: is missing"),
        ({"data__pth": "x"}, r"^data.pth: there is no such key; did you mean 'path'"),
        ({"data__path": DELETE}, r"^data.path: is missing and has no default"),
        ({"data__modalities": [1]}, r"^data.modalities: must be a mapping"),
        ({"data__modalities__note__kind": "txt"}, r"^data.modalities.note.kind: must be .*; did you mean 'text'"),
        (
            {"data__modalities__note__kind": DELETE},
            r"^data.modalities.note: must be a mapping with a kind, found keys column",
        ),
        ({"data__modalities__note": 3}, r"^data.modalities.note: must be a mapping, found 3"),
        ({"data__modalities__note__colum": "x"}, r"note.colum: there is no such key; did you mean 'column'"),
        ({"data__modalities__image__transforms": {"trian": []}}, r"transforms.trian: there .* mean 'train'"),
        (
            {"data__modalities__image__transforms__train": [{"_target_": "mmfusion.data.sources.latent.Latent"}]},
            r"transforms.train\[0\]: _target_ 'mmfusion.data.sources.latent.Latent' is refused",
        ),
        ({"encoder__image__wdths": [3]}, r"^encoder.image.wdths: there is no such key; did you mean 'widths'"),
        ({"encoder__image__widths": ["a"]}, r"^encoder.image.widths\[0\]: must be a whole number"),
        ({"encoder__image__channels": 3}, r"^encoder.image.channels: is known from the data"),
        ({"encoder__image__freeze": 3}, r"^encoder.image.freeze: must be true or false or a string"),
        ({"encoder__image__lr_scale": "x"}, r"^encoder.image.lr_scale: must be a number"),
        ({"encoder__image": {"dim": 3}}, r"^encoder.image: must be a mapping with a _target_, found keys dim"),
        ({"encoder__image": 3}, r"^encoder.image: must be a mapping, found 3"),
        ({"fusion__dimm": 3}, r"^fusion.dimm: there is no such key; did you mean 'dim'"),
        ({"fusion__dims": {}}, r"^fusion.dims: is known from the data"),
        (
            {"fusion___target_": "mmfusion.fusion.concat.Conct"},
            r"^fusion._target_: mmfusion.fusion.concat defines no 'Conct'; did you mean 'Concat'",
        ),
        (
            {"fusion___target_": "mmfusion.fusion.conct.Concat"},
            r"there is no module 'mmfusion.fusion.conct'; did you mean 'mmfusion.fusion.concat.Concat'",
        ),
        ({"fusion___target_": "mmfusion.encoders.cnn.CNN"}, r"^fusion: _target_ 'mmfusion.encoders.cnn.CNN' is ref"),
        ({"fusion___target_": "os.system"}, r"^fusion: _target_ 'os.system' is refused"),
        ({"task__label__colum": "x"}, r"^task.label.colum: there is no such key; did you mean 'column'"),
        ({"loss_weighting__weights": [1]}, r"^loss_weighting.weights: must be a mapping"),
        ({"optimizer__lrr": 1}, r"^optimizer.lrr: there is no such key; did you mean 'lr'"),
        ({"optimizer__lr": "fast"}, r"^optimizer.lr: must be a number"),
        ({"scheduler__warm_up": 1}, r"^scheduler.warm_up: there is no such key; did you mean 'warmup'"),
        ({"logger__csv__folder": "x"}, r"^logger.csv.folder: is known"),
        ({"logger__csv__path": "x"}, r"^logger.csv.path: there is no such key"),
    ],
)
def test_refuses_with_the_nearest_valid_name(values, message):
    with pytest.raises(ConfigError, match=message):
        check(changed(**values))


def test_says_where_and_counts():
    config = changed(head__hiden=1, seed="x")
    with pytest.raises(ConfigError) as error:
        check(config, lambda key: f"line of {key}")
    lines = str(error.value).splitlines()
    assert lines[0] == "2 problems:"
    assert lines[1].endswith("(line of seed)")
    many = {f"key{i}": 1 for i in range(12)}
    with pytest.raises(ConfigError, match=r"12 problems:(\n.*){10}\n  and 2 more$"):
        check({**CONFIG, **many})


def test_imports_nothing_that_it_checks():
    code = (
        "import sys; from tests.config.test_check import CONFIG, check; check(CONFIG); "
        "sys.exit(int(bool({'torch', 'polars', 'pytorch_lightning', 'mmfusion.fusion.concat'} & sys.modules.keys())))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


USER_FUSION = """
from mmfusion.fusion._base import Fusion
class Mine(Fusion):
    def __init__(self, dims, width: int, mode: str = "a"): ...
class Stranger:
    def __init__(self, dims): ...
"""


def test_a_users_component_is_imported_once_all_else_is_right(user_package):
    user_package.write("fusion.py", USER_FUSION)
    user_package.write("__init__.py", "")
    mine = {"_target_": "userpack.fusion.Mine", "width": 3}
    with pytest.raises(ConfigError, match=r"'userpack.fusion.Mine' is refused: .* add trusted_modules="):
        check(changed(fusion=mine))
    with trusting(["userpack"]):
        with pytest.raises(ConfigError, match="seed: must be a whole number"):
            check(changed(fusion=mine, seed="x"))
        assert not user_package.is_imported()
        check(changed(fusion={**mine, "mode": "b"}))
        for fusion, message in [
            ({**mine, "widht": 3}, "^fusion.widht: there is no such key; did you mean 'width'"),
            ({**mine, "width": "wide"}, "^fusion.width: must be a whole number, found the string 'wide'"),
            ({**mine, "dims": {}}, "^fusion.dims: is known"),
            ({"_target_": "userpack.fusion.Mine"}, "^fusion.width: is missing and has no default"),
            ({"_target_": "userpack.fusion.Stranger"}, "^fusion: userpack.fusion.Stranger is no Fusion"),
            ({"_target_": "userpack.fusion.Mien"}, "userpack.fusion defines no component 'Mien'; did you mean 'Mine'"),
            ({"_target_": "userpack.fuson.Mine"}, "there is no module 'userpack.fuson'.*; is it installed"),
        ]:
            with pytest.raises(ConfigError, match=message):
                check(changed(fusion=fusion))


def test_components_inside_components_are_checked():
    inner = {"_target_": "mmfusion.fusion.concat.Concat", "dmi": 3}
    fusion = {"_target_": "mmfusion.fusion.hybrid.Hybrid", "feature": inner}
    with pytest.raises(ConfigError, match=r"^fusion.feature.dmi: there is no such key; did you mean 'dim'"):
        check(changed(fusion=fusion))
    with pytest.raises(ConfigError, match=r"^fusion.feature: _target_ 'os.system' is refused"):
        check(changed(fusion={**fusion, "feature": {"_target_": "os.system"}}))
