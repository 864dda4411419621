import pytest
import torch

from mmfusion.modality.modality_dropout import ModalityDropout

ROWS = 40_000


def everything(rows: int = ROWS) -> dict[str, torch.Tensor]:
    return {name: torch.ones(rows, dtype=torch.bool) for name in ("image", "text", "speech")}


def with_holes() -> dict[str, torch.Tensor]:
    patterns = torch.tensor([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 1]], dtype=torch.bool).repeat(ROWS // 4, 1)
    return dict(zip(("image", "text", "speech"), patterns.unbind(1), strict=True))


@pytest.mark.parametrize("module", [ModalityDropout(0.5).eval(), ModalityDropout(0.0), ModalityDropout({"text": 0.0})])
def test_does_nothing_in_eval_mode_or_at_rate_zero(module):
    present = everything(3)
    assert module(present) is present


def test_rates_are_met_one_by_one():
    torch.manual_seed(0)
    # image is never hidden, so no draw is repaired and the shares are the rates themselves.
    visible = ModalityDropout({"text": 0.3, "speech": 0.8})(everything())
    shares = {name: 1 - mask.float().mean().item() for name, mask in visible.items()}
    assert shares["image"] == 0
    assert shares["text"] == pytest.approx(0.3, abs=0.01)
    assert shares["speech"] == pytest.approx(0.8, abs=0.01)
    both = (~visible["text"] & ~visible["speech"]).float().mean().item()
    assert both == pytest.approx(0.24, abs=0.01)


def test_one_present_modality_stays_and_nothing_absent_appears():
    torch.manual_seed(0)
    present = with_holes()
    visible = ModalityDropout(1.0)(present)
    shown = torch.stack(list(visible.values()), 1)
    assert torch.equal(shown.sum(1), torch.ones(ROWS, dtype=torch.long))
    assert not (shown & ~torch.stack(list(present.values()), 1)).any()


def test_the_one_that_stays_is_drawn_uniformly():
    torch.manual_seed(0)
    visible = torch.stack(list(ModalityDropout(1.0)(with_holes()).values()), 1).float()
    assert visible[0::4].mean(0).tolist() == pytest.approx([1 / 3] * 3, abs=0.02)
    assert visible[1::4].mean(0).tolist() == pytest.approx([0.5, 0.0, 0.5], abs=0.02)


def test_a_row_with_nothing_keeps_nothing():
    present = {"image": torch.zeros(4, dtype=torch.bool), "text": torch.zeros(4, dtype=torch.bool)}
    assert not any(mask.any() for mask in ModalityDropout(0.5)(present).values())


def test_same_seed_same_draw_and_input_untouched():
    module, present = ModalityDropout(0.5), everything(200)
    torch.manual_seed(3)
    first = module(present)
    torch.manual_seed(3)
    again = module(present)
    assert list(first) == list(present)
    assert all(torch.equal(first[name], again[name]) for name in present)
    assert not all(mask.all() for mask in first.values())
    assert all(mask.all() for mask in present.values())


def test_compiles_without_graph_breaks():
    torch.compiler.reset()
    module = torch.compile(ModalityDropout({"text": 1.0}), backend="aot_eager", dynamic=False, fullgraph=True)
    visible = module(everything(5))
    assert [mask.all().item() for mask in visible.values()] == [True, False, True]
