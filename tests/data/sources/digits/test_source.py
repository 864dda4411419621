import numpy as np
import pytest

from mmfusion.data.sources.digits.ceiling import ORDER, absence
from mmfusion.data.sources.digits.source import Digits

ROWS = {"train": 60, "val": 20, "test": 20}


@pytest.fixture
def bare(monkeypatch):
    """Digits without pictures and sounds, for tests that need many rows."""
    monkeypatch.setattr("mmfusion.data.sources.digits.source.draw_digits", lambda digits, *_: [None] * len(digits))
    monkeypatch.setattr("mmfusion.data.sources.digits.source.speak", lambda digits, *_: [None] * len(digits))


def test_columns_splits_and_targets():
    table = Digits(ROWS).read()
    assert len(table) == 100
    assert [len(table.where(split)) for split in ("train", "val", "test")] == [60, 20, 20]
    assert len(set(table.ids)) == 100
    for i in range(100):
        digits = {name: table.columns[f"{name}_digit"][i] for name in ORDER}
        assert table.columns["sum"][i] == sum(digits.values())
        best = max(digits.values())
        assert table.columns["largest"][i] == next(name for name in ORDER if digits[name] == best)
        assert table.columns["image"][i].shape == (32, 32)
        assert table.columns["speech"][i].dtype == np.int16
        assert isinstance(table.columns["text"][i], str)


def test_digits_are_uniform_and_independent(bare):
    table = Digits({"train": 3000}).read()
    digits = np.array([table.columns[f"{name}_digit"] for name in ORDER])
    assert np.abs(np.corrcoef(digits) - np.eye(3)).max() < 0.06
    for item in digits:
        assert np.bincount(item, minlength=10) == pytest.approx(300, abs=80)


def same(a, b) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_the_seed_decides_everything_and_options_disturb_nothing_else():
    plain, again, other = Digits(ROWS).read(), Digits(ROWS).read(), Digits(ROWS, seed=1).read()
    for name in plain.columns:
        assert same(plain.columns[name], again.columns[name])
        assert not same(plain.columns[name], other.columns[name])
    changed = Digits(ROWS, noise={"image": 0.3, "speech": 0.7}, absent={"text": 0.5}, unlabelled={"sum": 0.5}).read()
    for name in set(plain.columns) - {"image", "text", "sum"}:
        assert same(plain.columns[name], changed.columns[name])
    for name in ("image", "text", "sum"):
        assert not same(plain.columns[name], changed.columns[name])
    more = Digits({**ROWS, "test": 25}).read()
    assert same(
        [plain.columns["sum"][i] for i in plain.where("val")], [more.columns["sum"][i] for i in more.where("val")]
    )


@pytest.mark.parametrize("rates", [{"image": 0.3, "speech": 0.1}, dict.fromkeys(ORDER, 0.8), dict.fromkeys(ORDER, 1.0)])
def test_absences_have_their_rates_and_no_row_lacks_all(rates):
    source = Digits({"train": 1}, absent=rates)
    present = ~source._lacking(np.random.default_rng(0), 4000)
    assert present.any(1).all()
    for subset, share in absence(rates).items():
        result = (present == [name in subset for name in ORDER]).all(1).mean()
        assert result == pytest.approx(share, abs=0.03)


def test_absent_cells_and_missing_labels_are_empty():
    table = Digits(ROWS, absent={"speech": 0.4}, unlabelled={"largest": 0.5}).read()
    for split in ("train", "val", "test"):
        rows = table.where(split)
        assert 0.1 < np.mean([table.columns["speech"][i] is None for i in rows]) < 0.7
        missing = np.mean([table.columns["largest"][i] is None for i in rows])
        assert 0.3 < missing < 0.7 if split == "train" else missing == 0
    assert None not in table.columns["sum"]


def test_ceiling_follows_the_absences_and_ignores_strangers():
    source = Digits(ROWS, absent={"image": 0.5})
    assert source.ceiling(frozenset(ORDER))["sum"]["mae"] == pytest.approx(0.5 * 2.5)
    assert source.ceiling(frozenset({"text", "vitals"})) == source.ceiling(frozenset({"text"}))
    assert source.ceiling(frozenset({"vitals"})) == {}
