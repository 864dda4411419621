"""Whether a column's cells are paths of media, and what the headers of a few of these files say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

SUFFIXES = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"),
    "speech": (".wav", ".flac", ".ogg", ".mp3", ".opus"),
    "array": (".npy", ".npz"),
    "series": (".csv", ".tsv"),
}
"""Kind to the suffixes of its files; what an array is, its shape says."""

LOOKED_FOR = 200
"""Cells whose file is looked for."""

OPENED = 40
"""Files whose header is read."""

_KIND_OF = {suffix: kind for kind, suffixes in SUFFIXES.items() for suffix in suffixes}
_GREY = ("1", "L", "I;16", "I;16B", "I", "LA")


@dataclass(frozen=True)
class Media:
    """A column of paths.

    Attributes:
        kind: image, speech, features or series.
        suffixes: those that occur, commonest first.
        looked_for: cells whose file was looked for.
        found: those that lie under the root.
        missing: one that does not.
        arguments: what the files suggest for the modality's options.
        said: what the headers say, in words.
    """

    kind: str
    suffixes: list[str]
    looked_for: int
    found: int
    missing: str | None
    arguments: dict[str, Any] = field(default_factory=dict)
    said: str = ""


def look(cells: Sequence[Any], root: Path) -> Media | None:
    """A column of paths, or None if it is none: at least nine of ten filled cells end like a media file of one kind."""
    if not isinstance(cells, pl.Series) or cells.dtype != pl.String:
        return None
    present = cells.drop_nulls()
    if not len(present):
        return None
    suffixes = present.str.extract(r"(\.\w+)$").str.to_lowercase()
    kinds = Counter(_KIND_OF[s] for s in suffixes.to_list() if s in _KIND_OF)
    if not kinds or kinds.most_common(1)[0][1] < 0.9 * len(present):
        return None
    kind = kinds.most_common(1)[0][0]
    distinct = present.unique(maintain_order=True)
    sample = distinct.gather_every(max(1, len(distinct) // LOOKED_FOR)).head(LOOKED_FOR).to_list()
    files = {cell: root / cell for cell in sample}
    missing = [cell for cell, file in files.items() if not file.is_file()]
    there = [file for file in files.values() if file.is_file()]
    arguments, said, kind = _headers(kind, there[:: max(1, len(there) // OPENED)][:OPENED])
    common = [s for s, _ in Counter(s for s in suffixes.to_list() if s).most_common(4)]
    return Media(kind, common, len(sample), len(there), missing[0] if missing else None, arguments, said)


def _headers(kind: str, files: list[Path]) -> tuple[dict[str, Any], str, str]:
    """Options, words, and the kind (an array's shape decides whether it is features or a series)."""
    if kind == "image":
        return *_images(files), kind
    if kind == "speech":
        return *_sounds(files), kind
    if kind == "array":
        return _arrays(files)
    return {}, "", kind


def _images(files: list[Path]) -> tuple[dict[str, Any], str]:
    import PIL.Image

    sizes: Counter[tuple[int, int]] = Counter()
    grey = True
    for file in files:
        try:
            with PIL.Image.open(file) as image:
                sizes[image.size] += 1
                grey &= image.mode in _GREY
        except (OSError, ValueError, PIL.Image.DecompressionBombError):
            continue
    if not sizes:
        return {"size": [128, 128]}, "no header could be read"
    (width, height), _ = sizes.most_common(1)[0]
    one_size = len(sizes) == 1 and max(width, height) <= 256
    said = f"{width}×{height}" if len(sizes) == 1 else f"{len(sizes)} sizes in {sum(sizes.values())} files"
    size = [height, width] if one_size else [128, 128]
    return {"size": size, "channels": 1 if grey else 3}, said + (", grey" if grey else ", colour")


def _sounds(files: list[Path]) -> tuple[dict[str, Any], str]:
    import soundfile

    rates: Counter[int] = Counter()
    longest = 0.0
    for file in files:
        try:
            info = soundfile.info(str(file))
        except (soundfile.SoundFileError, OSError):
            continue
        rates[info.samplerate] += 1
        longest = max(longest, info.duration)
    if not rates:
        return {"sample_rate": 16000}, "no header could be read"
    rate = min(rates.most_common(1)[0][0], 16000)
    said = f"{', '.join(map(str, sorted(rates)))} Hz, up to {longest:.1f} s"
    return {"sample_rate": rate, "seconds": float(min(max(1, round(longest + 0.49)), 10))}, said


def _arrays(files: list[Path]) -> tuple[dict[str, Any], str, str]:
    import numpy as np

    shapes: list[tuple[int, ...]] = []
    for file in files:
        try:
            loaded = np.load(file, mmap_mode="r", allow_pickle=False)
            shapes.append(tuple(loaded.shape) if isinstance(loaded, np.ndarray) else loaded[loaded.files[0]].shape)
        except (OSError, ValueError, EOFError, IndexError):
            continue
    if not shapes:
        return {}, "no header could be read", "features"
    sequence = len(shapes[0]) == 2
    # A sequence of a few channels is a sensor's; one of many is what some network made of something.
    kind = "series" if sequence and shapes[0][1] < 64 else "features"
    return {}, f"shape {list(shapes[0])}", kind
