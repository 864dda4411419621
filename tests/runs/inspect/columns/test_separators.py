import json
import random

import numpy as np
import polars as pl
import pytest

from mmfusion.runs.inspect.columns.separators import label_lists

ANIMALS = ("cat", "dog", "owl")


def lists_in(cells):
    return label_lists(pl.Series(cells, dtype=pl.String))


def drawn(rows=200, labels=ANIMALS, seed=0):
    generator = random.Random(seed)
    return [generator.sample(labels, generator.randint(1, len(labels))) for _ in range(rows)]


@pytest.mark.parametrize(
    ("write", "separator"),
    [
        *((sign.join, sign) for sign in (";", "|", "、", "；", "，", "・", "\n", "\t", ";;", " and ", " ")),
        *((sign.join, sign.strip()) for sign in (" || ", ", ", " / ")),
        (lambda labels: "; ".join(labels) + ";", ";"),
        (lambda labels: ",".join(sorted(labels)), ","),
        (lambda labels: ";".join(f'"{label}"' for label in labels), ";"),
        (str, None),
        (json.dumps, None),
        (lambda labels: str(np.array(labels)), None),
        (lambda labels: f"{{{','.join(labels)}}}", None),
        (lambda labels: str(tuple(labels)), None),
        (lambda labels: str(frozenset(labels)), None),
        (lambda labels: repr(np.array(labels, dtype=object)), None),
    ],
)
@pytest.mark.parametrize("none", [None, "None", "none"])
def test_labels_as_people_write_them(write, separator, none):
    cells = [none if i % 5 == 0 else write(labels) for i, labels in enumerate(drawn())]
    lists = lists_in(cells)
    assert (lists.separator, lists.labels) == (separator, 3)


def test_lists_are_found_where_few_rows_hold_several():
    cells = ["none"] * 900 + ["phone"] * 50 + ["price"] * 20 + ["phone;price"] * 20 + ["price;phone"] * 10
    assert lists_in(cells).separator == ";"
    assert lists_in(["['a','b']", "['a','c']"] * 30).labels == 3
    assert lists_in([",".join(map(str, labels)) for labels in drawn(labels=range(9))]).separator == ","


SURNAMES, NAMES = ("Smith", "Lee", "Kim"), ("John", "Ann", "Bo")


@pytest.mark.parametrize(
    "cells",
    [
        ["a", "b", "c", "a"] * 10,
        ["a;b"] + ["c"] * 39,  # one combination alone
        [f"x{i};y{i}" for i in range(40)],  # nothing recurs
        ["rome, italy", "oslo, norway"] * 20,
        [f"{SURNAMES[i % 3]}, {NAMES[i // 3 % 3]}" for i in range(90)],
        [f"{('hello', 'well', 'so')[i % 3]}, {('world', 'how are you', 'fine')[i // 3 % 3]}" for i in range(90)],
        ["No", "Yes, sometimes", "Yes, always"] * 20,
        [f"{i % 9},{i % 7}" for i in range(90)],  # decimal commas
        [f"{1 + i % 9},{100 + i % 7}" for i in range(90)],  # thousands
        [f"0{1 + i % 9}/0{1 + i % 7}/2020" for i in range(90)],
        ["n/a", "a", "b"] * 20,
        [f"{('a lot of', 'some', 'little')[i % 3]} {('soy', 'almond', 'oat')[i // 3 % 3]} milk" for i in range(90)],
        [" ".join(random.Random(i).choices("abcdefgh", k=7)) for i in range(200)],  # texts of few words
        [" ".join(random.Random(i).choices("abcd", k=3)) for i in range(200)],
        ["light blue", "dark blue", "blue", "light green", "dark green", "green"] * 20,
        [str([i % 5 / 2, i % 3 / 4]) for i in range(90)],  # vectors
        [str([i % 5, i % 3, 1]) for i in range(90)],
        [None] * 5,
    ],
)
def test_single_labels_that_hold_such_signs(cells):
    assert lists_in(cells) is None


def test_pairs_of_whole_numbers_are_labels_and_decimal_commas_are_none():
    generator = random.Random(4)
    pairs = [generator.sample(range(1, 7), 2) for _ in range(200)]
    assert lists_in([f"{a},{b}" for a, b in pairs]).labels == 6
    assert lists_in([f"{min(pair)},{max(pair)}" for pair in pairs]).labels == 6
    assert lists_in([f"{generator.randint(0, 9)},{generator.randint(0, 9)}" for _ in range(200)]) is None
    assert lists_in([f"1,{generator.randint(50, 90)}" for _ in range(200)]) is None
