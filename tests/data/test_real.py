"""The data beside the checkout, where it is."""

import polars as pl
import torch

from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.speech import Speech
from mmfusion.data.kinds.text import Text
from mmfusion.data.table.table import Table
from tests.data.media import Reader, make_data


def table(path, limit=120):
    rows = pl.read_csv(path, infer_schema=False)
    rows = rows.group_by("split", maintain_order=True).head(limit)
    columns = {name: rows[name] for name in rows.columns}
    return Table(
        path.name, columns, rows["split"].to_list(), rows["id"].to_list(), range(2, len(rows) + 2), path.parent
    )


def test_digits_with_holes(shared_data):
    kinds = {"image": Image(channels=1), "speech": Speech(sample_rate=8000, seconds=1.0), "text": Text()}
    data = make_data(
        table(shared_data / "digits3" / "agree_with_holes.csv"),
        kinds=kinds,
        transforms={},
        labels={"digit": Reader()},
        batch_size=32,
    )
    data.setup()
    assert [len(data.rows(split)) for split in ("train", "val", "test")] == [120] * 3
    assert 0.7 < data.rows("train").present()["speech"].float().mean() < 0.95
    assert kinds["image"].size == (28, 28)
    rows = 0
    for batch in data.train_dataloader():
        rows += len(batch)
        assert batch.inputs["speech"].values.shape[1] <= 8000
        assert all(x.isfinite().all() for x in (batch.inputs["image"], batch.inputs["speech"].values))
        assert torch.stack(list(batch.present.values())).any(0).all()
    assert rows == 120
