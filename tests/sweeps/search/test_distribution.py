import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.distribution import read_values
from mmfusion.sweeps.search.space import parse


def values(text):
    (override,) = parse([f"key={text}"])
    return read_values("key", override)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("interval(0, 1)", FloatDistribution(0.0, 1.0)),
        ("tag(log, interval(1e-5, 1e-2))", FloatDistribution(1e-5, 1e-2, log=True)),
        ("int(interval(1, 8))", IntDistribution(1, 8)),
        ("tag(int, interval(1, 8))", IntDistribution(1, 8)),
        ("tag(log, int(interval(16, 512)))", IntDistribution(16, 512, log=True)),
        ("range(1, 5)", IntDistribution(1, 4)),
        ("range(16, 65, step=16)", IntDistribution(16, 64, step=16)),
        ("range(10, 0, step=-2)", IntDistribution(2, 10, step=2)),
        ("tag(log, range(1, 5))", IntDistribution(1, 4, log=True)),
        ("range(0, 0.5, step=0.1)", FloatDistribution(0.0, 0.4, step=0.1)),
        ("range(0.5, 2.1, step=0.5)", FloatDistribution(0.5, 2.0, step=0.5)),
        ("concat,gated", CategoricalDistribution(["concat", "gated"])),
        ("1,2.5,true,null,word", CategoricalDistribution(["1", "2.5", "True", "null", "word"])),
        ("2,2.5,null,word", CategoricalDistribution([2, 2.5, None, "word"])),
        ("choice([64], [128, 64])", CategoricalDistribution(["[64]", "[128,64]"])),
    ],
)
def test_each_form_is_understood(text, expected):
    assert values(text).distribution == expected


def test_a_value_is_typed_as_a_person_would():
    steps = values("range(0, 0.5, step=0.1)")
    assert [steps.typed(k * 0.1) for k in range(5)] == ["0.0", "0.1", "0.2", "0.3", "0.4"]
    assert values("interval(0, 1)").typed(1e-05) == "1e-05"
    assert values("int(interval(1, 8))").typed(3) == "3"
    quoted = values("'a, b',[1, 2],null")
    assert [quoted.typed(value) for value in quoted.distribution.choices] == ["'a, b'", "[1,2]", "null"]


def test_what_is_typed_is_read_back_as_the_same():
    for text, value in [("interval(0, 1)", 0.1 + 0.2), ("tag(log, interval(1e-5, 1))", 1.2345678901234567e-05)]:
        (override,) = parse([f"key={values(text).typed(value)}"])
        assert override.value() == value


def test_extremes_and_all_values():
    assert values("range(0, 0.5, step=0.1)").every() == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert values("range(16, 65, step=16)").every() == [16, 32, 48, 64]
    assert values("a,b").every() == ["a", "b"]
    assert values("interval(0, 1)").every() is None
    assert values("interval(0, 1)").extremes() == [0.0, 1.0]
    assert values("range(3, 4)").extremes() == [3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("interval(1, 1)", r"^key: expected an interval from a number to a greater one, found 1.0 to 1.0"),
        ("tag(log, interval(0, 1))", r"^key: a logarithmic interval begins above 0, found 0.0"),
        ("tag(lgo, interval(1, 2))", r"^key: there is no tag 'lgo'; did you mean 'log'"),
        ("tag(log, choice(1, 2))", r"^key: the tag log goes with an interval or a range"),
        ("tag(log, range(0.1, 0.5, step=0.1))", r"^key: log goes with an interval"),
        ("range(5, 5)", r"^key: range\(5, 5, step=1\) is empty"),
        ("choice(a, b, a)", r"^key: a is given twice"),
    ],
)
def test_what_cannot_be_searched_is_named(text, message):
    with pytest.raises(ConfigError, match=message):
        values(text)
