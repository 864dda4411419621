import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.space import build_space

FUSION = {"fusion": "gated,sum"}
FIXED = {"fusion": "concat", "trainer.max_epochs": "8"}


def build(typed=(), written=None):
    return build_space(typed, written, FIXED.get)


def first(space):
    """The first option of everything."""
    return space.ask(lambda entry: entry.values.extremes()[0])


def choose(space, **wanted):
    return space.ask(lambda entry: wanted.get(entry.name, entry.values.extremes()[0]))


def test_the_command_line_and_the_config_together():
    space, base = build(
        [
            "optimizer.lr=tag(log, interval(1e-4, 1e-2))",
            "seed=3",
            "~encoder.speech",
            "+task@task.age=regression,binary",
        ],
        {
            "head.dropout": "range(0, 0.3, step=0.1)",
            "optimizer": {"weight_decay": "interval(0, 1)"},
            "fusion": ["sum", "gated"],
        },
    )
    assert str(build(written={"a": [64, None, [1, 2]]})[0].entries[0]) == "64,null,[1,2]"
    assert base == ["seed=3", "~encoder.speech"]
    assert {entry.name: str(entry) for entry in space.entries} == {
        "optimizer.lr": "tag(log, interval(1e-4, 1e-2))",
        "task@task.age": "regression,binary",
        "head.dropout": "range(0, 0.3, step=0.1)",
        "optimizer.weight_decay": "interval(0, 1)",
        "fusion": "choice(sum, gated)",
    }
    assert space.overrides(first(space)) == [
        *("optimizer.lr=0.0001", "+task@task.age=regression", "head.dropout=0.0", "optimizer.weight_decay=0.0"),
        "fusion=sum",
    ]


def test_the_command_line_goes_before_the_config():
    space, base = build(["optimizer.lr=0.5", "fusion=sum,gated"], {"optimizer.lr": "interval(0, 1)", "fusion": "a,b"})
    assert base == ["optimizer.lr=0.5"]
    assert [str(entry) for entry in space.entries] == ["sum,gated"]


def test_a_conditional_key_is_asked_only_where_its_condition_holds():
    space, _ = build(
        written={
            "fusion.x": {"space": "a,b", "when": ["fusion.dim=64", "fusion=gated,sum"]},
            "fusion.dim": {"space": "choice(64, 128)", "when": "fusion=gated"},
            "fusion": "concat,gated,sum",
        }
    )
    assert choose(space, fusion="concat") == {"fusion": "concat"}
    assert choose(space, fusion="gated") == {"fusion": "gated", "fusion.dim": 64, "fusion.x": "a"}
    assert choose(space, **{"fusion": "gated", "fusion.dim": 128}) == {"fusion": "gated", "fusion.dim": 128}
    assert choose(space, fusion="sum") == {"fusion": "sum"}, "it depends on a key that is not set"
    assert len(space.every()) == 1 + 3 + 1
    assert "a,b when fusion.dim=64 and fusion=gated,sum" in [str(entry) for entry in space.entries]


def test_a_condition_on_what_is_fixed_is_settled_at_once():
    written = {
        "a": {"space": "1,2", "when": "fusion=concat"},
        "b": {"space": "1,2", "when": "fusion=gated"},
        "c": {"space": "1,2", "when": "b=1"},
        "d": {"space": "1,2", "when": "c=1"},
        "e": {"space": "1,2", "when": ["trainer.max_epochs=8", "a=2"]},
    }
    space, _ = build(written=written)
    assert [str(entry) for entry in space.entries] == ["1,2", "1,2 when a=2"]


def test_all_combinations():
    points = build(written={"a": "1,2", "b": "range(0, 3)"})[0].every()
    assert points == [{"a": a, "b": b} for a in (1, 2) for b in range(3)]
    assert build(written={"a": "interval(0, 1)"})[0].every() is None
    assert build(written={"a": "range(0, 1000)", "b": "range(0, 1000)"})[0].every() is None
    assert build(written={"a": "range(0, 100000)"})[0].every() is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"a": "concat"}, r": 'concat' is one value and nothing to search; write choice"),
        ({"a": 3}, r": '3' is one value"),
        ({"a": "intervall(0, 1)"}, r": 'intervall\(0, 1\)' cannot be read \(Unknown function 'intervall'\); write ch"),
        ({"a": "interval(0"}, r": 'interval\(0' cannot be read"),
        ({"a": "tag(log, interval(0, 1))"}, r": a logarithmic"),
        ({"a": {"space": "1,2", "wen": "b=1"}}, r".wen: there is no such key; did you mean 'when'"),
        ({"a": {"space": "1,2", "when": "b"}}, r".when: expected key=option"),
        ({"a": {"space": "1,2", "when": "fusoin=x"}, **FUSION}, r".when: .*no key 'fusoin'; did you mean 'fusion'"),
        (
            {"a": {"space": "1,2", "when": "fusion=gatd"}, **FUSION},
            r".when: fusion is never gatd; did you mean 'gat",
        ),
        ({"a": {"space": "1,2", "when": "b=1"}, "b": "interval(0, 1)"}, r".when: b is a range of numbers; a condition"),
    ],
)
def test_a_wrong_space_is_named_by_its_key(written, message):
    with pytest.raises(ConfigError, match=rf"^hydra.sweeper.space.a{message}"):
        build(written=written)


def test_conditions_that_wait_for_one_another_are_refused():
    with pytest.raises(ConfigError, match=r"the conditions of a, b wait"):
        build(written={key: {"space": "1,2", "when": f"{other}=1"} for key, other in ("ab", "ba")})
