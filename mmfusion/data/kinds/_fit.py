"""The first training row, from which several kinds learn their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mmfusion.data.decode.paths import PathError, Root
from mmfusion.data.errors import DataError, DecodeError
from mmfusion.data.kinds._base import Kind

TRIES = 100
"""Broken media in a row before a kind gives up learning a shape from them."""


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
