import threading
import time

import pytest
import torch

from mmfusion.data.decode.parallel import TRIES, decoded, first_decoded, read_all
from mmfusion.data.decode.paths import PathError
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.cells import Cells


class Odd(Text):
    """Numbers as texts; some are broken, and each may take its time."""

    def __init__(self, seconds=0.0):
        super().__init__()
        self.seconds, self.threads = seconds, set()

    def decode_all(self, cells):
        return None

    def decode(self, cell, root):
        time.sleep(self.seconds)
        self.threads.add(threading.current_thread().name)
        if cell % 10 == 9:
            raise DecodeError(f"{cell}: broken")
        return torch.tensor([cell], dtype=torch.int32)


@pytest.mark.parametrize("seconds", [0.0, 0.003])
def test_in_order_with_errors_in_their_place(seconds):
    kind = Odd(seconds)
    result = list(decoded(kind, Cells([list(range(75))]), None))
    assert [str(x) if isinstance(x, DecodeError) else int(x) for x in result] == [
        f"{i}: broken" if i % 10 == 9 else i for i in range(75)
    ]


def test_slow_cells_are_decoded_in_threads_and_fast_ones_are_not(monkeypatch):
    monkeypatch.setattr("mmfusion.data.decode.parallel.usable_cores", lambda: 2)
    slow, fast = Odd(0.005), Odd()
    list(decoded(slow, Cells([list(range(60))]), None))
    list(decoded(fast, Cells([list(range(60))]), None))
    assert any(name.startswith("decode") for name in slow.threads)
    assert fast.threads == {threading.current_thread().name}


def test_broken_cells_are_blank_and_named():
    packed, broken = read_all(Odd(), Cells([[8, 9, 10]]), None, "reading")
    assert broken == {1: "9: broken"}
    assert packed.lengths.tolist() == [1, 0, 1, 0]
    assert packed.values.tolist() == [8, 10]


def test_stop_at_the_first():
    kind = Odd()
    _, broken = read_all(kind, Cells([[9, 19, 29]]), None, "", stop=True)
    assert list(broken) == [0]


def test_a_broken_cell_does_not_widen_the_others():
    class Half(Speech):
        def decode(self, cell, root):
            if cell is None:
                raise DecodeError("broken")
            return torch.tensor([cell])

    packed, _ = read_all(Half(), Cells([[0.5, None]]), None, "")
    assert packed.values.dtype == torch.float32
    assert packed.values.tolist() == [0.5]


def test_bulk_comes_in_parts(monkeypatch):
    monkeypatch.setattr("mmfusion.data.decode.parallel.BULK", 2)
    kind = Text()
    kind.fit(["a b c"], None)
    packed, _ = read_all(kind, Cells([["a b", "c", "b b b"]]), None, "reading")
    assert packed.values.tolist() == [2, 3, 4, 3, 3, 3]
    assert packed.lengths.tolist() == [2, 1, 3, 0]
    assert packed.starts.tolist() == [0, 2, 3, 6]
    table = Tabular(numeric=["x"])
    table.fit([["1"], ["3"]], None)
    packed, _ = read_all(table, Cells([["1", "3", "1"]]), None, "")
    assert packed.values.tolist() == [[-1.0], [1.0], [-1.0], [0.0]]


def test_nothing_to_read():
    packed, broken = read_all(Text(), Cells([[]]), None, "reading")
    assert len(packed) == 0
    assert broken == {}


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
    assert first_decoded(kind, [None, None, 7, 8], None) == (2, torch.tensor([7]))
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
