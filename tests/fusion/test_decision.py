import pytest
import torch

from mmfusion.fusion.decision import Decision
from tests.fusion.inputs import DIMS, OUTPUTS, ROWS, SUBSETS, encoded, every_subset, only
from tests.helpers.properties import check_parameters

WEIGHTS = {"image": 2.0, "text": 0.5, "speech": 1}


def outputs() -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(5)
    return {name: torch.randn(ROWS, OUTPUTS, generator=g) for name in DIMS}


@pytest.mark.parametrize(("weighting", "weights"), [("fixed", None), ("fixed", WEIGHTS), ("learned", WEIGHTS)])
def test_weighted_mean_over_the_present(weighting, weights):
    fusion, present, y = Decision(DIMS, weighting, weights), every_subset(), outputs()
    combined = fusion.combine(y, present)
    for row in range(ROWS):
        names = [name for name in DIMS if present[name][row]]
        w = torch.tensor([weights[name] if weights else 1.0 for name in names])
        expected = sum(w_m * y[name][row] for w_m, name in zip(w / w.sum(), names, strict=True))
        torch.testing.assert_close(combined[row], expected)


@pytest.mark.parametrize("weighting", ["fixed", "learned"])
def test_one_present_modality_is_its_own_prediction_exactly(weighting):
    fusion, y = Decision(DIMS, weighting, {"image": 0.3, "text": 11, "speech": 1e-6}), outputs()
    for name in DIMS:
        loud = {other: x if other == name else torch.full_like(x, 1e30) for other, x in y.items()}
        assert torch.equal(fusion.combine(loud, only({name})), y[name])


def test_learned_weights_move_towards_the_better_modality():
    fusion, y = Decision(DIMS, "learned"), outputs()
    for _ in range(20):
        loss = ((fusion.combine(y, only(SUBSETS[-1])) - y["text"]) ** 2).mean()
        (gradient,) = torch.autograd.grad(loss, fusion.weights.logits)
        fusion.weights.logits.data -= gradient
    assert fusion.weights.logits.softmax(0)[1] > 0.6


def test_streams_are_the_encoders_outputs():
    inputs = encoded()
    streams = Decision(DIMS)(inputs, every_subset())
    assert all(torch.equal(streams[name], inputs[name].pooled) for name in DIMS)
    check_parameters(lambda: Decision(DIMS), 0)
    check_parameters(lambda: Decision(DIMS, "learned"), 3)


def test_a_checkpoint_carries_the_weights():
    before, after = Decision(DIMS, "fixed", WEIGHTS), Decision(DIMS)
    after.load_state_dict(before.state_dict())
    assert torch.equal(after.weights.logits, before.weights.logits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": {"image": 1, "txt": 1, "speech": 1}}, "there is no stream 'txt'; did you mean 'text'"),
        ({"weights": {"image": 1, "text": 1}}, "expected a positive number for 'speech', found none"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Decision(DIMS, **options)
