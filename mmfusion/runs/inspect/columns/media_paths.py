"""Whether a column's cells are paths of media, and what the headers of a few of these files say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from mmfusion.config.schema import file_suffixes
from mmfusion.data.decode.broken import SUFFIXES as UNREAD
from mmfusion.data.decode.paths import PathError, Place, is_remote, likely_meant, resolve_path
from mmfusion.data.table.decimals import is_text

LOOKED_FOR = 200  # cells whose file is looked for
OPENED = 40  # files whose header is read
_GREY = ("1", "L", "I;16", "I;16B", "I", "LA")


def _kind_of_suffix() -> dict[str, str]:
    """Suffix to the kind that reads such files; what is in an array, which several kinds read, its shape says."""
    kinds = {suffix: kind for kind, suffixes in UNREAD.items() for suffix in suffixes}
    for kind, suffixes in file_suffixes().items():
        kinds |= {suffix: "array" if suffix in kinds else kind for suffix in suffixes}
    return kinds


KIND_OF = _kind_of_suffix()


@dataclass(frozen=True)
class MediaColumn:
    """A column of paths."""

    kind: str  # image, speech, features, series, or one that is not read
    suffixes: list[str]  # those that occur, commonest first
    looked_for: int  # cells whose file was looked for
    present: int  # those that lie under the root
    missing: str | None  # why one of them does not: where it was looked for, or why it may not be a path
    arguments: dict[str, Any] = field(default_factory=dict)  # what the files suggest for the modality's options
    headers: str = ""  # what the files' headers say, in words


def look(cells: Sequence[Any], root: Place, known: str | None = None) -> MediaColumn | None:
    """A column of paths, or None if it is none: at least nine of ten filled cells end like a media file of one kind.

    Under a remote root nothing is looked for. If their kind is known it does not matter what the cells end like.
    """
    if not is_text(cells):
        return None
    present = cells.drop_nulls()
    suffixes = present.str.extract(r"(\.\w+)$").str.to_lowercase()
    likeliest = Counter(KIND_OF[s] for s in suffixes.to_list() if s in KIND_OF).most_common(1)
    if known is None and (not likeliest or likeliest[0][1] < 0.9 * len(present)):
        return None
    kind = known or likeliest[0][0]
    distinct = present.unique(maintain_order=True)
    sample = distinct.gather_every(max(1, len(distinct) // LOOKED_FOR)).head(LOOKED_FOR).to_list()
    there: list[Path] = []
    missing: list[str] = []
    for cell in [] if is_remote(root) else sample:
        try:
            file = Path(resolve_path(root, cell))
        except PathError as error:
            missing.append(str(error))
            continue
        if file.is_file():
            there.append(file)
        else:
            meant = likely_meant(root, cell)
            missing.append(f"not found: {file}" + (f"; {meant}" if meant else ""))
    arguments, headers, kind = _headers(kind, known, there[:: max(1, len(there) // OPENED)][:OPENED])
    common = [s for s, _ in Counter(s for s in suffixes.to_list() if s).most_common(4)]
    looked_for = len(there) + len(missing)
    return MediaColumn(kind, common, looked_for, len(there), missing[0] if missing else None, arguments, headers)


def _headers(kind: str, known: str | None, files: list[Path]) -> tuple[dict[str, Any], str, str]:
    """Options, words, and the kind (an array's shape decides whether it is features or a series)."""
    if kind in ("image", "speech"):
        return *(_images if kind == "image" else _sounds)(files), kind
    if kind == "array" or known in ("features", "series"):
        arguments, shown, guessed = _arrays(files)
        return arguments, shown, known or guessed
    return {}, "", kind


def _readable(files: list[Path], header: Callable[[Path], Any]) -> list[Any]:
    """The headers that can be read: damaged bytes raise anything; `mmfusion validate` says which files."""
    headers = []
    for file in files:
        with suppress(Exception):
            headers.append(header(file))
    return headers


def _images(files: list[Path]) -> tuple[dict[str, Any], str]:
    import PIL.Image

    def header(file: Path) -> tuple[tuple[int, int], bool]:
        with PIL.Image.open(file) as image:
            return image.size, image.mode in _GREY

    headers = _readable(files, header)
    if not headers:
        return {"size": [128, 128]}, "no header could be read"
    sizes = Counter(size for size, _ in headers)
    grey = all(is_grey for _, is_grey in headers)
    (width, height), _ = sizes.most_common(1)[0]
    one_size = len(sizes) == 1 and max(width, height) <= 256
    shown = f"{width}×{height}" if len(sizes) == 1 else f"{len(sizes)} sizes in {len(headers)} files"
    size = [height, width] if one_size else [128, 128]
    return {"size": size, "channels": 1 if grey else 3}, shown + (", grey" if grey else ", colour")


def _sounds(files: list[Path]) -> tuple[dict[str, Any], str]:
    import soundfile

    headers = _readable(files, lambda file: soundfile.info(str(file)))
    if not headers:
        return {"sample_rate": 16000}, "no header could be read"
    rates, longest = Counter(info.samplerate for info in headers), max(info.duration for info in headers)
    rate = min(rates.most_common(1)[0][0], 16000)
    shown = f"{', '.join(map(str, sorted(rates)))} Hz, up to {longest:.1f} s"
    return {"sample_rate": rate, "seconds": float(min(max(1, round(longest + 0.49)), 10))}, shown


def _arrays(files: list[Path]) -> tuple[dict[str, Any], str, str]:
    archives = _readable([file for file in files if file.suffix.lower() == ".npz"], _members)
    arguments: dict[str, Any] = {}
    which = ""
    if any(len(members) > 1 for members in archives):
        common = set(archives[0]).intersection(*archives)
        if not common:
            return {}, "archives of several arrays, none of which is in all of them: make it one a file", "features"
        arguments["key"] = max(sorted(common), key=lambda name: archives[0][name])
        which = f" of {arguments['key']!r}, the largest of the arrays {', '.join(sorted(archives[0]))}"
    shape = next((s for file in files for s in _readable([file], lambda f: _shape(f, arguments.get("key")))), None)
    if shape is None:
        return {}, "no header could be read", "features"
    # A sequence of a few channels is a sensor's; one of many is what some network made of something.
    return arguments, f"shape {list(shape)}{which}", "series" if len(shape) == 2 and shape[1] < 64 else "features"


def _members(archive: Path) -> dict[str, int]:
    """The arrays of an `.npz`, and their bytes."""
    with ZipFile(archive) as members:
        return {array.filename.removesuffix(".npy"): array.file_size for array in members.infolist()}


def _shape(file: Path, key: str | None) -> tuple[int, ...]:
    import numpy as np

    loaded = np.load(file, mmap_mode="r", allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded.shape
    with loaded:
        return loaded[key or loaded.files[0]].shape
