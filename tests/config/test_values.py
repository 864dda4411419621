import ast

import pytest

from mmfusion.config.code import find, read_module
from mmfusion.config.signature import read_signature
from mmfusion.config.values import check_names, mismatches

MODULE = """
from __future__ import annotations
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict
import torch
Mode = Literal["min", "max"]
Size: TypeAlias = int | Sequence[int]
@dataclass
class Inner:
    patience: int | None
    mode: Mode = "min"
class Part(TypedDict, total=False):
    seed: int
    ratio: Annotated[Mapping[str, float], Keys("train", "val")] | None
def build(dim: int, inner: Inner, rate: float = 0.1, **rest): ...
def closed(dim: int, dims: Mapping[str, int], names: Sequence[str] = ()): ...
"""


@pytest.fixture
def module(user_package):
    user_package.write("types.py", MODULE)
    return read_module("userpack.types")


def found(module, annotation, value):
    return list(mismatches("key", value, ast.parse(annotation, mode="eval").body, module))


@pytest.mark.parametrize(
    ("annotation", "values"),
    [
        ("int", [0, -3]),
        ("float", [0.5, 3]),
        ("bool", [True, False]),
        ("str", ["", "a"]),
        ("None", [None]),
        ("int | None", [3, None]),
        ("Optional[str]", ["a", None]),
        ("Union[int, str]", [3, "a"]),
        ("list[int]", [[], [1, 2]]),
        ("Sequence[float]", [[1, 0.5]]),
        ("Sequence", [[1, "a"]]),
        ("tuple[int, str]", [[1, "a"]]),
        ("tuple[int, ...]", [[], [1, 2, 3]]),
        ("dict[str, float]", [{}, {"a": 1}]),
        ("Mapping[str, Sequence[int]]", [{"a": [1]}]),
        ("dict", [{"a": [1]}]),
        ("Literal['auto'] | bool", ["auto", True]),
        ("typing.Literal['a', 'b']", ["a", "b"]),
        ("Mode | None", ["max", None]),
        ("Size", [3, [3, 4]]),
        ("'int | None'", [3, None]),
        ("Annotated[int, 'positive']", [3]),
        ("Annotated[int, Range(1)]", [1, 7]),
        ("Annotated[float, Range(0, 1)] | None", [0, 1, 0.5, None]),
        ("Annotated[float, Range(0, above=True)]", [0.1]),
        ("Annotated[Mapping[str, int], Keys('a', 'b')]", [{}, {"a": 1}]),
        ("Part", [{}, {"seed": 1, "ratio": None}, {"ratio": {"val": 0.1}}]),
        ("Inner", [{"patience": 3}, {"patience": None, "mode": "max"}]),
        ("Any", [3, None, [], {}]),
        ("torch.dtype", [3, "float32"]),
        ("Callable[[int], int]", [3, {"_target_": "x"}]),
    ],
)
def test_accepts(module, annotation, values):
    assert [found(module, annotation, value) for value in values] == [[]] * len(values)


@pytest.mark.parametrize(
    ("annotation", "value", "place", "message"),
    [
        ("int", 1.5, "key", "must be a whole number, found 1.5"),
        ("int", True, "key", "must be a whole number, found true"),
        ("float", "1e-3", "key", "must be a number, found the string '1e-3'"),
        ("float", False, "key", "must be a number, found false"),
        ("bool", 1, "key", "must be true or false, found 1"),
        ("str", 2024, "key", "must be a string, found 2024"),
        ("str", None, "key", "must be a string, found null"),
        ("int | None", "a", "key", "must be a whole number or null, found the string 'a'"),
        ("int | str", [1], "key", "must be a whole number or a string, found [1]"),
        ("list[int]", [1, "b"], "key[1]", "must be a whole number, found the string 'b'"),
        ("list[int]", 3, "key", "must be a list, found 3"),
        ("Sequence[int] | None", [1, "b"], "key[1]", "must be a whole number, found the string 'b'"),
        ("tuple[float, float]", [1], "key", "must be a list of 2, found 1"),
        ("dict[str, float]", {"a": "b"}, "key.a", "must be a number, found the string 'b'"),
        ("dict[str, float]", [1], "key", "must be a mapping, found [1]"),
        ("Mapping", 3, "key", "must be a mapping, found 3"),
        ("Literal[1, 2]", True, "key", "must be 1 or 2, found true"),
        ("Mode", "mix", "key", "must be 'min' or 'max', found the string 'mix'; did you mean 'min'?"),
        ("Mode | None", "maxx", "key", "must be 'min' or 'max', found the string 'maxx'; did you mean 'max'?"),
        ("Inner", {"patience": "x"}, "key.patience", "must be a whole number or null, found the string 'x'"),
        ("Inner", {}, "key.patience", "is missing and has no default"),
        ("Inner | None", {"patience": 1, "mod": 2}, "key.mod", "there is no such key; did you mean 'mode'?"),
        ("Annotated[int, Range(1)]", 0, "key", "must be a whole number of at least 1, found 0"),
        ("Annotated[int, Range(1)]", "a", "key", "must be a whole number of at least 1, found the string 'a'"),
        ("Annotated[int, Range(0)] | None", -1, "key", "must be a whole number of at least 0 or null, found -1"),
        ("Annotated[float, Range(0, 1)]", 1.5, "key", "must be a number from 0 to 1, found 1.5"),
        ("Annotated[float, Range(0)]", float("nan"), "key", "must be a number of at least 0, found nan"),
        ("Annotated[float, Range(0, above=True)]", 0, "key", "must be a number above 0, found 0"),
        ("Sequence[Annotated[int, Range(1)]]", [3, 0], "key[1]", "must be a whole number of at least 1, found 0"),
        (
            "Annotated[Mapping[str, int], Keys('train')]",
            {"trian": 1},
            "key.trian",
            "there is no such key; did you mean",
        ),
        ("Annotated[Mapping[str, int], Keys('a')] | None", 3, "key", "must be a mapping with a or null, found 3"),
        ("Part", {"sed": 1}, "key.sed", "there is no such key; did you mean 'seed'?"),
        ("Part", {"ratio": {"trian": 0.1}}, "key.ratio.trian", "there is no such key; did you mean 'train'?"),
        ("Part", {"seed": "abc"}, "key.seed", "must be a whole number, found the string 'abc'"),
        ("Inner", 3, "key", "must be a mapping with patience, mode, found 3"),
    ],
)
def test_refuses(module, annotation, value, place, message):
    assert [(p, m[: len(message)]) for p, m in found(module, annotation, value)] == [(place, message)]


def signature(module, name):
    return read_signature(find(module, name))


def test_names_of_a_component(module):
    given = {"dimm": 3, "dims": {}, "names": ["a"], "freeze": True}
    problems = dict(check_names("fusion", given, signature(module, "closed"), handled=("freeze",), injected=("dims",)))
    assert problems["fusion.dimm"].startswith("there is no such key; did you mean 'dim'? Valid: dim, freeze, names")
    assert problems["fusion.dims"] == "is known from the data and not for a config to set"
    assert problems["fusion.dim"] == "is missing and has no default"
    assert len(problems) == 3


def test_open_component_takes_unknown_names(module):
    given = {"dim": 3, "inner": {"patience": 1}, "other": 3, "rate": "x"}
    assert [place for place, _ in check_names("a", given, signature(module, "build"))] == ["a.rate"]
