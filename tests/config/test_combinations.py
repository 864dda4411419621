import pytest

from mmfusion.config.check import check
from mmfusion.config.instantiate import trusting
from tests.config.test_check import CONFIG, DECISION, DELETE, GRADNORM, changed, refused

USER = """
from mmfusion.encoders._base import Encoder
from mmfusion.fusion._base import Fusion
class OverTokens(Fusion):
    needs_tokens = True
    def __init__(self, dims): ...
class Pair(Fusion):
    max_modalities = 1
    def __init__(self, dims): ...
class Vector(Encoder):
    kind = "image"
    gives_tokens = False
    def __init__(self, channels): ...
class Either(Encoder):
    kind = "text"
    def __init__(self, vocab_size):
        self.gives_tokens = vocab_size > 3
"""
MONITOR = "callbacks__monitor__metric"
PLATEAU = "mmfusion.training.schedulers.plateau"
BAG, CNN, GRU = (f"mmfusion.encoders.{name}" for name in ("bag.Bag", "cnn.CNN", "series_gru.SeriesGRU"))
FSDP = {"trainer__strategy": "fsdp", "gradients_of": "shared"}
GRAPHS = {"enabled": True, "backend": "inductor", "mode": "reduce-overhead"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"encoder": {}}, r"^encoder: there is none.*\+encoder/image@encoder.image=.*\+encoder/text@encoder.note="),
        ({"task": {}}, r"^task: there is none; add one"),
        (
            {"data__split": {"folds": 3, "val": None}, MONITOR: "val/label/f1"},
            r"^callbacks.monitor.metric: val/label/f1",
        ),
        ({"data__split": {"column": "part", "train": 0, "ratio": {"train": 1.0}}}, r"^data.split: expected either"),
        (
            {"data__split": {"folds": 3, "fold": 3}},
            r"^data.split.fold: expected 0 to 2 \(data.split.folds=3\), found 3",
        ),
        (
            {"encoder__lidar": {"_target_": GRU}},
            r"^encoder.lidar: the data has no modality 'lidar'; valid: image, note",
        ),
        (
            {"encoder__notes": {"_target_": BAG}},
            r"^encoder.notes: the data has no modality 'notes'; did you mean 'note'",
        ),
        (
            {"encoder__note": {"_target_": CNN}},
            r"^encoder.note: .*CNN reads image, but .* text; what reads text: .*bag",
        ),
        ({"encoder__a.b": CONFIG["encoder"]["image"]}, r"encoder.a.b: a name is made of ASCII letters, digits"),
        (
            {"task__values": CONFIG["task"]["label"]},
            r"^task.values: this name is taken by torch; .* values_ and set col",
        ),
        ({"modality__dropout": {"imag": 0.1}}, r"^modality.dropout.imag: there is no modality 'imag'; .* mean 'image'"),
        ({"loss_weighting__weights": {"lable": 1.0}}, r"weights.lable: there is no task 'lable'; did you mean 'label'"),
        ({"fusion": {"_target_": DECISION, "weights": {"notes": 1.0}}}, r"^fusion.weights.notes: .* mean 'note'"),
        (
            {MONITOR: "val/lable/f1"},
            r"^callbacks.monitor.metric: val/lable/f1 is of no task here; did you mean 'label'",
        ),
        ({MONITOR: {"val/label/f1": 1.0, "val/x/f1": 1.0}}, r"^callbacks.monitor.metric: val/x/f1 is of no task here"),
        (
            {MONITOR: "val/label/f11"},
            r"^callbacks.monitor.metric: there is no 'val/label/f11'; did you mean 'val/label/f1",
        ),
        (
            {"scheduler": {"_target_": PLATEAU, "monitor": "val/label/maee"}},
            r"^scheduler.monitor: there is no 'val/label/",
        ),
        (
            {**FSDP, "loss_weighting": {"_target_": GRADNORM}},
            r"^gradients_of: shared needs whole parameters .*use grad",
        ),
        ({**FSDP, "report__gradients_every_n_steps": 1}, r"^gradients_of: shared needs whole parameters"),
        ({**FSDP, "compile__enabled": True}, r"^compile.enabled: a compiled model cannot be sharded"),
        ({**FSDP, "trainer__precision": "16-mixed"}, r"^trainer.precision: .* use .*bf16-mixed"),
        (
            {"compile": GRAPHS, "loss_weighting": {"_target_": GRADNORM}},
            r"^compile.mode: reduce-over.*GradNorm needs; use",
        ),
        (
            {"compile": GRAPHS, "report__gradients_every_n_steps": 5},
            r"^compile.mode: .* report.gradients_every_n_steps needs",
        ),
        (
            {"modality__placeholders": True, "fusion": {"_target_": DECISION}},
            r"^modality.placeholders: .* fusion=concat",
        ),
    ],
)
def test_refuses_with_what_would_work(values, message):
    refused(values, message)


def test_what_does_go_together():
    check(changed(trainer__strategy="fsdp", gradients_of="shared"))
    check(changed(compile=GRAPHS))
    check(changed(compile={**GRAPHS, "enabled": False}, report__gradients_every_n_steps=1))
    check(changed(modality__placeholders=True))
    check(changed(**{MONITOR: {"val/label/f1": 1.0, "val/label/loss": -1.0, "val/loss": -1.0}}))


@pytest.fixture
def user(user_package):
    user_package.write("__init__.py", USER)
    with trusting(["userpack"]):
        yield


def test_fusion_over_tokens_needs_encoders_that_give_them(user):
    fusion, vector = {"_target_": "userpack.OverTokens"}, {"_target_": "userpack.Vector"}
    check(changed(fusion=fusion))
    why = r"userpack.OverTokens works on tokens, and the encoder of image gives a single vector. "
    where = r"Encoders that give tokens: .*cnn.*. Fusions of vectors: .*concat"
    refused({"fusion": fusion, "encoder__image": vector}, f"^fusion: {why}{where}")
    hybrid = {"_target_": "mmfusion.fusion.hybrid.Hybrid", "feature": fusion}
    refused({"fusion": hybrid, "encoder__image": vector}, f"^fusion.feature: {why}")
    # What an instance decides cannot be known here.
    check(changed(fusion=fusion, encoder__note={"_target_": "userpack.Either"}))


def test_too_many_modalities(user):
    pair = {"_target_": "userpack.Pair"}
    refused({"fusion": pair}, r"^fusion: userpack.Pair takes up to 1 modalities, found 2 .*Take 1 out")
    check(changed(fusion=pair, encoder__note=DELETE))
