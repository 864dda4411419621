import pytest

from mmfusion.config.code import find, read_module
from mmfusion.config.signature import components, read_signature


@pytest.fixture
def read(user_package):
    """Writes a module and returns the signature of one of its names."""

    def of(text, name="Part"):
        user_package.write("parts.py", text)
        return read_signature(find(read_module("userpack.parts"), name))

    return of


def test_constructor_with_defaults_and_keywords(read):
    signature = read("class Part:\n    def __init__(self, a, b: int = 1, *, c: str, d=2): ...\n")
    assert signature.is_class
    assert {name: p.required for name, p in signature.parameters.items()} == {
        "a": True,
        "b": False,
        "c": True,
        "d": False,
    }
    assert not signature.is_open


def test_a_module_that_is_read_anew_has_a_new_signature(read):
    bases = "class Base:\n    def __init__(self, {}): ...\n"
    for name in ("a", "b"):
        assert list(read(bases.format(name) + "class Part(Base): ...\n").parameters) == [name]
        read_module.cache_clear()


def test_function(read):
    signature = read("def part(lr: float, *rest, eps: float = 1e-8, **more): ...\n", "part")
    assert not signature.is_class
    assert signature.is_open
    assert list(signature.parameters) == ["lr", "eps"]


def test_inherits_constructor_and_attributes(read):
    signature = read(
        "from torch import nn\nfrom abc import ABC\n"
        "class Base(nn.Module, ABC):\n    kind = 'x'\n    wide: bool = False\n    def __init__(self, a: int): ...\n"
        "class Part(Base):\n    wide = True\n"
    )
    assert list(signature.parameters) == ["a"]
    assert not signature.is_open
    assert signature.attributes == {"kind": "x", "wide": True}
    assert signature.lineage == ["Part", "Base"]


def test_attribute_that_an_instance_may_change_is_unknown(read):
    signature = read(
        "class Base:\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n"
        "class Part(Base):\n    c = compute()\n    def __init__(self): self.a = 5\n"
        "    @property\n    def b(self): ...\n"
    )
    assert signature.attributes == {"d": 4}


def test_directions_of_a_tasks_metrics(read):
    base = "class Base:\n    METRICS: Definitions = {'a': (lambda task: A(task.dim), 'max'), 'b': (B, 'min')}\n"
    assert read(base + "class Part(Base): ...\n").attributes == {"METRICS": {"a": "max", "b": "min"}}
    assert read(base + "class Part(Base):\n    def metrics(self): return compute()\n").attributes == {}


def test_base_out_of_reach_leaves_the_signature_open(read):
    signature = read("from elsewhere import Base\nclass Part(Base): ...\n")
    assert signature.is_open
    assert signature.lineage == ["Part", "?"]
    assert not read("from elsewhere import Base\nclass Part(Base):\n    def __init__(self, a): ...\n").is_open


def test_keywords_handed_on_belong_to_the_base(read):
    signature = read(
        "class Base:\n    def __init__(self, a: int, b: int = 2): ...\n"
        "class Part(Base):\n    def __init__(self, c: int, **rest):\n        super().__init__(**rest)\n"
    )
    assert list(signature.parameters) == ["a", "b", "c"]
    assert not signature.is_open
    signature = read("class Part:\n    def __init__(self, c, **rest):\n        make(**rest)\n")
    assert signature.is_open


def test_dataclass_fields_are_the_constructor(read):
    signature = read(
        "from dataclasses import dataclass, field\nfrom typing import ClassVar\n"
        "@dataclass\nclass Base:\n    a: int\n"
        "@dataclass(frozen=True)\nclass Part(Base):\n    b: str = 'x'\n    c: ClassVar[int] = 3\n"
        "    d: int = field(init=False, default=1)\n"
    )
    assert {name: p.required for name, p in signature.parameters.items()} == {"a": True, "b": False}


def test_what_is_neither_class_nor_function_has_none(read):
    assert read("Part = 3\n") is None


def test_components_are_a_modules_own_public_ones(user_package):
    user_package.write("parts.py", "from os import path\nclass A: ...\nclass _B: ...\ndef c(): ...\nD = 1\n")
    assert components("userpack.parts") == ["A", "c"]
    assert components("userpack.absent") == []
