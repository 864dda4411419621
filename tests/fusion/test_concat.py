import torch

from mmfusion.fusion.concat import Concat
from tests.fusion.inputs import DIMS, SUBSETS, encoded, every_subset, only
from tests.helpers.properties import check_parameters

WIDTHS = sum(DIMS.values())


def test_is_align_concatenate_project():
    fusion, inputs, present = Concat(DIMS, dim=7), encoded(), every_subset()
    linears, z = fusion.align, fusion(inputs, present)["joint"]
    for row in range(len(z)):
        parts = [
            present[name][row] * (linears[name].weight @ inputs[name].pooled[row] + linears[name].bias) for name in DIMS
        ]
        expected = (fusion.project.weight @ torch.cat(parts) + fusion.project.bias).clamp(min=0)
        torch.testing.assert_close(z[row], expected)


def test_without_align_it_concatenates_the_encoders_outputs():
    fusion, inputs, present = Concat(DIMS, dim=7, align=False, activation="none"), encoded(), only(SUBSETS[-1])
    expected = fusion.project(torch.cat([inputs[name].pooled for name in DIMS], dim=1))
    assert torch.equal(fusion(inputs, present)["joint"], expected)


def test_dropout_acts_in_training_only():
    torch.manual_seed(0)
    fusion = Concat(DIMS, dim=50, dropout=0.5, activation="none")
    arguments = encoded(), only(SUBSETS[-1])
    dropped = fusion.train()(*arguments)["joint"]
    assert 0.3 < (dropped == 0).float().mean() < 0.7
    assert (fusion.eval()(*arguments)["joint"] != 0).all()


def test_its_parameters_and_the_last_layer():
    fusion = Concat(DIMS)
    assert fusion.last_layer() == [fusion.project.weight, fusion.project.bias]
    check_parameters(lambda: Concat(DIMS, dim=7), (WIDTHS + 3) * 7 + (3 * 7 + 1) * 7)
    check_parameters(lambda: Concat(DIMS, dim=7, align=False), (WIDTHS + 1) * 7)
