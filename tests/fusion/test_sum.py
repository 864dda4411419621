import pytest
import torch

from mmfusion.batch import Encoded
from mmfusion.fusion.sum import Sum
from tests.fusion.inputs import DIMS, encoded, every_subset, only
from tests.helpers.properties import check_parameters


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_averages_or_adds_what_is_present(reduce):
    fusion, inputs, present = Sum(DIMS, dim=7, reduce=reduce, activation="tanh"), encoded(), every_subset()
    linears, z = fusion.align, fusion(inputs, present)["joint"]
    for row in range(len(z)):
        parts = [
            linears[name].weight @ inputs[name].pooled[row] + linears[name].bias for name in DIMS if present[name][row]
        ]
        expected = torch.stack(parts).mean(0) if reduce == "mean" else torch.stack(parts).sum(0)
        torch.testing.assert_close(z[row], expected.tanh())


def test_one_present_modality_is_its_own_projection_exactly():
    fusion, inputs = Sum(DIMS, dim=7, activation="none"), encoded()
    assert torch.equal(fusion(inputs, only({"text"}))["joint"], fusion.align["text"](inputs["text"].pooled))
    check_parameters(lambda: Sum(DIMS, dim=7), (sum(DIMS.values()) + 3) * 7)


def test_without_align_widths_must_agree():
    with pytest.raises(ValueError, match=r"align: false needs encoders of width dim=6, found \{'image': 6, 'text': 4"):
        Sum(DIMS, dim=6, align=False)
    fusion = Sum({"a": 6, "b": 6}, dim=6, align=False, activation="none")
    a, b, yes = torch.randn(2, 6), torch.randn(2, 6), torch.ones(2, dtype=torch.bool)
    z = fusion({"a": Encoded.from_pooled(a), "b": Encoded.from_pooled(b)}, {"a": yes, "b": yes})
    torch.testing.assert_close(z["joint"], (a + b) / 2)
    assert fusion.last_layer() == []
