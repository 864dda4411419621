import pytest
import torch
from torch import nn

from mmfusion.fusion._parts import Align, StreamWeights, masked_softmax
from tests.fusion.inputs import DIMS, encoded, every_subset

NAN = float("nan")


def test_align_is_one_linear_a_modality_and_an_absent_row_not_even_its_bias():
    align, inputs, present = Align(DIMS, 7), encoded(), every_subset()
    found = align(inputs, present)
    assert align.widths == dict.fromkeys(DIMS, 7)
    for name in DIMS:
        expected = inputs[name].pooled @ align[name].weight.T + align[name].bias
        torch.testing.assert_close(found[name], expected * present[name][:, None])


def test_without_align_widths_stay():
    align, inputs, present = Align(DIMS, 7, enabled=False), encoded(), every_subset()
    assert align.widths == DIMS
    assert not list(align.parameters())
    for name, x in align(inputs, present).items():
        assert torch.equal(x, inputs[name].pooled * present[name][:, None])


def test_softmax_over_what_is_masked_in():
    logits = torch.tensor([[0.0, 3.0, 0.0], [1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]).log1p()
    mask = torch.tensor([[True, False, True], [False, True, False], [False, False, False]])
    found = masked_softmax(logits, mask)
    assert found[0].tolist() == [0.5, 0.0, 0.5]
    assert found[1].tolist() == [0.0, 1.0, 0.0]
    assert found[2].isfinite().all()
    assert torch.equal(masked_softmax(logits.T, mask.T, dim=0), found.T)


@pytest.mark.parametrize("weighting", ["fixed", "learned"])
def test_weights_are_shared_among_the_streams_that_a_row_has(weighting):
    weights = StreamWeights(["a", "b", "c"], weighting, {"a": 1.0, "b": 3.0, "c": 4.0})
    y = {"a": torch.tensor([[8.0], [8.0]]), "b": torch.tensor([[16.0], [16.0]]), "c": torch.tensor([[99.0], [4.0]])}
    present = {"b": torch.tensor([True, False]), "c": torch.tensor([False, True])}  # a is always there
    # (1·8 + 3·16) / 4 and (1·8 + 4·4) / 5
    torch.testing.assert_close(weights(y, present), torch.tensor([[14.0], [4.8]]))
    assert [name for name, _ in weights.named_parameters()] == (["logits"] if weighting == "learned" else [])
    assert isinstance(weights.logits, nn.Parameter) == (weighting == "learned")


def test_streams_weigh_the_same_unless_it_is_said():
    weights = StreamWeights(["a", "b"], "fixed", None)
    y = {"a": torch.tensor([[1.0]]), "b": torch.tensor([[2.0]])}
    here = torch.tensor([True])
    torch.testing.assert_close(weights(y, {"a": here, "b": here}), torch.tensor([[1.5]]))
