import torch

from mmfusion.fusion.gated import Gated
from tests.fusion.inputs import DIMS, SUBSETS, blanked, encoded, every_subset, only
from tests.helpers.properties import check_parameters


def test_equation_row_by_row():
    fusion, inputs, present = Gated(DIMS, dim=7), encoded(), every_subset()
    z = fusion(blanked(inputs, present), present)["joint"]
    for row in range(len(z)):
        seen = [inputs[name].pooled[row] * present[name][row] for name in DIMS]
        gates = torch.sigmoid(fusion.gate.weight @ torch.cat(seen) + fusion.gate.bias).view(3, 7)
        expected = torch.zeros(7)
        for gate, (name, linear) in zip(gates, fusion.project.items(), strict=True):
            if present[name][row]:
                expected += gate * torch.tanh(linear.weight @ inputs[name].pooled[row] + linear.bias)
        torch.testing.assert_close(z[row], expected)


def test_normalised_gates_of_two_modalities_are_the_papers_z_and_one_minus_z():
    dims = {name: DIMS[name] for name in ("image", "text")}
    fusion, inputs, present = Gated(dims, dim=7, normalise=True), encoded(), only(SUBSETS[-1])
    (weight_i, weight_t), (bias_i, bias_t) = fusion.gate.weight.view(2, 7, -1), fusion.gate.bias.view(2, 7)
    both = torch.cat([inputs["image"].pooled, inputs["text"].pooled], dim=1)
    gate = torch.sigmoid(both @ (weight_i - weight_t).T + bias_i - bias_t)
    image, text = (torch.tanh(fusion.project[name](inputs[name].pooled)) for name in dims)
    torch.testing.assert_close(fusion(inputs, present)["joint"], gate * image + (1 - gate) * text)


def test_normalised_gate_of_one_present_modality_is_one_exactly():
    fusion, inputs = Gated(DIMS, dim=7, normalise=True), encoded()
    for name in DIMS:
        expected = torch.tanh(fusion.project[name](inputs[name].pooled))
        assert torch.equal(fusion(inputs, only({name}))["joint"], expected)


def test_number_of_parameters():
    total = sum(DIMS.values())
    check_parameters(lambda: Gated(DIMS, dim=7), (total + 3) * 7 + (total + 1) * 3 * 7)
