"""Batch, Tokens, Encoded."""

from unittest.mock import patch

import pytest
import torch
from lightning_fabric.utilities import move_data_to_device

from mmfusion.batch import Batch, Encoded, Tokens, as_double, blank_rows, double_device


def make_batch() -> Batch:
    return Batch(
        inputs={"image": torch.rand(2, 1, 4, 4), "text": Tokens(torch.tensor([[3, 4], [5, 0]]), torch.tensor([2, 1]))},
        present={"image": torch.tensor([True, False]), "text": torch.tensor([True, True])},
        targets={"digit": torch.tensor([1, 0])},
        labelled={"digit": torch.tensor([True, False])},
        ids=["a", "b"],
    )


def test_mask_is_true_where_a_position_is_real():
    tokens = Tokens(torch.zeros(3, 4), torch.tensor([0, 2, 4]))
    assert tokens.mask().tolist() == [[False] * 4, [True, True, False, False], [True] * 4]


@pytest.mark.parametrize("shape", [(3,), (3, 2), (3, 2, 4)])
def test_blanked_rows_are_zero_whatever_they_hold_and_get_no_gradient(shape):
    x = torch.ones(shape)
    x[1] = float("nan")
    x.requires_grad_()
    found = blank_rows(x, torch.tensor([True, False, True]))
    expected = torch.ones(shape)
    expected[1] = 0
    assert torch.equal(found, expected)
    found.sum().backward()
    assert torch.equal(x.grad, expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.long, torch.bool])
def test_blanking_keeps_the_type(dtype):
    found = blank_rows(torch.ones(2, 1, dtype=dtype), torch.tensor([True, False]))
    assert found.dtype == dtype
    assert found.tolist() == [[1], [0]]


def test_blanked_tokens_are_none():
    kept = torch.tensor([True, False])
    tokens = Tokens(torch.ones(2, 3), torch.tensor([2, 3])).blanked(kept)
    assert tokens.mask().tolist() == [[True, True, False], [False] * 3]
    assert tokens.values.tolist() == [[1.0] * 3, [0.0] * 3]
    encoded = Encoded.from_pooled(torch.ones(2, 3)).blanked(kept)
    assert encoded.mask.tolist() == [[True], [False]]
    assert encoded.pooled.tolist() == encoded.tokens[:, 0].tolist() == [[1.0] * 3, [0.0] * 3]


def test_lightning_moves_every_tensor_of_a_batch():
    moved = move_data_to_device(make_batch(), torch.device("meta"))
    tensors = [moved.inputs["image"], moved.inputs["text"].values, moved.inputs["text"].lengths]
    tensors += [*moved.present.values(), *moved.targets.values(), *moved.labelled.values()]
    assert all(t.device.type == "meta" for t in tensors)
    assert moved.ids == ["a", "b"]
    assert len(moved) == 2


def test_moving_leaves_the_original_where_it_was():
    batch = make_batch()
    batch.to("meta")
    assert batch.inputs["image"].device.type == "cpu"


def test_float64_targets_stay_on_the_cpu_where_the_device_has_no_float64():
    assert double_device("mps") == torch.device("cpu")
    assert double_device(torch.device("cuda", 1)) == torch.device("cuda", 1)
    assert as_double(torch.tensor([0.5])).dtype == torch.float64
    batch = make_batch()
    batch.targets["y"] = torch.zeros(2, dtype=torch.float64)
    with patch("mmfusion.batch.double_device", return_value=torch.device("cpu")):
        moved = batch.to("meta")
    assert (moved.targets["y"].device.type, moved.labelled["digit"].device.type) == ("cpu", "meta")


def test_an_encoder_without_positions_gives_one_token():
    encoded = Encoded.from_pooled(torch.rand(3, 5))
    assert encoded.tokens.shape == (3, 1, 5)
    assert torch.equal(encoded.tokens[:, 0], encoded.pooled)
    assert encoded.mask.all()
    assert encoded.mask.shape == (3, 1)
