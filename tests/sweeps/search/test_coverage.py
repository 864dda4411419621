import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.coverage import covering
from mmfusion.sweeps.search.space import build_space


def space(typed=(), written=None):
    return build_space(typed, written, lambda key: None)[0]


def test_without_conditions_there_are_as_many_points_as_the_key_with_most_options():
    points = covering(space(["lr=interval(1, 2)", "a=x,y,z", "n=range(1, 2)"]))
    assert [tuple(point.values()) for point in points] == [(1.0, "x", 1), (2.0, "y", 1), (1.0, "z", 1)]


def test_a_key_is_set_for_the_sake_of_one_that_depends_on_it_by_another():
    written = {
        "a": "1,2,3",
        "b": {"space": "x,y", "when": "a=3"},
        "c": {"space": "p,q", "when": "b=y"},
    }
    assert covering(space(written=written)) == [
        {"a": 1},
        {"a": 2},
        {"a": 3, "b": "x"},
        {"a": 3, "b": "y", "c": "p"},
        {"a": 3, "b": "y", "c": "q"},
    ]


def test_every_option_and_both_ends_stand_in_some_point():
    own = space(
        ["lr=interval(1, 2)"],
        {
            "fusion": "concat,gated,sum",
            "fusion.dim": {"space": "choice(64, 128, 256, 512)", "when": "fusion=sum,gated"},
            "fusion.x": {"space": "a,b", "when": "fusion.dim=128"},
        },
    )
    points = covering(own)
    for entry in own.entries:
        assert {point.get(entry.name) for point in points} >= set(entry.values.extremes()), entry.name
    assert points[0] == {"fusion": "concat", "lr": 1.0}
    assert len(points) <= 8


def test_a_key_further_down_may_narrow_what_those_above_are():
    written = {
        "a": "1,2",
        "k": {"space": "p,q", "when": "a=1,2"},
        "e": {"space": "x,y", "when": ["a=2", "k=p"]},
    }
    points = covering(space(written=written))
    assert {"a": 2, "k": "p", "e": "x"} in points
    assert {"a": 2, "k": "p", "e": "y"} in points


def test_conditions_that_exclude_one_another_are_refused():
    written = {"a": "1,2", "b": {"space": "x,y", "when": ["a=1", "a=2"]}}
    with pytest.raises(ConfigError, match=r"hydra.sweeper.space.b: its conditions never hold together"):
        covering(space(written=written))
