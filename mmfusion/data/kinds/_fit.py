"""What several kinds do when they are fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from torch import Tensor

from mmfusion.data.decode.paths import PathError, Root
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds._base import Kind

TRIES = 100
"""Broken media in a row before a kind gives up learning a shape from them."""

SOME = 32
"""Training rows that are read for an offset."""


def some_rows(read: Callable[[Any, Root], np.ndarray], cells: Sequence[Any], root: Root) -> Iterator[np.ndarray]:
    """A few of the cells' arrays, spread over all; those that cannot be read are left out, and found later."""
    for i in np.unique(np.linspace(0, len(cells) - 1, SOME).astype(np.int64)).tolist():
        with suppress(DecodeError, PathError):
            yield read(cells[i], root)


def first_decoded(kind: Kind, cells: Sequence[Any], root: Root) -> Tensor:
    """The first cell that can be decoded: what `loader.on_error` says of broken ones is decided later.

    A path outside the root is passed over too: training has refused it before, and `mmfusion validate` lists them all.

    Raises:
        DataError: none of the first few can.
    """
    last: DataError = DecodeError(f"no training row has {kind.columns}, so its shape cannot be learned")
    for i in range(min(len(cells), TRIES)):
        try:
            return kind.decode(cells[i], root)
        except (DecodeError, PathError) as error:
            last = error
    raise last
