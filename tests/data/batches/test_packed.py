import pytest
import torch

from mmfusion.data.batches.packed import Packed
from mmfusion.data.kinds._window import Window
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.kinds.text import Text

ROWS = [torch.tensor([1, 2, 3], dtype=torch.int32), torch.tensor([4], dtype=torch.int32)]


def stacked():
    kind = Features()
    kind.fit([torch.ones(2)], None)
    return Packed.of([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])], kind)


def test_rows_of_one_shape_are_stacked_and_absent_ones_zero():
    assert stacked().gather(torch.tensor([1, -1, 0, 1]), Window(), None).tolist() == [[3, 4], [0, 0], [1, 2], [3, 4]]


def test_ragged_rows_are_padded_to_the_longest_of_the_batch():
    packed = Packed.of(ROWS, Text())
    assert len(packed) == 2
    tokens = packed.gather(torch.tensor([1, 0, -1]), Window(), None)
    assert tokens.values.tolist() == [[4, 0, 0], [1, 2, 3], [0, 0, 0]]
    assert tokens.lengths.tolist() == [1, 3, 0]
    assert packed.gather(torch.tensor([1]), Window(), None).values.tolist() == [[4]]


def test_a_batch_without_the_modality_keeps_one_position():
    tokens = Packed.of(ROWS, Text()).gather(torch.tensor([-1, -1]), Window(), None)
    assert tokens.values.tolist() == [[0], [0]]
    assert tokens.lengths.tolist() == [0, 0]


def test_no_media_at_all():
    assert Packed.of([], Text()).gather(torch.tensor([-1]), Window(), None).lengths.tolist() == [0]


def test_windows_and_full_padding():
    packed = Packed.of(ROWS, Text())
    cut = packed.gather(torch.tensor([0, 1]), Window(2, "start"), None)
    assert cut.values.tolist() == [[1, 2], [4, 0]]
    full = packed.gather(torch.tensor([1]), Window(4, full=True), None)
    assert full.values.tolist() == [[4, 0, 0, 0]]
    assert full.lengths.tolist() == [1]


def test_rows_of_unequal_types_meet_in_float():
    packed = Packed.of([torch.tensor([16384], dtype=torch.int16), torch.tensor([0.25])], Speech())
    assert packed.values.tolist() == [0.5, 0.25]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_chunks(size):
    text = Packed.of(ROWS, Text())
    assert torch.cat(list(text.chunks(torch.tensor([1, 0]), size))).tolist() == [4, 1, 2, 3]
    assert torch.cat(list(stacked().chunks(torch.tensor([1]), size))).tolist() == [[3, 4]]
