import numpy as np
import pytest
import torch

from mmfusion.data.batches.dataset import SplitDataset
from mmfusion.data.batches.sampler import BatchIndices
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from mmfusion.data.transforms.gaussian_noise import GaussianNoise

VECTORS = [np.array([1.0, 2.0]), None, np.array([np.nan, 0.0]), np.array([5.0, 6.0])]


def rows(on_error="raise", cached=True, vectors=VECTORS, noise=()):
    """Four rows: the second has no vector, the third a broken one, the fourth no text."""
    columns = {"vector": vectors, "note": ["a b", "b", "a", None]}
    table = Table("t.csv", columns, ["train"] * 4, ["w", "x", "y", "z"], [2, 3, 4, 5])
    kinds = {"vector": Features(standardize=False), "note": Text()}
    kinds["vector"].fit([np.ones(2)], None)
    kinds["note"].fit(["a b"], None)
    dataset = SplitDataset(table, kinds, {"vector": {"train": list(noise), "eval": list(noise)}}, 0, on_error)
    if cached:
        for name in kinds:
            dataset.load(name)
    return dataset


def take(*indices, epoch=None):
    return BatchIndices(np.array(indices), epoch)


@pytest.mark.parametrize("cached", [True, False])
def test_a_batch_with_holes(cached):
    batch = rows("absent", cached)[take(3, 0, 1)]
    assert batch.ids == ["z", "w", "x"]
    assert batch.inputs["vector"].tolist() == [[5.0, 6.0], [1.0, 2.0], [0.0, 0.0]]
    assert batch.present["vector"].tolist() == [True, True, False]
    assert batch.inputs["note"].values.tolist() == [[0, 0], [2, 3], [3, 0]]
    assert batch.inputs["note"].lengths.tolist() == [0, 2, 1]
    assert batch.present["note"].tolist() == [False, True, True]
    assert batch.targets == {}


def test_a_row_that_loses_all_it_had_leaves_its_batch():
    broken = [np.ones(2), None, None, np.array([np.inf, 1.0])]
    assert rows("absent", cached=False, vectors=broken)[take(0, 3)].ids == ["w"]


def test_a_batch_that_loses_all_its_rows_is_an_error():
    with pytest.raises(DecodeError, match=r"t\.csv: all 1 rows of a batch lost their media"):
        rows("skip", cached=False)[take(2)]


def test_noise_never_reaches_absent_rows():
    batch = rows("absent", noise=[GaussianNoise(1.0)])[take(0, 1, 3, epoch=0)]
    assert batch.inputs["vector"][1].tolist() == [0.0, 0.0]
    assert batch.inputs["vector"][0].tolist() != [1.0, 2.0]


def test_training_noise_belongs_to_the_epoch():
    dataset = rows("absent", noise=[GaussianNoise(1.0)])
    first, again, other, evaluation = (dataset[take(0, 3, epoch=epoch)].inputs["vector"] for epoch in (1, 1, 2, None))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first, evaluation)


@pytest.mark.parametrize("epoch", [None, 1])
def test_noise_belongs_to_the_row(epoch):
    dataset = rows("absent", noise=[GaussianNoise(1.0)])
    both = dataset[take(0, 3, epoch=epoch)].inputs["vector"]
    assert torch.equal(dataset[take(3, epoch=epoch)].inputs["vector"][0], both[1])
    assert not torch.equal(both[0] - torch.tensor([1.0, 2.0]), both[1] - torch.tensor([5.0, 6.0]))
