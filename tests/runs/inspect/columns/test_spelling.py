import polars as pl
import pytest

from mmfusion.runs.inspect.columns.spelling import looks_like_codes, looks_like_numbering


@pytest.mark.parametrize(
    ("values", "weight"),
    [
        ([f"P{i:03}" for i in range(20)], 2.0),
        ([f"subj-{i}" for i in range(20)], 1.5),
        ([f"{'KMT'[i % 3]}-{i}" for i in range(20)], 1.5),
        ([f"患者{i:02}" for i in range(20)], 2.0),
        ([f"{i}_{i * 7:05}" for i in range(20)], 1.5),
        ([f"{i * 2654435761 % 2**32:08x}" for i in range(1, 40)], 2.0),
        ([f"{i:02}" for i in range(20)], 1.5),
        ([str(i) for i in range(20)], None),
        ([f"{i} mg" for i in range(20)], None),
        ([f"2024-01-{i:02}" for i in range(1, 20)], None),
        ([f"1{i}:30" for i in range(10)], None),
        (["ann", "bob", "eve"], None),
    ],
)
def test_codes(values, weight):
    evidence = looks_like_codes(pl.Series(values).sort())
    assert (evidence and evidence[0]) == weight
    assert evidence is None or evidence[1].startswith("codes like '")


@pytest.mark.parametrize(
    ("values", "evidence"),
    [
        (range(1, 25), (0.5, "numbered from 1")),
        ([f"{i}.0" for i in range(1, 25)], (0.5, "numbered from 1")),
        ([i + 0.5 for i in range(24)], None),
        (range(0, 48, 2), None),
        (range(30_000, 60_000, 1000), (1.0, "numbers like 30000")),
        (range(1990, 2020), None),
        (range(3), None),
    ],
)
def test_numberings(values, evidence):
    assert looks_like_numbering(pl.Series([str(value) for value in values])) == evidence
    assert looks_like_numbering(pl.Series(["a", "b"])) is None
