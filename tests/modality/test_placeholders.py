import torch

from mmfusion.batch import Encoded
from mmfusion.modality.placeholders import Placeholders
from tests.helpers.properties import assert_same, check_all
from tests.training.small import make_batch, make_model

DIMS = {"image": 5, "text": 3}
PRESENT = {"image": torch.tensor([True, False, True, False]), "text": torch.tensor([True, True, False, True])}


def encoded() -> dict[str, Encoded]:
    generator = torch.Generator().manual_seed(0)
    image = Encoded(
        torch.randn(4, 5, generator=generator),
        torch.randn(4, 6, 5, generator=generator),
        torch.ones(4, 6, dtype=torch.bool),
    )
    return {"image": image, "text": Encoded.from_pooled(torch.randn(4, 3, generator=generator))}


def test_properties():
    check_all(lambda: Placeholders(DIMS), encoded(), PRESENT, parameters=5 + 3)


def test_absent_row_is_one_learned_token_and_counts_as_present():
    module = Placeholders(DIMS)
    before = encoded()
    after, present = module(before, PRESENT)
    assert all(mask.all() for mask in present.values())
    for row in (1, 3):
        assert torch.equal(after["image"].pooled[row], module.vectors["image"])
        assert torch.equal(after["image"].tokens[row, 0], module.vectors["image"])
        assert after["image"].mask[row].tolist() == [True] + [False] * 5
    assert torch.equal(after["text"].tokens[2, 0], module.vectors["text"])
    for row in (0, 2):
        assert_same([x[row] for x in vars(after["image"]).values()], [x[row] for x in vars(before["image"]).values()])


def test_what_an_absent_modality_holds_changes_nothing_and_gets_no_gradient():
    module = Placeholders(DIMS)
    clean, dirty = encoded(), encoded()
    dirty["image"].pooled[1] = float("nan")
    dirty["image"].tokens[1] = float("nan")
    dirty["image"].mask[1] = False
    given = dirty["image"].pooled.requires_grad_(), dirty["image"].tokens.requires_grad_()
    result, _ = module(dirty, PRESENT)
    expected, _ = module(clean, PRESENT)
    assert torch.equal(result["image"].pooled, expected["image"].pooled)
    assert torch.equal(result["image"].tokens, expected["image"].tokens)
    assert torch.equal(result["image"].mask, expected["image"].mask)
    (result["image"].pooled.square().sum() + result["image"].tokens.square().sum()).backward()
    for tensor in given:
        assert not tensor.grad[~PRESENT["image"]].any()
        assert tensor.grad[PRESENT["image"]].all()
    assert torch.allclose(module.vectors["image"].grad, 2 * 2 * 2 * module.vectors["image"])


def test_in_hybrid_fusion_they_are_part_of_the_joint_stream_and_have_no_vote():
    torch.manual_seed(0)
    model, batch = make_model("hybrid", placeholders=True).eval(), make_batch(4)
    batch.present["b"][:2] = False

    def changed(parameters) -> torch.Tensor:
        """Which rows' outputs move with these parameters."""
        before = model(batch)["kind"]
        with torch.no_grad():
            for parameter in parameters:
                parameter.add_(1.0)
        return (model(batch)["kind"] != before).any(1)

    assert changed(model.heads["kind"]["b"].parameters()).tolist() == [False, False, True, True]
    assert changed([model.placeholders.vectors["b"]]).tolist() == [True, True, False, False]


def test_initial_size():
    torch.manual_seed(0)
    vector = Placeholders({"wide": 10_000}).vectors["wide"]
    assert abs(vector.std().item() - 0.02) < 0.001
    assert abs(vector.mean().item()) < 0.001


def test_half_precision_stays_half():
    half = {name: Encoded(x.pooled.bfloat16(), x.tokens.bfloat16(), x.mask) for name, x in encoded().items()}
    filled, _ = Placeholders(DIMS)(half, PRESENT)
    assert {x.pooled.dtype for x in filled.values()} | {x.tokens.dtype for x in filled.values()} == {torch.bfloat16}
