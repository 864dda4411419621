import pytest
import torch
from torch import nn

from mmfusion.encoders.recurrent import Recurrent

LENGTHS = torch.tensor([4, 1, 6, 3])
X = torch.randn(4, 6, 3, generator=torch.Generator().manual_seed(0))
CELLS = pytest.mark.parametrize("cell", ["lstm", "gru"])


def recurrent(cell: str, **options) -> Recurrent:
    torch.manual_seed(0)
    return Recurrent(3, 5, cell, **options).eval()


@CELLS
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_the_plain_network_on_each_row_alone(cell, layers, bidirectional):
    module = recurrent(cell, layers=layers, bidirectional=bidirectional)
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


@CELLS
def test_the_way_of_accelerators_gives_the_same_result_and_gradients(cell):
    module = recurrent(cell, layers=2)
    gradients = []
    for run in (module.packed, module.padded):
        module.zero_grad()
        states, final = run(X, LENGTHS)
        final.square().sum().backward()
        real = [states[row, :length] for row, length in enumerate(LENGTHS)]
        gradients.append([final, *real, *(p.grad for p in module.parameters())])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


@CELLS
def test_an_accelerator_never_fetches_the_lengths(cell, monkeypatch):
    module = recurrent(cell).to("meta")
    monkeypatch.setattr(module, "packed", None)
    states, final = module(X.to("meta"), LENGTHS.to("meta"))
    assert states.shape == (4, 6, 5)
    assert final.shape == (4, 5)


@CELLS
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_changes_no_bit(cell, bidirectional):
    module = recurrent(cell, bidirectional=bidirectional)
    _, expected = module(X, LENGTHS)
    for extra in (1, 2, 3, 7, 40, 200):
        padded = torch.cat([X, torch.full((4, extra, 3), torch.nan)], dim=1)
        assert torch.equal(module(padded, LENGTHS)[1], expected)


@CELLS
def test_length_zero_is_one_position(cell):
    module = recurrent(cell)
    found = module(X, torch.tensor([0, 1, 2, 0]))[1]
    assert torch.equal(found, module(X, torch.tensor([1, 1, 2, 1]))[1])


def test_unknown_cell():
    with pytest.raises(ValueError, match="cell: expected lstm or gru, found 'rnn'"):
        Recurrent(3, 5, "rnn")
