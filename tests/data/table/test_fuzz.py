"""Small mutations of good files either work or are refused with a sentence that names the file."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import polars as pl
import pytest
import soundfile
import yaml
from rich.console import Console

from mmfusion.config.errors import ConfigError
from mmfusion.data.errors import DataError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.series import Series
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.data.table.new_rows import read_rows
from mmfusion.runs.init import init, read_table
from mmfusion.runs.inspect.steps import plan_table
from tests.helpers import pairwise

SPLIT = {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}}
ROWS = [[f"r{i}", f'a "small" text, {i}; ünï', f"{i / 7:.3f}", ("cat", "dog")[i % 2]] for i in range(12)]


def csv_bytes(delimiter: str) -> bytes:
    quoted = [["id", "text", "x", "label"], *ROWS]
    rows = (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in quoted)
    return "\n".join(rows).encode() + b"\n"


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def flip(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def double(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    return b"".join([*lines[:place], lines[place], *lines[place:]])


def drop(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return b"".join(lines)


def insert(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    piece = rng.choice(
        [b'"', b"'", b"\0", b"\r", b"\n", b"\r\n", b"\xff", b",", b";", b"\t", b"{", b"[", b"\\", b"\x1a"]
    )
    return data[:place] + piece + data[place:]


def encode(data: bytes, rng: random.Random) -> bytes:
    bom = rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"sep=;\r\n", b"\n\n", b"\xef\xbb\xbf\xef\xbb\xbf"])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return bom + data
    return rng.choice([bom + data, text.encode("utf-16"), text.encode("latin-1", "replace"), text.encode("utf-32")])


def repeat(data: bytes, rng: random.Random) -> bytes:
    return data + data


MUTATIONS = (flip, truncate, double, drop, insert, encode, repeat)


def only_sentences(action: Callable[[], object], name: str) -> bool:
    """Whether the action works; where it does not, its error must be ours and name the file."""
    try:
        action()
    except (DataError, ConfigError) as error:
        if name in str(error):
            return False
        raise AssertionError(f"the message does not name {name}") from error
    return True


def look(path: Path) -> None:
    guess = read_table(path, {})
    plan_table(path.name, guess.columns, path.parent, unreadable=guess.unreadable)


FRAME = pl.DataFrame(ROWS, schema=["id", "text", "x", "label"], orient="row")
TABLES = {
    "a.csv": csv_bytes(","),
    "b.csv": csv_bytes(";"),
    "a.tsv": csv_bytes("\t"),
    "a.jsonl": FRAME.write_ndjson().encode(),
    "a.json": FRAME.write_json().encode(),
    "a.parquet": written(FRAME.write_parquet),
}
ROUNDS = 20 if pairwise.full else 3


@pytest.mark.parametrize("name", TABLES)
def test_tables(tmp_path, name):
    rng = random.Random(name)
    path = tmp_path / name
    worked = 0
    for _ in range(ROUNDS):
        for mutate in MUTATIONS:
            path.write_bytes(mutate(TABLES[name], rng))
            only_sentences(lambda: look(path), name)
            worked += only_sentences(lambda: read_rows(path, {"path": name}), name)
            source = ManifestSource(str(path), split=SPLIT, id="id")
            only_sentences(source.read, name)
    path.write_bytes(TABLES[name])
    assert only_sentences(lambda: look(path), name)
    assert worked


PICTURE = PIL.Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
WAVE = np.sin(np.arange(800) / 9)
MEDIA = {
    "a.png": (written(lambda file: PICTURE.save(file, "PNG")), Image(size=[8, 8])),
    "a.wav": (written(lambda file: soundfile.write(file, WAVE, 8000, format="WAV")), Speech(sample_rate=8000)),
    "a.npy": (written(lambda file: np.save(file, np.arange(12, dtype=np.float32).reshape(4, 3))), Features()),
    "a.csv": (b"t,x\n" + b"".join(b"%d,%d.5\n" % (i, i) for i in range(20)), Series()),
}


@pytest.mark.filterwarnings("ignore")  # what a library says of a damaged file beside reading it
@pytest.mark.parametrize("name", MEDIA)
def test_media(tmp_path, name):
    rng = random.Random(name)
    data, kind = MEDIA[name]
    path = tmp_path / name
    path.write_bytes(data)
    kind.fit([name], tmp_path)
    for _ in range(ROUNDS):
        for mutate in MUTATIONS:
            path.write_bytes(mutate(data, rng))
            only_sentences(lambda: kind.decode(name, tmp_path), name)


def is_broken(path: Path) -> bool:
    """Whether a file is no YAML: its own reader's error names the file then; of a wrong key, the key is named."""
    try:
        yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return True
    return False


def test_experiments(tmp_path, monkeypatch):
    from mmfusion.config.compose import load_config

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_bytes(csv_bytes(","))
    target = init("a.csv", console=Console(file=io.StringIO()))
    data = target.read_bytes()
    load_config(["experiment=a"])
    rng = random.Random(0)
    for mutate in MUTATIONS:
        for _ in range(2):
            target.write_bytes(mutate(data, rng))
            only_sentences(lambda: load_config(["experiment=a"]), "a.yaml" if is_broken(target) else "")
