from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest
import torch
from annotated_types import Ge, Interval
from typing_extensions import TypedDict

from mmfusion.config.json_schema import component_schema
from mmfusion.config.mismatches import mismatches

Mode = Literal["min", "max", "sum"]
Size = int | Sequence[int]


@dataclass
class Inner:
    patience: int | None
    mode: Mode = "min"


class Part(TypedDict, total=False):
    seed: int
    ratio: Mapping[Literal["train", "val"], float] | None


def problems(hint, value):
    """What is wrong with a component's argument `key` of this annotation."""

    def component(key): ...

    component.__annotations__["key"] = hint
    return mismatches("", {"key": value}, component_schema(component, ""))


@pytest.mark.parametrize(
    ("hint", "values"),
    [
        (int | None, [0, -3, None]),
        (float, [0.5, 3]),
        (bool, [True, False]),
        (Sequence[float], [[], [1, 0.5]]),
        (Sequence, [[1, "a"]]),
        (tuple[int, str], [[1, "a"]]),
        (tuple[int, ...], [[], [1, 2, 3]]),
        (Mapping[str, Sequence[int]], [{}, {"a": [1]}]),
        (Literal["auto"] | bool, ["auto", True]),
        (Mode | None, ["max", None]),
        (Size, [3, [3, 4]]),
        ("Mode", ["min"]),
        (Annotated[float, Interval(ge=0, le=1)] | None, [0, 1, 0.5, None]),
        (Mapping[Literal["a", "b"], int], [{}, {"a": 1}]),
        (Part, [{}, {"seed": 1, "ratio": None}, {"ratio": {"val": 0.1}}]),
        (Inner, [{"patience": 3}, {"patience": None, "mode": "max"}]),
        (torch.dtype, [3, "float32"]),
        ("absent.Name", [3, "float32"]),
        (Callable[[int], int], [3, {"_target_": "x"}]),
    ],
)
def test_accepts(hint, values):
    assert [problems(hint, value) for value in values] == [[]] * len(values)


@pytest.mark.parametrize(
    ("hint", "value", "place", "message"),
    [
        (int, 1.0, "key", "must be a whole number, found 1.0"),
        (int, True, "key", "must be a whole number, found true"),
        (float, "1e-3", "key", "must be a number, found the string '1e-3'"),
        (bool, 1, "key", "must be true or false, found 1"),
        (str, None, "key", "must be a string, found null"),
        (int | None, "a", "key", "must be a whole number or null, found the string 'a'"),
        (int | str, [1], "key", "must be a whole number or a string, found [1]"),
        (Sequence[int] | None, [1, "b"], "key[1]", "must be a whole number, found the string 'b'"),
        (tuple[float, float], [1], "key", "must be a list of 2, found 1"),
        (dict[str, float], {"a": "b"}, "key.a", "must be a number, found the string 'b'"),
        (dict[str, float], [1], "key", "must be a mapping, found [1]"),
        (Literal[1, 2], True, "key", "must be 1 or 2, found true"),
        (Mode | None, "mix", "key", "must be 'min' or 'max' or 'sum', found the string 'mix'; did you mean 'min'?"),
        (Inner, {}, "key.patience", "is missing and has no default"),
        (Inner | None, {"patience": 1, "mod": 2}, "key.mod", "there is no such key; did you mean 'mode'?"),
        (Inner, 3, "key", "must be a mapping with patience, mode, found 3"),
        (Annotated[int, Ge(0)] | None, -1, "key", "must be a whole number of at least 0 or null, found -1"),
        (Annotated[float, Interval(gt=0, le=1)], 0, "key", "must be a number above 0 and up to 1, found 0"),
        (Annotated[float, Ge(0)], float("nan"), "key", "must be a number of at least 0, found nan"),
        (Sequence[Annotated[int, Ge(1)]], [3, 0], "key[1]", "must be a whole number of at least 1, found 0"),
        (Mapping[Literal["a"], int] | None, 3, "key", "must be a mapping with a or null, found 3"),
        (Part, {"ratio": {"trian": 0.1}}, "key.ratio.trian", "there is no such key; did you mean 'train'?"),
    ],
)
def test_refuses(hint, value, place, message):
    assert [(p, m[: len(message)]) for p, m in problems(hint, value)] == [(place, message)]


def test_names_of_a_component():
    def fusion(dim: int, dims: Mapping[str, int], names: Sequence[str] = ()): ...

    given = {"_target_": "x", "dimm": 3, "dims": {}, "names": ["a"]}
    found = dict(mismatches("fusion", given, component_schema(fusion, "fusion")))
    assert found["fusion.dimm"].startswith("there is no such key; did you mean 'dim'? Valid: dim, names")
    assert found["fusion.dims"] == "is known from the data and not for a config to set"
    assert found["fusion.dim"] == "is missing and has no default"
    assert len(found) == 3
