import json

import numpy as np
import polars as pl
import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.data.decode.arrays import as_tensor
from mmfusion.data.kinds._scale import Scale, moments
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.series import Series
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.table.cells import Cells


@pytest.mark.parametrize("sizes", [[10], [1, 9], [3, 0, 3, 4]])
def test_moments_do_not_depend_on_chunks(sizes):
    x = torch.randn(10, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1e6
    mean, deviation = moments(x.split(sizes))
    torch.testing.assert_close(mean, x.mean(0))
    torch.testing.assert_close(deviation, x.std(0, correction=0))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
@pytest.mark.parametrize("sizes", [[1000], [1, 333, 666]])
def test_constant_features_have_deviation_one_whatever_rounding_leaves(dtype, sizes):
    values = torch.tensor([0.1, -7.3, 1e4 / 3], dtype=torch.float64).expand(1000, 3)
    assert moments(values.to(dtype).split(sizes))[1].tolist() == [1.0, 1.0, 1.0]


def test_seconds_since_1970_within_an_hour_are_not_constant():
    x = 1.7e9 + torch.arange(60, dtype=torch.float64)[:, None]
    torch.testing.assert_close(moments([x])[1], x.std(0, correction=0))


def test_another_value_than_trainings_only_one_does_not_explode():
    scale = Scale()
    scale.fit([torch.full((100, 1), 0.1)])
    assert scale(torch.tensor([[0.3]])).abs() < 1


def test_scale_is_the_identity_until_fitted_or_if_disabled():
    x = torch.rand(4, 2)
    off = Scale(enabled=False)
    off.fit([x])
    assert torch.equal(off(x), x)
    assert torch.equal(Scale()(x), x)


OFFSETS = [(1.7e9, 58.0), (1.7e12, 20.0), (2459000.5, 0.05), (5.5e6, 0.8), (293.15, 5.0), (0.0, 1e-12), (0.0, 1e20)]


@pytest.mark.parametrize("kind", ["columns", "arrays", "sequences", "series", "csv", "table"])
@pytest.mark.parametrize(("offset", "spread"), OFFSETS)
def test_large_numbers_with_a_small_spread_are_scaled_as_in_float64(kind, offset, spread, tmp_path):
    values = offset + spread * np.random.default_rng(0).standard_normal((60, 2))
    expected = (values - values.mean(0)) / values.std(0)
    reader = {
        "columns": Features(columns=["a", "b"]),
        "arrays": Features("x"),
        "sequences": Features("x"),
        "series": Series("x"),
        "csv": Series("x"),
        "table": Tabular(["a", "b"]),
    }[kind]
    if kind in ("columns", "table"):
        cells = Cells([pl.Series([repr(x) for x in column]) for column in values.T.tolist()])
    elif kind == "csv":
        for i, part in enumerate(np.split(values, 4)):
            lines = ["a,b", *(f"{a!r},{b!r}" for a, b in part.tolist())]
            (tmp_path / f"{i}.csv").write_text("\n".join(lines) + "\n")
        cells = Cells([[f"{i}.csv" for i in range(4)]])
    else:
        cells = Cells([list(values) if kind == "arrays" else list(np.split(values, 4))])
    reader.fit(cells, tmp_path)
    one_by_one = [reader.decode(cell, tmp_path) for cell in cells]
    bulk = reader.decode_all(cells)
    if bulk is not None:
        torch.testing.assert_close(bulk, torch.stack(one_by_one))
    whole = torch.cat([torch.atleast_2d(x) for x in one_by_one])
    reader.measure([whole[:20], whole[20:]])
    again = Tabular(["a"]) if kind == "table" else type(reader)()
    again.load_state(json.loads(json.dumps(reader.state())))
    for item in (reader, again):
        result = item.finish(Tokens(whole[None], torch.tensor([60])) if reader.ragged else whole)
        result = result.values[0] if reader.ragged else result
        torch.testing.assert_close(result.double().numpy(), expected, rtol=1e-5, atol=2e-5)


def test_float32_files_and_ordinary_numbers_are_kept_as_they_are():
    scale = Scale()
    scale.choose_offset([np.array([1.7e9, 2.0], dtype=np.float32)] * 3)
    assert scale.offset is None
    scale.choose_offset([np.array([1.7e9 + i, 0.1 * i]) for i in range(9)])
    assert scale.offset == [1.7e9 + 4, 0.0]


def test_what_rounding_leaves_of_a_large_constant_is_no_deviation():
    scale = Scale()
    noisy = np.array([[0.1 + 0.2], [0.3], [0.1 + 0.2]])
    scale.choose_offset(noisy)
    scale.fit([as_tensor(noisy, "x", scale.offset)])
    assert scale.deviation == [1.0]


def test_without_standardising_what_float32_would_merge_is_refused():
    rows = [np.array([2459000.5 + i / 100, 20.0 + i]) for i in range(9)]
    with pytest.raises(ValueError, match=r"^standardize: false: float32 rounds day by up to 0\.08.* by 0\.0258"):
        Scale(enabled=False).choose_offset(rows, ["day", "degrees"])
    Scale(enabled=False).choose_offset([row[1:] for row in rows], ["degrees"])
    with pytest.raises(ValueError, match="float32 rounds feature 0 by"):
        Series("x", standardize=False).fit([np.stack(rows)], None)


def test_what_an_earlier_mmfusion_had_fitted_still_loads():
    scale = Scale()
    scale.load_state({"mean": [1.0], "deviation": [2.0]})
    assert scale(torch.tensor([[5.0]])).item() == 2.0
