import pytest
import torch

from mmfusion.data.decode.paths import PathError
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds._fit import TRIES, first_decoded
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.text import Text


class Counted(Text):
    """Cells are numbers; `None` is broken."""

    def __init__(self):
        super().__init__("note")
        self.seen = 0

    def decode(self, cell, root):
        self.seen += 1
        if cell is None:
            raise DecodeError(f"the {self.seen}th is broken")
        return torch.tensor([cell])


def test_the_first_that_can_be_decoded_and_no_more():
    kind = Counted()
    assert first_decoded(kind, [None, None, 7, 8], None).tolist() == [7]
    assert kind.seen == 3


def test_giving_up_tells_of_the_last():
    kind = Counted()
    with pytest.raises(DecodeError, match=f"the {TRIES}th is broken"):
        first_decoded(kind, [None] * (10 * TRIES), None)
    assert kind.seen == TRIES


def test_no_cells_at_all():
    with pytest.raises(DataError, match=r"no training row has \['note'\]"):
        first_decoded(Counted(), [], None)


def test_paths_outside_the_root_are_passed_over_but_told_of_in_the_end(tmp_path):
    with pytest.raises(PathError, match="outside the media root"):
        first_decoded(Image(), ["gone.png", "../a.png"], tmp_path)
