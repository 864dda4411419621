import pytest

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from tests.config.test_check import CONFIG, DELETE, changed

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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"encoder": {}}, r"^encoder: there is none.*\+encoder/image@encoder.image=.*\+encoder/text@encoder.note="),
        ({"task": {}}, r"^task: there is none; add one"),
        (
            {"data__split": {"column": "part", "train": 0}, "callbacks__early_stopping__patience": 3},
            r"^callbacks.early_stopping.patience: .* by validation, and data.split has no validation rows; set callb",
        ),
        (
            {"trainer__limit_val_batches": 0, "callbacks__early_stopping__patience": 3},
            r"^callbacks.early_stopping.patience: .* trainer.limit_val_batches=0 leaves validation out",
        ),
        (
            {
                "data__split": {"ratio": {"train": 0.8, "val": 0, "test": 0.2}},
                "scheduler": {"_target_": "mmfusion.training.schedulers.plateau"},
            },
            r"^scheduler: plateau goes by validation, .* take another scheduler=, cosine for example",
        ),
        (
            {"data__split": {"folds": 3, "val": None}, "callbacks__monitor__metric": "val/label/accuracy"},
            r"^callbacks.monitor.metric: val/label/accuracy chooses .* set callbacks.monitor.metric=val/loss",
        ),
        (
            {"data__split": {"folds": 3, "val": None}, "trainer__refit": True},
            r"^trainer.refit: refits for as long as validation says, .* set trainer.refit=false",
        ),
        ({"trainer__refit": True, "trainer__overfit_batches": 1}, r"^trainer.refit: .*overfit_batches validates on tr"),
        (
            {"trainer__refit": True, "scheduler": {"_target_": "mmfusion.training.schedulers.plateau"}},
            r"^trainer.refit: scheduler=plateau goes by validation, which a refit has not",
        ),
        (
            {"data__split": {"column": "part", "train": 0, "ratio": {"train": 1.0}}},
            r"^data.split: expected either `column` or `ratio`, found both",
        ),
        (
            {"data__split": {"folds": 3, "fold": 3}},
            r"^data.split.fold: expected 0 to 2 \(data.split.folds=3\), found 3",
        ),
        (
            {"encoder__lidar": {"_target_": "mmfusion.encoders.series_gru.SeriesGRU"}},
            r"^encoder.lidar: the data has no modality 'lidar'; valid: image, note",
        ),
        (
            {"encoder__notes": {"_target_": "mmfusion.encoders.bag.Bag"}},
            r"^encoder.notes: the data has no modality 'notes'; did you mean 'note'",
        ),
        (
            {"encoder__note": {"_target_": "mmfusion.encoders.cnn.CNN"}},
            r"^encoder.note: mmfusion.encoders.cnn.CNN reads image, but data.modalities.note is text; "
            r"what reads text: .*bag.*rnn",
        ),
        (
            {"modality__dropout": {"imag": 0.1}},
            r"^modality.dropout.imag: there is no modality 'imag'; did you mean 'image'",
        ),
        ({"loss_weighting__weights": {"lable": 1.0}}, r"weights.lable: there is no task 'lable'; did you mean 'label'"),
        (
            {"fusion": {"_target_": "mmfusion.fusion.decision.Decision", "weights": {"notes": 1.0}}},
            r"^fusion.weights.notes: there is no modality 'notes'; did you mean 'note'",
        ),
        (
            {"callbacks__monitor__metric": "val/lable/accuracy"},
            r"^callbacks.monitor.metric: val/lable/accuracy is of no task here; did you mean 'label'",
        ),
        (
            {"callbacks__monitor__metric": {"val/label/accuracy": 1.0, "val/x/f1": 1.0}},
            r"^callbacks.monitor.metric: val/x/f1 is of no task here",
        ),
        (
            {
                "trainer__strategy": "fsdp",
                "gradients_of": "shared",
                "loss_weighting": {"_target_": "mmfusion.loss_weighting.gradnorm.GradNorm"},
            },
            r"^gradients_of: shared needs whole parameters .*use gradients_of=representation, or trainer.strategy=ddp",
        ),
        (
            {"trainer__strategy": "fsdp", "gradients_of": "shared", "report__gradients_every_n_steps": 1},
            r"^gradients_of: shared needs whole parameters",
        ),
        ({"trainer__strategy": "fsdp", "compile__enabled": True}, r"^compile.enabled: a compiled model cannot be sh"),
        ({"trainer__strategy": "fsdp", "trainer__precision": "16-mixed"}, r"^trainer.precision: .* use .*bf16-mixed"),
        (
            {
                "compile": {"enabled": True, "backend": "inductor", "mode": "reduce-overhead"},
                "loss_weighting": {"_target_": "mmfusion.loss_weighting.gradnorm.GradNorm"},
            },
            r"^compile.mode: reduce-overhead replays CUDA graphs, .*GradNorm needs; use compile.mode=default",
        ),
        (
            {
                "compile": {"enabled": True, "backend": "inductor", "mode": "max-autotune"},
                "report__gradients_every_n_steps": 5,
            },
            r"^compile.mode: max-autotune replays CUDA graphs, .* as report.gradients_every_n_steps needs",
        ),
        (
            {"modality__placeholders": True, "fusion": {"_target_": "mmfusion.fusion.decision.Decision"}},
            r"^modality.placeholders: .*Decision leaves absent modalities out of the vote.* fusion=concat, gated",
        ),
        (
            {"callbacks__monitor__metric": "val/label/accuraccy"},
            r"^callbacks.monitor.metric: there is no 'val/label/accuraccy'; did you mean 'val/label/accuracy'",
        ),
        (
            {"scheduler": {"_target_": "mmfusion.training.schedulers.plateau", "monitor": "val/label/maee"}},
            r"^scheduler.monitor: there is no 'val/label/maee'; .*val/label/auroc",
        ),
        (
            {"encoder__a.b": CONFIG["encoder"]["image"]},
            r"encoder.a.b: a name is made of ASCII letters, digits",
        ),
        (
            {"task__values": CONFIG["task"]["label"]},
            r"^task.values: this name is taken by torch; choose another, for example values_ and set column",
        ),
    ],
)
def test_refuses_with_what_would_work(values, message):
    with pytest.raises(ConfigError, match=message):
        check(changed(**values))


def test_fsdp_with_weights_that_need_no_gradients():
    check(changed(trainer__strategy="fsdp", gradients_of="shared"))


def test_what_does_go_together():
    graphs = {"enabled": True, "backend": "inductor", "mode": "reduce-overhead"}
    check(changed(compile=graphs))
    check(changed(compile={**graphs, "enabled": False}, report__gradients_every_n_steps=1))
    check(changed(modality__placeholders=True))
    check(changed(callbacks__monitor__metric={"val/label/f1": 1.0, "val/label/loss": -1.0, "val/loss": -1.0}))


@pytest.fixture
def user(user_package):
    user_package.write("__init__.py", USER)
    with trusting(["userpack"]):
        yield


def test_fusion_over_tokens_needs_encoders_that_give_them(user):
    over_tokens = {"_target_": "userpack.OverTokens"}
    check(changed(fusion=over_tokens))
    message = (
        r"^fusion: userpack.OverTokens works on tokens, and the encoder of image gives a single vector. "
        r"Encoders that give tokens: .*cnn.*. Fusions of vectors: .*concat"
    )
    with pytest.raises(ConfigError, match=message):
        check(changed(fusion=over_tokens, encoder__image={"_target_": "userpack.Vector"}))
    # What an instance decides cannot be known here.
    check(changed(fusion=over_tokens, encoder__note={"_target_": "userpack.Either"}))


def test_fusion_inside_a_fusion_counts(user):
    fusion = {"_target_": "mmfusion.fusion.hybrid.Hybrid", "feature": {"_target_": "userpack.OverTokens"}}
    with pytest.raises(ConfigError, match=r"^fusion.feature: userpack.OverTokens works on tokens"):
        check(changed(fusion=fusion, encoder__image={"_target_": "userpack.Vector"}))


def test_too_many_modalities(user):
    pair = {"_target_": "userpack.Pair"}
    with pytest.raises(ConfigError, match=r"^fusion: userpack.Pair takes up to 1 modalities, found 2 .*Take 1 out"):
        check(changed(fusion=pair))
    check(changed(fusion=pair, encoder__note=DELETE))
