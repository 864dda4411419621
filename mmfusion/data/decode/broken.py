"""Files that cannot be read: whatever goes wrong, as the one error that a policy for broken media knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mmfusion.data.decode.paths import Root, likely_meant
from mmfusion.data.errors import DataError, DecodeError

VIDEO = (
    "videos are not read; take frames (ffmpeg -i clip.mp4 -vf fps=1 clip-%d.png) and name them in a column of images, "
    "the sound (ffmpeg -i clip.mp4 clip.wav) in one of speech, or a network's features of each video (.npy) in one of "
    "features"
)

SUFFIXES = {
    "video": (".mp4", ".m4v", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv", ".mts"),
    "picture": (".gif", ".heic", ".heif", ".avif", ".svg", ".jp2", ".dcm", ".dicom"),
    "recording": (".m4a", ".aac", ".wma", ".amr"),
    "document": (".pdf", ".docx", ".doc", ".html"),
}
"""What it is to the suffixes of such files."""

ADVICE = {
    "video": VIDEO,
    "picture": "pictures of this format are not read; convert them to PNG or JPEG and name those files",
    "recording": "recordings of this format are not read; convert them (ffmpeg -i a.m4a a.wav) and name those files",
    "document": "documents are not read; put their text into a column of the table",
}


def advice_on(name: str) -> str:
    """What to add to the message that a file cannot be read, if it is of such a kind."""
    what = next((what for what, suffixes in SUFFIXES.items() if name.lower().endswith(suffixes)), None)
    return f"; {ADVICE[what]}" if what else ""


@contextmanager
def decoding(name: str, root: Root = None) -> Iterator[None]:
    """Inside the block, a file that is missing or damaged is a `DecodeError`, whatever a library raises for it.

    Libraries raise much beside `OSError` and `ValueError` for damaged bytes (`struct.error`, `zlib.error`, `KeyError`,
    `ZeroDivisionError`, …); one that slipped through would end a training whose policy is to go on, and name no row.
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
