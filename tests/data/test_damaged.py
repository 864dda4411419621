"""Damaged files of which libraries raise anything, under each policy for broken media."""

import io

import numpy as np
import PIL.Image
import pytest
from rich.console import Console

from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from mmfusion.runs.validate import validate
from tests.data.media import make_data

ROWS = 12
BROKEN = (3, 9)
LINES = [f"rows.csv, line {row + 2}, column 'vec', id row{row}: {row}.npz: cannot be read: " for row in BROKEN]


@pytest.fixture
def table(tmp_path):
    """Vectors, of which one in training cannot be inflated and one in validation has an archive's member misnamed."""
    generator = np.random.default_rng(0)
    for row in range(ROWS):
        np.savez_compressed(tmp_path / f"{row}.npz", x=generator.normal(size=100))
        PIL.Image.new("L", (4, 4), 20 * row).save(tmp_path / f"{row}.png", exif=b"II*\x00")
    squeezed = bytearray((tmp_path / "3.npz").read_bytes())
    squeezed[80:120] = b"\xff" * 40
    (tmp_path / "3.npz").write_bytes(squeezed)
    (tmp_path / "9.npz").write_bytes((tmp_path / "9.npz").read_bytes().replace(b"x.npy", b"x.nqy"))
    columns = {
        "vec": [f"{row}.npz" for row in range(ROWS)],
        "photo": [f"{row}.png" for row in range(ROWS)],
        "note": ["some words"] * ROWS,
        "label": ["ab"[row % 2] for row in range(ROWS)],
    }
    splits = ["train"] * 8 + ["val"] * 4
    return Table("rows.csv", columns, splits, [f"row{row}" for row in range(ROWS)], range(2, ROWS + 2), tmp_path)


def ready(table, **loader):
    data = make_data(table, {"vec": Features(), "note": Text(), "photo": Image(channels=1)}, {}, workers=0, **loader)
    data.setup()
    return data


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_raise_names_the_row(table, cache):
    with pytest.raises(DecodeError) as error:
        list(ready(table, cache=cache).train_dataloader())
    assert str(error.value).startswith(LINES[0])


@pytest.mark.parametrize("cache", ["memory", "none"])
@pytest.mark.parametrize("policy", ["skip", "absent"])
def test_skip_and_absent_go_on_and_count(table, cache, policy):
    data = ready(table, cache=cache, on_error=policy, max_error_rate=0.3)
    batches = [*data.train_dataloader(), *data.val_dataloader()]
    present = {id: bool(there) for batch in batches for id, there in zip(batch.ids, batch.present["vec"], strict=True)}
    whole = {f"row{row}": True for row in range(ROWS) if row not in BROKEN}
    assert present == whole | ({} if policy == "skip" else {f"row{row}": False for row in BROKEN})
    assert all(bool(batch.present["photo"].all()) for batch in batches)
    faulty = data.faulty()
    for split, line in zip(("train", "val"), LINES, strict=True):
        assert list(faulty[split]) == ["vec"]
        assert faulty[split]["vec"]["rows"] == 1
        assert faulty[split]["vec"]["first"][0].startswith(line)


def test_validate_lists_them_all(table, tmp_path):
    names = list(table.columns)
    cells = zip(table.splits, *(table.columns[name] for name in names), strict=True)
    (tmp_path / "rows.csv").write_text("\n".join(",".join(row) for row in [("split", *names), *cells]))
    cfg = {
        "seed": 0,
        "encoder": {"vec": {}, "photo": {}},
        "task": {"label": {"_target_": "mmfusion.tasks.classification.Classification"}},
        "data": {
            "_target_": "mmfusion.data.sources.manifest.ManifestSource",
            "path": str(tmp_path / "rows.csv"),
            "modalities": {"vec": {"kind": "features"}, "photo": {"kind": "image", "channels": 1}},
            "loader": {"workers": 0},
        },
    }
    report = validate(cfg, Console(file=io.StringIO()))
    assert [(row.modality, row.row, row.split) for row in report.unreadable] == [
        ("vec", 5, "train"),
        ("vec", 11, "val"),
    ]
    assert all("cannot be read" in row.why for row in report.unreadable)
