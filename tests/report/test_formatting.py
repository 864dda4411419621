import pytest

from mmfusion.report import formatting
from mmfusion.report.configs import ABSENT
from mmfusion.report.statistics import Interval


def test_short_keys():
    assert formatting.short_keys(["data.rows.train"]) == {"data.rows.train": "rows.train"}
    assert formatting.short_keys(["optimizer.lr", "fusion.dim", "encoder.image.dim", "encoder.image", "task.sum"]) == {
        "optimizer.lr": "lr",
        "fusion.dim": "fusion.dim",
        "encoder.image.dim": "encoder.image.dim",
        "encoder.image": "encoder.image",
        "task.sum": "task.sum",
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (ABSENT, "–"),
        (None, "null"),
        (True, "true"),
        (0.001, "0.001"),
        (0.0031000512, "0.0031"),
        (12345.0, "12345"),
        (1e-05, "1e-05"),
        (3, "3"),
        ([1, "a"], "[1, a]"),
        ({"a": 0.5}, "{a: 0.5}"),
    ],
)
def test_setting(value, text):
    assert formatting.setting(value) == text


def test_different_numbers_look_different_in_a_column():
    assert formatting.settings_column([0.1000001, 0.2, None]) == ["0.1", "0.2", "null"]
    assert formatting.settings_column([0.1000001, 0.1000002, None]) == ["0.1000001", "0.1000002", "null"]
    assert formatting.settings_column([1, 2.0, "a"]) == ["1", "2", "a"]


def test_label_and_brief():
    assert formatting.label({"fusion": "gated", "optimizer.lr": 0.01}) == "fusion=gated, lr=0.01"
    assert formatting.label({"a": 1, "b": 2, "c": 3}, limit=2) == "a=1, b=2 and 1 more"
    assert formatting.label({}) == "all runs"
    settings = {"fusion": "gated", "optimizer.lr": 0.01, "modality.placeholders": True}
    assert formatting.brief(settings) == "gated · lr 0.01 · placeholders true"


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (0.9123, 0.0114, "0.912 ± 0.011"),
        (0.9123, 0.0004, "0.9123 ± 0.0004"),
        (0.9123, 0.000001, "0.91230 ± 0.00000"),
        (12.34, 1.2, "12.34 ± 1.20"),
        (12345.6, 210.0, "12346 ± 210"),
        (0.00618, 0.0001, "0.00618 ± 0.00010"),
        (0.5, None, "0.500"),
        (0.0, 0.0, "0.000 ± 0.000"),
        (-0.00001, 0.1, "0.000 ± 0.100"),
    ],
)
def test_mean_and_interval(mean, half, text):
    found = Interval(mean, half, 5)
    largest = Interval(0.5, None, 1) if abs(mean) < 1e-4 and half else found
    assert formatting.plus_minus(found, formatting.decimals([found, largest])) == text


def test_nothing_is_a_dash():
    assert formatting.plus_minus(None, 3) == "–"
    assert formatting.p_value(None) == "–"
    assert formatting.decimals([None]) == 3


def test_units():
    assert [formatting.p_value(p) for p in (0.0412, 0.0002, 1.0)] == ["0.041", "< 0.001", "1.000"]
    times = {0.0851: "85.1 ms", 3.21: "3.2 s", 49: "49 s", 720: "12 min", 12240: "3.4 h"}
    assert {value: formatting.seconds(value) for value in times} == times
    assert [formatting.count(n) for n in (12, 794_596, 12.3e6, 7e9)] == ["12", "795 k", "12.3 M", "7 G"]
    assert [formatting.size(n) for n in (2**29, 1.3 * 2**30)] == ["512 MiB", "1.3 GiB"]
