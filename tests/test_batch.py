"""Batch, Tokens, Encoded."""

import torch
from lightning_fabric.utilities import move_data_to_device

from mmfusion.batch import Batch, Encoded, Tokens


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


def test_an_encoder_without_positions_gives_one_token():
    encoded = Encoded.from_pooled(torch.rand(3, 5))
    assert encoded.tokens.shape == (3, 1, 5)
    assert torch.equal(encoded.tokens[:, 0], encoded.pooled)
    assert encoded.mask.all()
    assert encoded.mask.shape == (3, 1)
