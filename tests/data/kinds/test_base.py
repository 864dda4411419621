"""What holds for every kind of modality."""

import importlib
import json

import numpy as np
import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.config.schema import own_components
from mmfusion.data.batches.packed import Packed
from mmfusion.data.table.cells import Cells

CELLS = {
    "image": [np.full((4, 5, 3), 30 * i, np.uint8) for i in range(4)],
    "text": ["a b", "b", "c a", "?!"],
    "speech": [np.full(5 + i, 0.1 * i, np.float32) for i in range(4)],
    "tabular": [("1", "x"), ("2", None), (None, "y"), ("4", "x")],
    "features": [np.array([i, -i], np.float32) for i in range(4)],
    "series": [np.full((2 + i, 3), i, np.float32) for i in range(4)],
}
NAMED = {"tabular": {"numeric": ["n"], "categorical": ["c"]}}


def build(name):
    module, _, target = own_components("kind")[name].rpartition(".")
    return getattr(importlib.import_module(module), target)(**NAMED.get(name, {"column": "col"}))


def fitted(name):
    kind = build(name)
    kind.fit(CELLS[name], None)
    rows = [kind.decode(cell, None) for cell in CELLS[name]]
    kind.measure(Packed.of(rows, kind).chunks(torch.arange(len(rows)), 2))
    return kind, rows


def test_every_kind_has_cells_here():
    assert set(CELLS) == set(own_components("kind"))


@pytest.mark.parametrize("name", CELLS)
def test_a_state_that_went_through_json_finishes_alike(name):
    kind, rows = fitted(name)
    other = build(name)
    other.load_state(json.loads(json.dumps(dict(kind.state()))))
    assert other.for_encoder() == kind.for_encoder()
    for cell, row in zip(CELLS[name], rows, strict=True):
        assert torch.equal(other.decode(cell, None), row)
    x, y = (item.finish(Packed.of(rows, item).gather(torch.arange(4), item.window, None)) for item in (kind, other))
    x, y = (item.values if isinstance(item, Tokens) else item for item in (x, y))
    assert torch.equal(x, y)


@pytest.mark.parametrize("name", CELLS)
def test_an_absent_cell_fits_between_others(name):
    kind, rows = fitted(name)
    assert kind.ragged == (len(kind.blank()) == 0)
    stored = Packed.of(rows, kind).gather(torch.tensor([-1, 0]), kind.window, None)
    x = kind.finish(stored)
    assert isinstance(x, Tokens) == kind.ragged
    if isinstance(x, Tokens):
        assert x.lengths.tolist() == [0, len(rows[0])]


@pytest.mark.parametrize("name", CELLS)
def test_decoding_all_at_once_if_a_kind_can_equals_one_by_one(name):
    kind, rows = fitted(name)
    columns = zip(*CELLS[name], strict=True) if name == "tabular" else [CELLS[name]]
    whole = kind.decode_all(Cells([list(column) for column in columns]))
    if whole is None:
        assert name not in ("text", "tabular")
    elif isinstance(whole, Tokens):
        assert torch.equal(whole.values, torch.cat(rows))
        assert whole.lengths.tolist() == [len(row) for row in rows]
    else:
        assert torch.equal(whole, torch.stack(rows))
