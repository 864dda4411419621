import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.groups.evidence import apart, attribute_evidence, attributes, in_paths, places, prior

N = 240
WHO = [f"n{i // 6:02}" for i in range(N)]
TOGETHER = "rows of one value stand together"


def unique(values) -> pl.Series:
    return pl.Series(list(map(str, values))).unique().sort()


@pytest.mark.parametrize(
    ("name", "count", "weight"),
    [("x", 3, -2), ("x", 8, -1), ("x", 12, -0.5), ("x", 15, 0), ("x", 30, 0.5), ("age", 15, -1), ("年龄", 15, -0.5)],
)
def test_many_values_speak_for_a_group_and_few_against_it(name, count, weight):
    assert sum(points for points, _ in prior(name, unique([chr(97 + i) * 3 for i in range(count)]))) == weight


@pytest.mark.parametrize("name", ["patient", "patientid", "Speaker", "visit_id", "病人编号"])
def test_a_name_adds_to_it(name):
    assert (1.5, "named like one") in prior(name, unique([chr(97 + i) * 3 for i in range(15)]))


def test_rows_that_stand_together():
    who = pl.Series(WHO)
    assert places(who, unique(WHO)) == [(2.0, TOGETHER), (0.5, "6 rows each")]
    mixed = who.shuffle(seed=0)
    assert places(mixed, unique(WHO)) == [(0.5, "6 rows each")]
    years = pl.Series([str(2000 + i // 13) for i in range(N)])
    assert places(years, unique(years)) == [(1.0, TOGETHER)]  # sorted by a measurement


def test_values_that_are_in_one_split_each():
    splits = pl.Series(["train"] * 180 + ["test"] * 60)
    assert apart(pl.Series(WHO), splits) == [(3.0, "no value is in two splits")]
    assert apart(pl.Series(WHO).shuffle(seed=0), splits) == []
    assert apart(pl.Series([str(i) for i in range(N)]), splits) == []  # each row of its own is always in one


def test_attributes_are_the_same_in_all_rows_of_one_value():
    generator = np.random.default_rng(0)
    group = Coded.of(pl.Series(WHO))
    place = np.arange(N) // 6
    others = {
        "sex": Coded.of(pl.Series(generator.integers(0, 2, 40)[place].astype(str))),
        "height": Coded.of(pl.Series(generator.normal(170, 10, 40)[place])),
        "name": Coded.of(pl.Series([f"person {i}" for i in place])),  # of its own for each: another name of it
        "noise": Coded.of(pl.Series(generator.integers(0, 2, N).astype(str))),
    }
    assert attributes(group, others) == ["sex", "height"]
    shared = {name: others[name] for name in ("sex", "height")}
    assert attribute_evidence(group, shared) == [(2.5, "`sex`, `height` the same in all rows of one value")]
    assert attribute_evidence(group, {}) == []


def test_values_that_stand_in_their_rows_paths():
    paths = pl.Series([f"clips/Actor_{value}/{i}.wav" for i, value in enumerate(WHO)])
    assert in_paths(pl.Series(WHO), [paths]) == [(1.0, "each stands in its row's path")]
    assert in_paths(pl.Series(WHO).shuffle(seed=0), [paths]) == []
    assert in_paths(pl.Series(["7", "12"]), [pl.Series(["a_007/x.png", "a_012/x.png"])]) != []
    assert in_paths(pl.Series(["7", "12"]), [pl.Series(["a_0071/x.png", "a_012/x.png"])]) == []
