from contextlib import nullcontext

import pytest
import torch
from torch import nn

from mmfusion.batch import Tokens
from mmfusion.encoders import recurrent
from mmfusion.encoders.recurrent import Recurrent
from mmfusion.encoders.rnn import RNN
from mmfusion.encoders.series_gru import SeriesGRU
from tests.helpers.pairwise import pairwise

LENGTHS = torch.tensor([4, 1, 6, 3])
X = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(0))
CELLS = pytest.mark.parametrize("cell", ["lstm", "gru"])


def build(cell: str, **options) -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(3, 5, cell, **options).eval()


@pairwise(cell=["lstm", "gru"], layers=[1, 2], bidirectional=[False, True])
def test_equals_the_plain_network_on_each_row_alone(cell, layers, bidirectional):
    module = build(cell, layers=layers, bidirectional=bidirectional)
    plain = (nn.LSTM if cell == "lstm" else nn.GRU)(
        3, 5, num_layers=layers, bidirectional=bidirectional, batch_first=True
    )
    plain.load_state_dict(module.rnn.state_dict())
    states, final = module(X, LENGTHS)
    assert states.shape == (4, 6, module.dim)
    for row, length in enumerate(LENGTHS.tolist()):
        expected_states, memory = plain(X[row : row + 1, :length])
        hidden = memory[0] if cell == "lstm" else memory
        expected = torch.cat([hidden[-2, 0], hidden[-1, 0]]) if bidirectional else hidden[-1, 0]
        torch.testing.assert_close(final[row], expected, atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(states[row, :length], expected_states[0], atol=1e-6, rtol=1e-6)


@pairwise(
    cell=["lstm", "gru"], layers=[1, 2], bidirectional=[False, True],
    lengths=[(4, 1, 6, 3), (0, 1, 0, 6), (1, 1, 1, 1), (6, 6, 6, 6)],
)  # fmt: skip
def test_the_way_of_accelerators_gives_the_same_result_and_gradients(cell, layers, bidirectional, lengths):
    module = build(cell, layers=layers, bidirectional=bidirectional)
    real_B = torch.tensor(lengths).clamp(min=1)
    gradients = []
    for run in (module.packed, module.padded):
        module.zero_grad()
        x = X.clone().requires_grad_()
        states, final = run(x, real_B)
        real = [states[row, :length] for row, length in enumerate(real_B)]
        sum(part.square().sum() for part in (final, *real)).backward()
        gradients.append([final, *real, x.grad, *(p.grad for p in module.parameters())])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)
    assert not gradients[1][-1 - len(list(module.parameters()))][0, real_B[0] :].any()  # nothing goes into padding


@CELLS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_accelerator_never_fetches_the_lengths(cell, bidirectional, monkeypatch):
    module = build(cell, layers=2, bidirectional=bidirectional, dropout=0.5).to("meta").train()
    monkeypatch.setattr(module, "packed", None)
    states, final = module(X.to("meta"), LENGTHS.to("meta"))
    assert states.shape == (4, 6, module.dim)
    assert final.shape == (4, module.dim)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@CELLS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_gpu_gives_the_same_and_nothing_waits_for_it(cell, bidirectional):
    module = build(cell, layers=2, bidirectional=bidirectional)
    expected = module(X, LENGTHS)[1]
    module, x, lengths = module.cuda(), X.cuda(), LENGTHS.cuda()
    module(x, lengths)  # cuDNN's own preparations
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        result = module(x, lengths)[1]
    finally:
        torch.cuda.set_sync_debug_mode(before)
    torch.testing.assert_close(result.cpu(), expected, atol=1e-5, rtol=1e-4)


def test_dropout_between_layers_acts_on_the_way_of_accelerators_too():
    module = build("lstm", layers=2, bidirectional=True, dropout=0.5)
    still = module.padded(X, LENGTHS)[1]
    assert torch.equal(module.padded(X, LENGTHS)[1], still)
    assert not torch.allclose(module.train().padded(X, LENGTHS)[1], still)


@CELLS
def test_on_a_gpu_each_direction_has_its_weights_in_one_piece(cell, monkeypatch):
    # Without a GPU only what cuDNN would be called with can be seen.
    module, calls = build(cell, layers=2, bidirectional=True), []
    monkeypatch.setattr(recurrent, "_suits_cudnn", lambda weight: True)
    monkeypatch.setattr(torch.cuda, "device_of", lambda weight: nullcontext())
    monkeypatch.setattr(torch, "_cudnn_rnn_flatten_weight", lambda *arguments: calls.append(arguments))
    module.rnn.flatten_parameters()
    assert [len(weights) for weights, *_ in calls] == [4] * 4
    assert len({w.data_ptr() for weights, *_ in calls for w in weights}) == 16
    for weights, number, width, _, hidden, *rest in calls:
        assert (number, width, hidden) == (4, weights[0].shape[1], weights[1].shape[1])
        assert rest == [0, 1, True, False]  # no projection, one layer, rows first, one direction


@CELLS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_changes_no_bit(cell, bidirectional):
    module = build(cell, bidirectional=bidirectional)
    _, expected = module(X, LENGTHS)
    for extra in (1, 2, 3, 7, 40, 200):
        padded = torch.cat([X, torch.full((4, extra, 3), torch.nan)], dim=1)
        assert torch.equal(module(padded, LENGTHS)[1], expected)


@CELLS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_empty_row_is_one_position(cell, bidirectional):
    module = build(cell, bidirectional=bidirectional)
    final = module(X, torch.tensor([0, 1, 2, 0]))[1]
    assert torch.equal(final, module(X, torch.tensor([1, 1, 2, 1]))[1])
    states, final = module(X[:2, :0], torch.tensor([0, 0]))  # as are rows that are all empty
    assert states.shape == (2, 0, module.dim)
    assert torch.equal(final, module(torch.zeros(2, 1, 3), torch.tensor([1, 1]))[1])


# ---- encoders that read with it


@pytest.mark.parametrize(("kind", "first"), [(RNN, "embedding.weight"), (SeriesGRU, "project.weight")])
def test_parameters_are_drawn_in_the_order_of_the_way_of_the_data(kind, first):
    encoder, again = (
        torch.manual_seed(0) and kind(8, hidden=5, cell="gru", bidirectional=True, pooling=pooling)
        for pooling in ("attention", "last")
    )
    names = [name for name in encoder.state_dict() if "bias" not in name]
    assert names[0] == first
    assert names[1].startswith("recurrent.rnn.weight_ih")
    assert names[-1] == "pool.score.weight"
    assert all(torch.equal(value, encoder.state_dict()[name]) for name, value in again.state_dict().items())


def test_dropout_takes_the_same_features_of_vector_and_tokens():
    encoder = SeriesGRU(2, hidden=64, dropout=0.5).train()
    encoded = encoder(Tokens(torch.ones(2, 3, 2), torch.tensor([3, 1])))
    assert torch.equal(encoded.pooled == 0, encoded.tokens[:, 0] == 0)
    assert 0.2 < (encoded.pooled == 0).float().mean() < 0.8
