"""Whatever goes wrong with a file, as the one error that a policy for broken media knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mmfusion.data.decode.paths import Root, likely_meant
from mmfusion.data.errors import DataError, DecodeError


@contextmanager
def decoding(name: str, root: Root = None) -> Iterator[None]:
    """Inside the block, a file that is missing or damaged is a `DecodeError`, whatever a library raises for it.

    Libraries raise much beside `OSError` and `ValueError` for damaged bytes (`struct.error`, `zlib.error`, `KeyError`,
    `ZeroDivisionError`, …); one that slipped through would end a training whose policy is to go on, and name no row.

    Args:
        name: what the cell calls the file.
        root: the folder or URL that it is relative to, for the message.

    Raises:
        DecodeError: anything but a `DataError`, which already says what is wrong, or a lack of memory.
    """
    try:
        yield
    except (DataError, MemoryError):
        raise
    except FileNotFoundError:
        meant = likely_meant(root, name)
        where = f"{'' if root is None else f' under {root}'}{meant and f'; {meant}'}"
        raise DecodeError(f"{name}: there is no such file{where}") from None
    except Exception as error:
        message = str(error) if isinstance(error, OSError | ValueError | SyntaxError) else repr(error)
        raise DecodeError(f"{name}: cannot be read: {message}") from None
