"""Groups of rows for generated tables: of recordings, visits, plots, trips, sessions, and columns that only look so."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CITIES = ("rome", "oslo", "lima", "cairo", "delhi", "quito", "accra", "perth", "turin", "leeds", "basel", "osaka")
PEOPLE = (
    "ann", "bob", "carla", "dmitri", "emre", "fatima", "goran", "hana", "ivo", "jun", "kofi", "lena", "mateo", "nadia",
    "olga", "pablo", "quinn", "rosa", "sven", "tariq", "uma", "vera", "wei", "ximena", "yusuf", "zoe", "abel", "brit",
    "chen", "dora", "elias", "frida", "gil", "hugo", "ines", "jonas", "kira", "luca", "mila", "nils",
)  # fmt: skip
WORDS = (
    "apple", "river", "stone", "cloud", "light", "green", "table", "window", "garden", "winter", "music", "paper",
    "silver", "forest", "bottle", "engine", "pocket", "market", "bridge", "summer", "yellow", "kitchen", "mountain",
    "island", "letter", "button", "planet", "orange", "candle", "mirror", "shadow", "ladder", "needle", "pillow",
    "rocket", "saddle", "tunnel", "velvet", "wagon", "zipper", "anchor", "basket", "copper", "desert", "feather",
    "glacier", "harbor", "ivory", "jungle", "kettle", "lantern", "marble", "napkin", "oyster", "pepper", "quarry",
)  # fmt: skip
SYLLABLES = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"
JOBS = ("nurse", "clerk", "cook", "driver", "teacher", "farmer", "lawyer", "miner", "pilot", "tailor", "chef", "vet")
LETTERS = np.array(list(string.ascii_lowercase))


@dataclass
class GeneratedTable:
    """A table, its target, and what is in it.

    Attributes:
        columns: name to cells.
        target: the column to predict.
        leaks: columns that give the target away.
        group: the column by which rows belong together, if there is one.
        aliases: other columns that may be taken for the group as well: another name of it.
        shapes: what is in it.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    target: str = ""
    leaks: list[str] = field(default_factory=list)
    group: str | None = None
    aliases: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)


def add_group(g: np.random.Generator, table: GeneratedTable, rows: int) -> None:
    """Add a column of things that several rows each come from, and what is alike in these; rows may be in any order."""
    who = _sizes(g, rows)
    way, spelling = str(g.choice(list(WAYS))), str(g.choice(list(SPELLINGS)))
    columns = table.columns
    table.group = "who"
    columns["who"] = _spelt(g, SPELLINGS[spelling](g, int(who.max()) + 1), who)
    WAYS[way](g, table, who)
    pairs = {name: len(set(zip(cells, columns["who"], strict=True))) for name, cells in columns.items()}
    values = {name: len(set(cells)) for name, cells in columns.items()}
    table.aliases = [n for n in columns if n != "who" and pairs[n] == values[n] == values["who"]]
    order = np.arange(rows) if way == "blocks" or g.random() < 0.4 else g.permutation(rows)
    table.columns = {name: [cells[i] for i in order] for name, cells in columns.items()}
    table.shapes += [spelling, way]


def _sizes(g: np.random.Generator, rows: int) -> np.ndarray:
    """Int `[rows]`, the thing of each row: all as large, a few large ones and many small ones, or 2 to 5 rows each."""
    kind, sizes = g.integers(3), [0]
    size = int(g.integers(2, max(3, min(50, rows // 15))))
    while sum(sizes) < rows:
        own = [size, min(50, int(size / 2 * (1 + g.pareto(1.5)))), int(g.integers(2, 6))][kind]
        sizes.append(max(2, min(own, rows // 5)))
    return np.repeat(np.arange(len(sizes) - 1), sizes[1:])[:rows]


def _spelt(g: np.random.Generator, names: Sequence[Any], who: np.ndarray) -> list[str]:
    return [str(names[i]) for i in who]


def _words(g: np.random.Generator, count: int) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < count:
        names["".join(g.choice(LETTERS, int(g.integers(4, 8)))).capitalize()] = None
    return list(names)


def _dates(g: np.random.Generator, count: int) -> list[str]:
    days = np.sort(g.choice(900, count, replace=False))
    return [str(np.datetime64("2019-03-01") + int(day)) for day in days]


SPELLINGS: dict[str, Callable[[np.random.Generator, int], Sequence[Any]]] = {
    "integer": lambda g, n: g.permutation(n) + int(g.integers(0, 2)),
    "gaps": lambda g, n: g.choice(5 * n, n, replace=False),
    "long": lambda g, n: g.choice(900_000, n, replace=False) + 100_000,
    "float": lambda g, n: [f"{x}.0" for x in g.permutation(n) + 1],
    "code": lambda g, n: [f"{'KMT'[x % 3]}-{x}" for x in g.choice(4 * n, n, replace=False)],
    "padded": lambda g, n: [f"id{x:04}" for x in g.permutation(n)],
    "bare padded": lambda g, n: [f"{x:04}" for x in g.permutation(n)],
    "name": _words,
    "two words": lambda g, n: [f"{PEOPLE[x % 40].title()} {WORDS[x // 40].title()}" for x in g.choice(2000, n, False)],
    "Chinese": lambda g, n: [SYLLABLES[x % 40] + SYLLABLES[x // 40] for x in g.choice(1600, n, replace=False)],
    "letters": lambda g, n: [
        "".join(LETTERS[[x // 26 // 26, x // 26 % 26, x % 26]]) for x in g.choice(17_576, n, False)
    ],
    "hash": lambda g, n: ["".join(g.choice(list("0123456789abcdef"), 12)) for _ in range(n)],
    "date": _dates,
}


def _measured(g: np.random.Generator, table: GeneratedTable, who: np.ndarray, most: int = 4) -> None:
    """Numbers that are near to each other within a thing, on several scales, some of them counts."""
    for k in range(int(g.integers(2, most + 1))):
        own, noise = g.normal(size=who.max() + 1)[who], g.normal(size=len(who))
        x = own + float(g.uniform(0.2, 0.8)) * noise
        form = g.integers(3)
        scaled = [100 + 15 * x, np.exp(x), x][form]
        table.columns[f"m{k}"] = [str(round(v)) if form == 0 else f"{v:.3g}" for v in scaled]


def _visits(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Attributes that do not change, beside measurements that do at random."""
    count = int(who.max()) + 1
    own = {
        "born": [str(x) for x in g.integers(1930, 2005, count)],
        "sex": [["f", "m"][x] for x in g.integers(0, 2, count)],
        "town": [CITIES[x] for x in g.integers(0, 12, count)],
        "height": [f"{x:.1f}" for x in g.normal(170, 9, count)],
    }
    for name in g.permutation(list(own))[: int(g.integers(2, 5))]:
        table.columns[str(name)] = [own[str(name)][i] for i in who]
    table.columns["now"] = [f"{x:.2f}" for x in g.normal(size=len(who))]


def _spoken(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Texts about one topic each, in English or Chinese."""
    pool, glue, length = (WORDS, " ", 9) if g.random() < 0.6 else (tuple(SYLLABLES), "", 16)
    own = [g.choice(pool, 9, replace=False) for _ in range(who.max() + 1)]
    table.columns["words"] = [
        glue.join(g.choice(own[i]) if g.random() < 0.75 else g.choice(pool) for _ in range(length)) for i in who
    ]


def _templates(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Texts that are one sentence with a word or a number exchanged."""
    first = [list(g.choice(WORDS, int(g.integers(7, 12)))) for _ in range(who.max() + 1)]
    table.columns["words"] = [
        " ".join([*first[i][:3], str(g.integers(100)), *first[i][3:-1], str(g.choice(WORDS))]) for i in who
    ]


def _filed(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Media in a folder for each, or with its name in that of the file, and an attribute or numbers."""
    names = table.columns["who"]
    form = g.integers(3)
    suffix = g.choice(["wav", "png", "jpg"])
    table.columns["file"] = [
        [f"{n}/take_{i:04}.{suffix}", f"all/{n}_{i:04}.{suffix}", f"data/{n}/{i:04}-{i * 7 % 90}.{suffix}"][form]
        for i, n in enumerate(names)
    ]
    (_visits if g.random() < 0.5 else _measured)(g, table, who)


def _blocks(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Rows that stand together, spelt as codes, beside numbers at random."""
    table.columns["who"] = _spelt(g, SPELLINGS[str(g.choice(["code", "padded", "hash"]))](g, who.max() + 1), who)
    table.columns |= {f"m{k}": [f"{x:.2f}" for x in g.normal(size=len(who))] for k in range(2)}


def _chosen(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Habits: categories of which each thing has one most of the time."""
    for k in range(int(g.integers(3, 5))):
        levels = g.permutation([JOBS, CITIES, WORDS[:8], ("low", "mid", "high")][k])[: int(g.integers(3, 9))]
        own = g.choice(levels, who.max() + 1)
        table.columns[f"c{k}"] = [str(own[i]) if g.random() < 0.8 else str(g.choice(levels)) for i in who]


def _eyes(g: np.random.Generator, table: GeneratedTable, who: np.ndarray) -> None:
    """Sides or visits that are counted within each thing, and measurements that hardly change."""
    within = np.r_[0, 1 + np.flatnonzero(np.diff(who))]
    table.columns["side"] = [str(i - within[w] + 1) for i, w in enumerate(who)]
    _measured(g, table, who, 3)


WAYS = {
    "measured": _measured, "visits": _visits, "spoken": _spoken, "templates": _templates, "filed": _filed,
    "blocks": _blocks, "chosen": _chosen, "eyes": _eyes,
}  # fmt: skip


def _levels(g: np.random.Generator, rows: int, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """A category some of whose values are far commoner than others."""
    shares = np.sort(g.dirichlet(np.full(len(names), float(g.uniform(0.4, 4)))))[::-1]
    codes = g.choice(len(names), rows, p=shares)
    return codes, [names[i] for i in codes]


def _ages(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Ages and what rises with them."""
    age = np.clip(g.normal(48, 16, rows), 18, 90).round()
    pressure, income = 90 + 0.6 * age + 8 * g.normal(size=rows), np.exp(9 + 0.02 * age + 0.4 * g.normal(size=rows))
    return [[str(int(x)) for x in numbers] for numbers in (age, pressure, income)]


def _kinds(g: np.random.Generator, rows: int) -> list[list[str]]:
    """A few kinds whose measurements differ, as those of flowers do."""
    codes, names = _levels(g, rows, g.permutation(WORDS)[: int(g.integers(2, 9))].tolist())
    centres = g.normal(size=(9, 4)) * float(g.uniform(0.5, 2))
    return [
        names,
        *([f"{x:.2f}" for x in centres[codes, k] + g.normal(size=rows)] for k in range(int(g.integers(1, 5)))),
    ]


def _goods(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Many jobs, countries or goods; one number may depend on them."""
    names = _words(g, int(g.integers(12, 40)))
    codes, cells = _levels(g, rows, names)
    effect = float(g.choice([0, 0, 0.4]))
    return [cells, [f"{np.exp(3 + effect * x + g.normal()):.2f}" for x in g.normal(size=40)[codes]]]


def _places(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Postcodes, and a city and its country."""
    codes = g.integers(10_000, 10_000 + int(g.integers(30, 300)), rows)
    city, cells = _levels(g, rows, CITIES)
    return [[f"{x:05}" for x in codes], cells, ["ABCD"[x % 4] for x in city]]


def _time(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Days by hours, or years by months, and walks at random, in order."""
    steps = np.arange(rows)
    per = int(g.choice([12, 24]))
    small = steps % per + (per == 12)
    large = 2000 + steps // per if per == 12 else 1 + steps // per % 7
    walks = [[f"{x:.2f}" for x in np.cumsum(g.normal(size=rows))] for _ in range(int(g.integers(1, 3)))]
    return [[str(x) for x in small], [str(x) for x in large], *walks]


def _counts(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Counts, stars, doses, wards."""
    return [
        [str(x) for x in g.poisson(float(g.uniform(1, 12)), rows)],
        [str(x) for x in g.integers(1, 6, rows)],
        [f"{x} mg" for x in g.choice([5, 10, 20, 40], rows)],
        [f"Ward {x}" for x in g.integers(1, int(g.integers(4, 9)), rows)],
    ]


def _correlated(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Numbers that all follow one that is not there, rounded or not."""
    x = g.normal(size=rows)
    both = [x + 0.5 * g.normal(size=rows) for _ in range(int(g.integers(3, 8)))]
    return [[str(round(50 + 10 * v)) if k % 2 else f"{v:.3f}" for v in x] for k, x in enumerate(both)]


def _notes(g: np.random.Generator, rows: int) -> list[list[str]]:
    """Texts of words at random, and a job."""
    texts = [" ".join(g.choice(WORDS, int(g.integers(5, 12)))) for _ in range(rows)]
    return [texts, _levels(g, rows, JOBS)[1]]


def _sorted(g: np.random.Generator, rows: int) -> list[list[str]]:
    """A file in the order of its category, on which a number depends."""
    codes = np.sort(g.integers(0, int(g.integers(3, 13)), rows))
    return [[JOBS[i] for i in codes], [f"{x:.2f}" for x in g.normal(size=12)[codes] + g.normal(size=rows)]]


LOOKALIKES = (_ages, _kinds, _goods, _places, _counts, _correlated, _notes)
ORDERED = (_time, _sorted)
