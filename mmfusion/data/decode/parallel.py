"""Decoding many cells: in bulk where the kind can, in threads where a file takes long, with a progress bar."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from torch import Tensor
from torch.utils.data import get_worker_info

from mmfusion.batch import Tokens
from mmfusion.data.batches.packed import Packed
from mmfusion.data.decode.paths import PathError, Root
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds._base import Kind
from mmfusion.data.table.cells import Cells
from mmfusion.hardware import usable_cores
from mmfusion.progress import track

PROBE = 32
"""Cells decoded one by one to see how long one takes."""

SLOW = 2e-3
"""Seconds a cell above which threads pay: below, they only wait for Python's lock."""

BULK = 20_000
"""Cells that a kind which can is given at once."""

TRIES = 100
"""Broken media in a row before a kind gives up learning a shape from them."""

Decoded = Tensor | DecodeError


def read_all(kind: Kind, cells: Cells, root: Root, label: str, *, stop: bool = False) -> tuple[Packed, dict[int, str]]:
    """The rows of cells, none of them empty, and the places of those that cannot be decoded (blank), with the reason.

    `label` is what the progress bar says, no bar if empty; `stop` reads no further than the first that is broken.
    """
    whole = _in_bulk(kind, cells, label)
    if whole is not None:
        return whole, {}
    rows: list[Tensor | None] = []
    broken: dict[int, str] = {}
    stream = decoded(kind, cells, root)
    for place, row in enumerate(track(stream, len(cells), label) if label else stream):
        if isinstance(row, DecodeError):
            broken[place] = str(row)
            rows.append(None)
            if stop:
                break
        else:
            rows.append(row)
    return Packed.of(rows, kind), broken


def _in_bulk(kind: Kind, cells: Cells, label: str) -> Packed | None:
    parts: list[Tensor | Tokens] = []
    starts = range(0, len(cells), BULK)
    for start in track(starts, len(starts), label) if label else starts:
        part = kind.decode_all(cells[start : start + BULK])
        if part is None:
            return None
        parts.append(part)
    return Packed.joined(parts, kind) if parts else None


def decoded(kind: Kind, cells: Cells, root: Root) -> Iterator[Decoded]:
    """Each cell's tensor, in order, or the error that it gave."""

    def one(place: int) -> Decoded:
        try:
            return kind.decode(cells[place], root)
        except DecodeError as error:
            return error

    began = time.perf_counter()
    for place in range(min(PROBE, len(cells))):
        yield one(place)
    rest = range(min(PROBE, len(cells)), len(cells))
    threads = 1 if get_worker_info() is not None else min(8, usable_cores())
    if not rest or threads == 1 or (time.perf_counter() - began) / PROBE < SLOW:
        yield from map(one, rest)
        return
    # A few at a time: the pool would otherwise run ahead of whoever consumes, and fill the memory.
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        for start in range(rest.start, rest.stop, 16 * threads):
            yield from pool.map(one, range(start, min(start + 16 * threads, rest.stop)))


def first_decoded(kind: Kind, cells: Sequence[Any], root: Root) -> tuple[int, Tensor]:
    """The place of the first cell that can be decoded, and its tensor, from which kinds learn their shape.

    What `loader.on_error` says of broken media is decided later. A path outside the root is passed over too: training
    has refused it before, and `mmfusion validate` lists them all. If none of the first few can be, their last error.

    Raises:
        DataError: none of the first few can.
    """
    last: DataError = DecodeError(f"no training row has {kind.columns}, so its shape cannot be learned")
    for place in range(min(len(cells), TRIES)):
        try:
            return place, kind.decode(cells[place], root)
        except (DecodeError, PathError) as error:
            last = error
    raise last
