import copy
import subprocess
import sys

import pytest

from mmfusion.config.check import check
from mmfusion.config.compose import compose_unchecked
from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting

CONFIG = compose_unchecked(
    [
        *("data=manifest", "data.path=table.csv", "~encoder.speech", "~encoder.text", "~task.sum", "~task.largest"),
        "data.modalities={image: {kind: image, column: picture, transforms: {train: [], eval: null}}, "
        "note: {kind: text, column: words}}",
        *("+encoder/text@encoder.note=bag", "+task@task.label=classification", "loss_weighting=static"),
        *("callbacks.monitor.metric=val/loss", "data.split={column: part, train: 0, val: 1, test: 2}"),
    ]
).config
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


def refused(values, message):
    with pytest.raises(ConfigError, match=message):
        check(changed(**values))


def test_accepts_a_right_config():
    check(CONFIG)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        # a name that is not there
        ({"trainr": {}}, r"^trainr: there is no such key; did you mean 'trainer'"),
        ({"head__hiden": [3]}, r"^head.hiden: there is no such key; did you mean 'hidden'"),
        ({"trainer__max_epoch": 3}, r"^trainer.max_epoch: there is no such key; did you mean 'max_epochs'"),
        ({"callbacks__early_stopping__pateince": 3}, r"pateince: there is no such key; did you mean 'patience'"),
        ({"data__pth": "x"}, r"^data.pth: there is no such key; did you mean 'path'"),
        ({"data__loader__batch_sise": 3}, r"^data.loader.batch_sise: there is no such key; did you mean 'batch_size'"),
        ({"data__split": {"colum": "x"}}, r"^data.split.colum: there is no such key; did you mean 'column'"),
        ({"data__split": {"ratio": {"trian": 1}}}, r"^data.split.ratio.trian: .* mean 'train'"),
        ({"data": {**DIGITS, "rows": {"trian": 3}}}, r"^data.rows.trian: there is no such key; did you mean 'train'"),
        ({"data": {**DIGITS, "noise": {"imge": 0.1}}}, r"^data.noise.imge: there is no such key; .* mean 'image'"),
        ({"data": {**DIGITS, "absent": {"imag": 0.1}}}, r"^data.absent.imag: there is no such key; .* mean 'image'"),
        ({"data__modalities__note__colum": "x"}, r"note.colum: there is no such key; did you mean 'column'"),
        ({"data__modalities__image__transforms": {"trian": []}}, r"transforms.trian: there .* mean 'train'"),
        ({"encoder__image__wdths": [3]}, r"^encoder.image.wdths: there is no such key; did you mean 'widths'"),
        ({"task__label__colum": "x"}, r"^task.label.colum: there is no such key; did you mean 'column'"),
        ({"optimizer__lrr": 1}, r"^optimizer.lrr: there is no such key; did you mean 'lr'"),
        ({"scheduler__warm_up": 1}, r"^scheduler.warm_up: there is no such key; did you mean 'warmup'"),
        ({"logger__csv__path": "x"}, r"^logger.csv.path: there is no such key"),
        ({"encoder__imag": {"widths": [8]}}, r"^encoder.imag: there is no such encoder, .*; did you mean 'image'"),
        ({"task__lable": {"column": "x"}}, r"^task.lable: there is no such task, .*; did you mean 'label'"),
        ({"logger__csvv": {"x": 1}}, r"^logger.csvv: there is no such logger, .*; did you mean 'csv'"),
        ({"data__modalities__imag": {"size": [8, 8]}}, r"^data.modalities.imag: there is no such modality, .* 'image'"),
        ({"data__modalities__note__kind": "txt"}, r"^data.modalities.note.kind: must be .*; did you mean 'text'"),
        # a name that is not for a config
        ({"encoder__image__channels": 3}, r"^encoder.image.channels: is known from the data"),
        ({"fusion__dims": {}}, r"^fusion.dims: is known from the data"),
        # what is missing
        ({"callbacks": DELETE}, r"^callbacks: is missing and has no default$"),
        ({"trainer__timeout_s": DELETE}, r"^trainer.timeout_s: is missing"),
        ({"data__loader": DELETE}, r"^data.loader: is missing"),
        ({"data__path": DELETE}, r"^data.path: is missing and has no default"),
        ({"data__modalities__note__kind": DELETE}, r"^data.modalities.note: must be a mapping with a kind, found keys"),
        ({"encoder__image": {"dim": 3}}, r"^encoder.image: must be a mapping with a _target_, found keys dim"),
        # another type
        ({"seed": "a"}, r"^seed: must be a whole number from 0 to 4294967295, found the string 'a'"),
        ({"head__hidden": 3}, r"^head.hidden: must be a list, found 3"),
        ({"paths__run": None}, r"^paths.run: must be a string, found null"),
        ({"modality__placeholders": 1}, r"^modality.placeholders: must be true or false, found 1"),
        ({"modality__dropout": {"note": "x"}}, r"^modality.dropout.note: must be a number"),
        ({"data__split": {"from_train": 3}}, r"^data.split.from_train: must be a mapping with val, test or null"),
        ({"data__modalities": [1]}, r"^data.modalities: must be a mapping"),
        ({"data__modalities__note": 3}, r"^data.modalities.note: must be a mapping, found 3"),
        ({"callbacks__mine": 3}, r"^callbacks.mine: must be a mapping, found 3"),
        ({"encoder__image": 3}, r"^encoder.image: must be a mapping, found 3"),
        ({"encoder__image__widths": ["a"]}, r"^encoder.image.widths\[0\]: must be a whole number"),
        ({"encoder__image__freeze": 3}, r"^encoder.image.freeze: must be true or false or a string"),
        ({"encoder__image__lr_scale": "x"}, r"^encoder.image.lr_scale: must be a number"),
        ({"loss_weighting__weights": [1]}, r"^loss_weighting.weights: must be a mapping"),
        # out of range
        ({"seed": -1}, r"^seed: must be a whole number from 0 to 4294967295, found -1"),
        ({"head__hidden": [0]}, r"^head.hidden\[0\]: must be a whole number of at least 1, found 0"),
        ({"head__dropout": 2}, r"^head.dropout: must be a number from 0 to 1, found 2"),
        ({"report__subsets": "leave_one"}, r"^report.subsets: must be 'all' or .*'leave_one_out'\?"),
        ({"report__gradients_every_n_steps": 0.5}, r"must be a whole number of at least 0, found 0.5"),
        ({"compile__mode": "fast"}, r"^compile.mode: must be 'default' or"),
        ({"gradients_of": "heads"}, r"^gradients_of: must be 'representation' or"),
        ({"optimizer__lr": float("inf")}, r"^optimizer.lr: must be a number above 0, found inf"),
        # a component that is none
        ({"fusion___target_": "os.system"}, r"^fusion: _target_ 'os.system' is refused"),
        ({"fusion___target_": "mmfusion.encoders.cnn.CNN"}, r"^fusion: _target_ 'mmfusion.encoders.cnn.CNN' is ref"),
        ({"fusion___target_": "mmfusion.fusion.concat.Conct"}, r"concat defines no 'Conct'; did you mean 'Concat'"),
        ({"fusion___target_": "mmfusion.fusion.concat.Tensor"}, r"concat defines no 'Tensor'; valid: Concat"),
        ({"fusion___target_": "mmfusion.fusion.conct.Concat"}, r"no module 'mmfusion.fusion.conct'; did you mean 'm.*"),
        ({"logger__csv___target_": "mmfusion.training.loggers.wandb.ConfigError"}, r"wandb defines no 'ConfigError'"),
    ],
)
def test_refuses_with_what_would_work(values, message):
    refused(values, message)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("max_epochs", -3), ("devices", 0), ("limit_train_batches", -1), ("limit_val_batches", 1.5), ("threads", 0)),
        *(("overfit_batches", -1), ("accumulate_grad_batches", 0), ("check_val_every_n_epoch", 0)),
        *(("val_check_interval", 0), ("gradient_clip_val", -1), ("num_sanity_val_steps", -5)),
        *(("log_every_n_steps", -1), ("max_epochs", "ten")),
    ],
)
def test_numbers_of_the_trainer(name, value):
    found = f"the string {value!r}" if isinstance(value, str) else value
    refused({f"trainer__{name}": value}, rf"^trainer.{name}: must be .*number.*, found {found}$")


SPECTRUM = "mmfusion.encoders.spectrogram_cnn.SpectrogramCNN"
DECISION, GRADNORM = "mmfusion.fusion.decision.Decision", "mmfusion.loss_weighting.gradnorm.GradNorm"


@pytest.mark.parametrize(
    ("key", "target", "arguments", "message"),
    [
        ("encoder.image", "mmfusion.encoders.cnn.CNN", {"grid": 0}, "must be a whole number of at least 1, found 0"),
        ("encoder.image", "mmfusion.encoders.cnn.CNN", {"dropout": 1.5}, "must be a number from 0 to 1, found 1.5"),
        ("encoder.image", "mmfusion.encoders.cnn.CNN", {"norm": "layer"}, "must be 'group' or 'batch' or 'none'"),
        ("encoder.image", "mmfusion.encoders.cnn.CNN", {"pooling": "maxx"}, "did you mean 'max'"),
        ("encoder.image", SPECTRUM, {"dynamic_range_db": 0}, "must be a number above 0"),
        ("encoder.image", SPECTRUM, {"spec_augment": {"tiem": 0.1}}, "there is no such key; did you mean 'time'"),
        ("encoder.image", SPECTRUM, {"spec_augment": {"time": 2}}, "must be a number from 0 to 1, found 2"),
        ("encoder.image", SPECTRUM, {"spec_augment": {"masks": 1.5}}, "must be a whole number of at least 0"),
        ("fusion", "mmfusion.fusion.concat.Concat", {"dim": 0}, "must be a whole number of at least 1, found 0"),
        ("fusion", "mmfusion.fusion.concat.Concat", {"dropout": 1.0}, "must be a number of at least 0 and below 1"),
        ("fusion", "mmfusion.fusion.concat.Concat", {"activation": "rellu"}, "did you mean 'relu'"),
        ("fusion", DECISION, {"weighting": "learnt"}, "did you mean 'learned'"),
        ("fusion", DECISION, {"weights": {"image": 0}}, "must be a number above 0"),
        ("fusion", "mmfusion.fusion.hybrid.Hybrid", {"feature": {}, "joint_weight": 0}, "must be a number above 0"),
        ("fusion", "mmfusion.fusion.sum.Sum", {"reduce": "max"}, "must be 'mean' or 'sum'"),
        ("loss_weighting", "mmfusion.loss_weighting.dwa.DWA", {"temperature": 0}, "must be a number above 0"),
        ("loss_weighting", GRADNORM, {"alpha": -1}, "must be a number of at least 0"),
        ("loss_weighting", GRADNORM, {"initial": "frist"}, "did you mean 'first'"),
        ("loss_weighting", GRADNORM, {"k": 0}, "must be a whole number of at least 1"),
        ("optimizer", "mmfusion.training.optimizers.adamw", {"weight_decay": -1}, "must be a number of at least 0"),
        ("scheduler", "mmfusion.training.schedulers.cosine", {"warmup": -1}, "must be a number of at least 0"),
    ],
)
def test_arguments_out_of_range(key, target, arguments, message):
    name = list(arguments)[-1]
    refused({key.replace(".", "__"): {"_target_": target, **arguments}}, rf"(^|\s){key}\.{name}.*: .*{message}")


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
    refused({"fusion": mine}, r"'userpack.fusion.Mine' is refused: .* add trusted_modules=")
    with trusting(["userpack"]):
        refused({"fusion": mine, "seed": "x"}, "seed: must be a whole number")
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
            refused({"fusion": fusion}, message)


def test_components_inside_components_are_checked():
    hybrid = {"_target_": "mmfusion.fusion.hybrid.Hybrid"}
    inner = {"_target_": "mmfusion.fusion.concat.Concat", "dmi": 3}
    refused({"fusion": {**hybrid, "feature": inner}}, r"^fusion.feature.dmi: there is no such key; did you mean 'dim'")
    refused({"fusion": {**hybrid, "feature": {"_target_": "os.system"}}}, "^fusion.feature: _target_ 'os.system' is re")
    transforms = [{"_target_": "mmfusion.data.sources.latent.Latent"}]
    refused(
        {"data__modalities__image__transforms__train": transforms}, r"transforms.train\[0\]: _target_ .* is refused"
    )
