"""Properties of every encoder with its options, two of each at least once."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
import torch

from mmfusion.batch import Encoded, Tokens
from mmfusion.encoders._base import Encoder
from mmfusion.encoders.bag import Bag
from mmfusion.encoders.cnn import CNN
from mmfusion.encoders.features_mlp import FeaturesMLP
from mmfusion.encoders.resnet import ResNet
from mmfusion.encoders.rnn import RNN
from mmfusion.encoders.series_gru import SeriesGRU
from mmfusion.encoders.spectrogram_cnn import SpectrogramCNN
from mmfusion.encoders.spectrogram_statistics import SpectrogramStatistics
from mmfusion.encoders.tabular_mlp import TabularMLP
from tests.encoders.inputs import IMAGES, ROWS, SEQUENCES, SERIES, SPEECH, VECTORS, WORDS
from tests.helpers.properties import assert_same, check_all, check_gradients, weighted_sum


@dataclass(frozen=True)
class Case:
    """An encoder with some options.

    Attributes:
        build: its class.
        arguments: of the class.
        x: a batch.
        parameters: the number of its parameters by a formula; None checks nothing that takes long.
        positions: of its tokens.
        padding: how much padding may change a result; 0 for no bit.
    """

    build: Callable[..., Encoder]
    arguments: Mapping[str, Any]
    x: torch.Tensor | Tokens
    positions: int
    parameters: int | None = None
    padding: float = 1e-6

    def make(self) -> Encoder:
        return self.build(**self.arguments)


def variants(build, base, x, positions, parameters, options=(), **more):
    """The case with the base arguments, and one with each of the options instead."""
    yield Case(build, base, x, positions, parameters, **more)
    for each in options:
        each = dict(each)
        own = {name: each.pop(name) for name in ("positions", "padding") if name in each}
        yield Case(build, base | each, x, **{"positions": positions, **more, **own})


POOLINGS = [{"pooling": pooling} for pooling in ("mean", "max", "attention")]
RECURRENT = [
    {"pooling": "mean", "bidirectional": True, "padding": 1e-6},
    {"pooling": "max", "layers": 2, "padding": 1e-6},
    {"pooling": "attention", "bidirectional": True, "layers": 2, "padding": 1e-6},
    {"pooling": "last", "bidirectional": True},
]
CNN_ONE = 9 * 2 * 4 + 2 * 4 + 9 * 4 * 6 + 2 * 6 + (6 * 4 * 5 + 5) + 2 * 5
SPECTROGRAM = 25 * 1 * 4 + 2 * 4 + 9 * 4 * 6 + 2 * 6 + (6 * 6 * 5 + 5) + 2 * 5
SMALL_SPEECH = {"sample_rate": 1000, "window_ms": 32.0, "hop_ms": 8.0, "mels": 8}
SMALL_CNN = {"channels": 2, "widths": [4, 6], "grid": 2, "dim": 5}
SMALL_SPECTROGRAM = SMALL_SPEECH | {"widths": [4, 6], "grid_time": 3, "grid_frequency": 2, "dim": 5}
SMALL_RNN = {"vocab_size": 8, "embedding": 4, "hidden": 5, "bidirectional": False, "pooling": "last"}
STATISTICS = SMALL_SPEECH | {"parts": 3, "hidden": [5]}
GROUPS = {
    "bag": variants(Bag, {"vocab_size": 8, "embedding": 4}, WORDS, 5, 8 * 4, POOLINGS),
    # An LSTM has 4 gates and a GRU 3, each with weights of input and state and two biases.
    "rnn": variants(RNN, SMALL_RNN, WORDS, 5, 8 * 4 + 4 * (4 * 5 + 5 * 5 + 2 * 5), RECURRENT, padding=0.0),
    "rnn-gru": variants(RNN, SMALL_RNN | {"cell": "gru"}, WORDS, 5, 8 * 4 + 3 * (4 * 5 + 5 * 5 + 2 * 5), padding=0.0),
    "gru": variants(
        SeriesGRU, {"channels": 2, "hidden": 5}, SERIES, 5, 2 * 5 + 5 + 3 * (5 * 5 + 5 * 5 + 2 * 5),
        [*RECURRENT, {"cell": "lstm", "layers": 2}],
    ),
    "vectors": variants(
        FeaturesMLP, {"in_dim": 3, "sequence": False, "hidden": [6, 4]}, VECTORS, 1,
        (3 * 6 + 6 + 2 * 6) + (6 * 4 + 4 + 2 * 4),
    ),
    "sequences": variants(
        FeaturesMLP, {"in_dim": 3, "sequence": True, "hidden": [4]}, SEQUENCES, 5, 3 * 4 + 4 + 2 * 4,
        [*POOLINGS, {"pooling": "first"}, {"pooling": "last"}],
    ),
    "tabular": variants(
        TabularMLP, {"numeric": 2, "cardinalities": [3, 4], "embedding": 5, "hidden": [6]}, ROWS, 1,
        (3 + 4) * 5 + (2 + 2 * 5) * 6 + 6 + 2 * 6,
    ),
    "numbers": variants(TabularMLP, {"numeric": 2, "cardinalities": [], "hidden": [6, 5]}, ROWS[:, :2], 1, None),
    "categories": variants(TabularMLP, {"numeric": 0, "cardinalities": [3, 4], "hidden": [6]}, ROWS[:, 2:], 1, None),
    "cnn": variants(
        CNN, SMALL_CNN, IMAGES, 4, CNN_ONE,
        [{"norm": norm, "pooling": pooling, "positions": 4 if pooling == "grid" else 36} for norm, pooling in (
            ("batch", "grid"), ("none", "grid"), ("group", "mean"), ("batch", "max"), ("none", "attention")
        )],
    ),
    "resnet": variants(ResNet, {"channels": 2, "stem": "small"}, IMAGES, 4, None, [{"pooling": "grid"}]),
    # The grid has 3 · 2 cells; 240 samples are 31 frames, of which stride 2 and pool 2 leave ceil(31 / 4).
    "spectrogram_cnn": variants(
        SpectrogramCNN, SMALL_SPECTROGRAM, SPEECH, 6, SPECTROGRAM,
        [
            {"norm": "layer", "pooling": "mean", "positions": 8}, {"norm": "none", "pooling": "max", "positions": 8},
            {"norm": "group", "pooling": "attention", "positions": 8}, {"norm": "layer"}, {"norm": "none"},
            {"widths": [3, 4, 5], "kernels": [3], "strides": [1, 2, 1], "pools": [1, 3]},
            {"spec_augment": {"time": 0.5, "frequency": 0.2, "masks": 2, "tempo": 0.2, "pitch": 0.2, "shift": 0.1}},
        ],
        padding=1e-5,
    ),
    "statistics": variants(SpectrogramStatistics, STATISTICS, SPEECH, 1, (6 * 8 + 1) * 5 + 5 + 2 * 5, padding=1e-4),
}  # fmt: skip
CASES = {f"{name}-{i}": case for name, cases in GROUPS.items() for i, case in enumerate(cases)}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
PADDED = [name for name, case in CASES.items() if isinstance(case.x, Tokens)]
OF_TOKENS = pytest.mark.parametrize("case", [CASES[name] for name in PADDED], ids=PADDED)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.parameters is not None])
def test_as_every_component(name):
    case = CASES[name]
    # Dynamo breaks the graph at nn.LSTM and nn.GRU and runs them as they are.
    check_all(case.make, case.x, parameters=case.parameters, fullgraph=case.build not in (RNN, SeriesGRU))


@EVERY
def test_trains(case):
    check_gradients(case.make, case.x)


@EVERY
def test_shapes(case):
    """Widths as `dim` says, one mask value a token, and at least one real token a row."""
    encoder, rows = case.make().eval(), len(case.x.values if isinstance(case.x, Tokens) else case.x)
    out = encoder(case.x)
    assert out.pooled.shape == (rows, encoder.dim)
    assert out.tokens.shape == (rows, case.positions, encoder.dim)
    assert out.mask.shape == (rows, case.positions)
    assert out.mask.dtype == torch.bool
    assert out.mask.any(1).all()
    assert encoder.gives_tokens == (case.positions > 1)


@EVERY
def test_the_first_rows_content_reaches_no_other_row(case):
    """Neither forward nor backward, in training mode."""
    encoder, x = case.make().train(), case.x
    if not encoder.row_wise:
        assert case.arguments.get("norm") == "batch" or case.build is SpectrogramStatistics
        return

    def run(content: torch.Tensor) -> list[torch.Tensor]:
        torch.manual_seed(1)
        out = encoder(Tokens(content, x.lengths) if isinstance(x, Tokens) else content)
        rest = [out.pooled[1:], out.tokens[1:], out.mask[1:]]
        encoder.zero_grad()
        weighted_sum(rest).backward()
        return rest + [p.grad.clone() for p in encoder.parameters() if p.grad is not None]

    values = x.values if isinstance(x, Tokens) else x
    other = values.clone()
    other[0] = values[1]
    assert_same(run(other), run(values), atol=1e-6, rtol=1e-5, what="rows other than the changed one")


@EVERY
def test_a_row_without_content_is_finite(case):
    """Zeros, length 0: output and gradients."""
    encoder, x = case.make().train(), case.x
    values = (x.values if isinstance(x, Tokens) else x).clone()
    values[0] = 0
    empty = isinstance(x, Tokens) and Tokens(values, torch.where(torch.arange(len(values)) == 0, 0, x.lengths))
    out = encoder(empty or values)
    assert isinstance(out, Encoded)
    assert out.pooled.isfinite().all()
    assert out.tokens.isfinite().all()
    weighted_sum(out).backward()
    assert all(p.grad.isfinite().all() for p in encoder.parameters() if p.grad is not None)


@EVERY
def test_training_never_waits_for_an_accelerator(case):
    """Tensors of the meta device have shapes and no values, and what reads one fails. Autocast does not know it."""
    with patch("torch.autocast", return_value=nullcontext()):
        out = case.make().to("meta").train()(case.x.to("meta"))
    assert {out.pooled.device.type, out.tokens.device.type, out.mask.device.type} == {"meta"}


@OF_TOKENS
def test_padding_of_any_length_and_content_changes_nothing(case):
    encoder, x = case.make().eval(), case.x
    wide = x.values.new_zeros(len(x.values), x.values.shape[1] * 3 // 2, *x.values.shape[2:])
    wide[:, : x.values.shape[1]] = x.values
    padded = Tokens(wide, x.lengths)
    garbage = torch.full_like(wide, 2 if wide.dtype == torch.long else 9.0)
    keep = padded.mask().view(*wide.shape[:2], *[1] * (wide.ndim - 2))
    expected = encoder(x)
    for given in (padded, Tokens(torch.where(keep, wide, garbage), x.lengths)):
        result = encoder(given)
        assert_same(result.pooled, expected.pooled, atol=case.padding, rtol=case.padding, what="pooled")
        positions = expected.mask.shape[1]
        assert torch.equal(result.mask[:, :positions], expected.mask)
        assert not result.mask[:, positions:].any()
        real = [torch.where(expected.mask[..., None], e.tokens[:, :positions], 0.0) for e in (result, expected)]
        assert_same(*real, atol=case.padding, rtol=case.padding, what="tokens")


@OF_TOKENS
def test_a_row_in_a_batch_gives_what_it_gives_alone(case):
    encoder, x, near = case.make().eval(), case.x, max(case.padding, 1e-6)
    together = encoder(x)
    for row, length in enumerate(x.lengths.tolist()):
        alone = encoder(Tokens(x.values[row : row + 1, :length], x.lengths[row : row + 1]))
        assert_same(alone.pooled[0], together.pooled[row], atol=near, rtol=near, what=f"row {row} alone")
