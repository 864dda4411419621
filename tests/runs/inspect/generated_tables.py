"""Generated tables of which it is known whether they hold a leak or a group: many shapes, one seed a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CHINESE = (
    "病人",
    "编码",
    "体温",
    "身高",
    "数值甲",
    "数值乙",
    "备注",
    "颜色",
    "城市名",
    "标记",
    "来源",
    "批号",
    "单元",
    "读数",
    "文本",
)
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


@dataclass
class GeneratedTable:
    """A table, its target, and what is in it.

    Attributes:
        columns: name to cells.
        target: the column to predict.
        leaks: columns that give the target away.
        group: the column by which rows belong together, if there is one.
        aliases: other columns that may be taken for the group as well: another name of it.
        shapes: what is in it, for a message.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    target: str = ""
    leaks: list[str] = field(default_factory=list)
    group: str | None = None
    aliases: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)


def make(seed: int, leak: bool, group: bool) -> GeneratedTable:
    """A table with a target and inputs that predict it by right, and with a leak, a group, both or neither."""
    g = np.random.default_rng(seed)
    rows = int(g.integers(60, 601))
    table = GeneratedTable()
    latent = g.normal(size=rows)
    regression = bool(g.random() < 0.5)
    y = _numbers(g, latent) if regression else latent
    classes = int(g.integers(2, 7))
    labels = np.searchsorted(np.quantile(latent, _cuts(g, classes)), latent)
    table.target = "target"
    target = y if regression else labels
    groups = _groups(g, rows) if group else None
    if groups is not None:
        target, latent = _add_group(g, table, groups, target, latent, regression)
    names = [f"class_{g.permutation(classes)[0]}_{i}" for i in range(classes)]
    table.columns["target"] = [f"{each:.4f}" for each in target] if regression else [names[int(i)] for i in target]
    _honest(g, table, latent, rows)
    if leak:
        for _ in range(1 if g.random() < 0.7 else 2):
            _add_leak(g, table, target, regression)
    return _shuffled(g, table)


def _cuts(g: np.random.Generator, classes: int) -> np.ndarray:
    """Quantiles that part numbers into classes, none of which is very rare."""
    shares = g.dirichlet(np.full(classes, 8.0))
    return np.cumsum(shares)[:-1]


def _numbers(g: np.random.Generator, latent: np.ndarray) -> np.ndarray:
    shape = g.integers(4)
    if shape == 0:
        return 50 + 12 * latent
    if shape == 1:
        return np.exp(latent)
    if shape == 2:
        return latent
    return np.argsort(np.argsort(latent)) / len(latent)


# Inputs as they should be.


def _honest(g: np.random.Generator, table: GeneratedTable, latent: np.ndarray, rows: int) -> None:
    """Columns that are no leak and no group: noise, good predictors, categories, texts, measurements that repeat."""
    makers: list[Callable[[], list[Any]]] = [
        lambda: [f"{x:.3f}" for x in g.normal(size=rows)],
        lambda: [f"{x:.3f}" for x in 0.95 * latent + np.sqrt(1 - 0.95**2) * g.normal(size=rows)],
        lambda: [f"{x:.3f}" for x in g.exponential(size=rows)],
        lambda: [str(x) for x in g.integers(18, 90, rows)],  # ages
        lambda: [str(x) for x in g.poisson(2, rows)],
        lambda: [str(CITIES[x]) for x in g.integers(0, int(g.integers(3, 13)), rows)],
        lambda: [f"W{x}" for x in g.integers(1, int(g.integers(4, 9)), rows)],  # wards
        lambda: ["yes" if x else "no" for x in (latent > 0) ^ (g.random(rows) < 0.15)],
        lambda: [["mon", "tue", "wed", "thu", "fri", "sat", "sun"][x % 7] for x in np.arange(rows)],
        lambda: [None if g.random() < 0.3 else f"{x:.2f}" for x in latent + g.normal(size=rows)],
        lambda: [str(2000 + x) for x in np.sort(g.integers(0, 20, rows))],  # years, in order
        lambda: [str(x) for x in np.round(36.5 + g.normal(size=rows), 1)],
        lambda: [str(x) for x in np.digitize(latent + g.normal(size=rows), [-1, 0, 1])],
        lambda: ["SML"[x] for x in np.clip(np.round(1 + 0.7 * latent + 0.5 * g.normal(size=rows)), 0, 2).astype(int)],
        lambda: _written(np.where(g.random(rows) < 0.4, 0, 2 + 0.9 * latent + 0.44 * g.normal(size=rows))),
        lambda: ["yes" if x else "no" for x in g.random(rows) < 0.04],
        lambda: _written(1 / (1 + np.exp(-1.5 * latent - g.normal(size=rows))), 3),
    ]
    for place, chosen in enumerate(g.permutation(len(makers))[: int(g.integers(2, 7))]):
        table.columns[f"honest{place}"] = makers[chosen]()
        table.shapes.append(f"honest{place}={chosen}")
    if g.random() < 0.3:  # a category that makes a difference in one number
        kinds = g.integers(0, int(g.integers(3, 9)), rows)
        table.columns["kind"] = [f"type {CITIES[x]}" for x in kinds]
        table.columns["by_kind"] = [f"{x:.2f}" for x in kinds * 0.7 + g.normal(size=rows)]
    if g.random() < 0.15:  # products: a few kinds that are alike in most numbers
        products = g.integers(0, int(g.integers(3, 11)), rows)
        centres = g.normal(size=(10, 3))
        table.columns["product"] = [WORDS[x] for x in products]
        for i in range(int(g.integers(1, 4))):
            table.columns[f"of_product{i}"] = [f"{x:.2f}" for x in 1.5 * centres[products, i] + g.normal(size=rows)]
    if g.random() < 0.25:  # a hierarchy of inputs
        city = g.integers(0, 12, rows)
        table.columns["city"] = [CITIES[x] for x in city]
        table.columns["country"] = ["ABCD"[x % 4] for x in city]
    if g.random() < 0.5 and "text" not in table.columns:
        table.columns["text"] = [_text(g, WORDS) for _ in range(rows)]


def _text(g: np.random.Generator, words: Any, chinese: bool = False, length: int = 8) -> str:
    return ("" if chinese else " ").join(g.choice(list(words), int(g.integers(length - 2, length + 4))))


# Leaks.


def _add_leak(g: np.random.Generator, table: GeneratedTable, target: np.ndarray, regression: bool) -> None:
    name = f"leak{len(table.leaks)}"
    if table.leaks and len(set(table.columns[table.leaks[0]])) < 20 and g.random() < 0.5:  # a leak of a leak
        shape, cells = "coded again", [f"<{cell}>" for cell in table.columns[table.leaks[0]]]
    else:
        shapes = _of_a_number(g, target) if regression else _of_a_class(g, target.astype(int))
        shape = str(g.choice(list(shapes)))
        cells = shapes[shape]()
    table.columns[name] = cells
    table.leaks.append(name)
    table.shapes.append(f"{name}={shape}")


def _written(x: np.ndarray, digits: int = 4) -> list[str]:
    return [f"{each:.{digits}f}" for each in x]


def _of_a_number(g: np.random.Generator, y: np.ndarray) -> dict[str, Callable[[], list[Any]]]:
    """Transformations of a number, exact or with noise, its bins, and what is copied from it in some rows."""
    noisy = y + y.std() * g.choice([0, 0, 0.03, 0.08]) * g.normal(size=len(y))
    z, exact, middle = (noisy - np.median(noisy)) / noisy.std(), (y - y.mean()) / y.std(), np.median(y)
    low, cut, high = np.quantile(y, [0.3, g.uniform(0.3, 0.7), 0.65])
    bins = np.searchsorted(np.quantile(noisy, np.linspace(0, 1, int(g.integers(4, 11)))[1:-1]), noisy)
    kept = g.random(len(y)) < g.uniform(0.5, 0.8)
    return {
        "linear": lambda: _written(3 - 2 * noisy),
        "exp": lambda: [f"{np.exp(x):.6g}" for x in z],
        "cube": lambda: [f"{x**3:.6g}" for x in z],
        "cubic": lambda: _written(exact**3 - 2 * exact),
        "square": lambda: [f"{(x - 0.1) ** 2:.6g}" for x in exact],
        "distance": lambda: _written(abs(y - middle)),
        "wave": lambda: _written(np.sin((y - y.min()) / np.ptp(y) * 4)),
        "rank": lambda: [str(x) for x in np.argsort(np.argsort(-noisy))],
        "sign": lambda: [str(int(x > 0)) for x in z],
        "threshold": lambda: ["high" if x > cut else "low" for x in noisy],
        "two thresholds": lambda: ["in" if low < x < high else "out" for x in y],
        "bins": lambda: [str(x) for x in bins],
        "named bins": lambda: [PEOPLE[3 * x % 40] for x in bins],
        "the largest": lambda: ["alarm" if x > np.quantile(y, 0.92) else "" for x in y],
        "hole": lambda: [None if x > cut else f"{g.normal():.2f}" for x in y],
        "copied in part": lambda: _written(np.where(kept, y, 0 * y)),
        "scaled in part": lambda: _written(np.where(kept, 3.3 * y + 2, -1)) if len(y) > 80 else _written(3.3 * y),
        "capped": lambda: _written(np.minimum(y, high)),
        "sign or unknown": lambda: [
            "+-"[int(x > middle)] if keep else "unknown" for x, keep in zip(y, kept, strict=True)
        ],
    }


def _of_a_class(g: np.random.Generator, labels: np.ndarray) -> dict[str, Callable[[], list[Any]]]:
    """Other names of classes, finer and coarser ones, measurements, and what says one class alone or some rows."""
    rows, classes = len(labels), int(labels.max()) + 1
    noisy = np.where(g.random(rows) < g.choice([0, 0, 0.02]), g.integers(0, classes, rows), labels)
    one, kept = labels == g.integers(classes), g.random(rows) < 0.65
    side = g.choice([-1, 1], rows)
    return {
        "copy": lambda: [f"k{x}" for x in noisy],
        "codes": lambda: [str((7 * x + 3) % 10) for x in noisy],
        "finer": lambda: [f"{'abcdefg'[x]}{g.integers(0, 4)}" for x in noisy],
        "coarser": lambda: ["right" if x >= classes // 2 else "left" for x in labels],
        "number": lambda: [f"{x + g.uniform(0, 0.95):.3f}" for x in noisy],
        "spread number": lambda: _written(3 * labels + 0.3 * g.normal(size=rows)),
        "two-sided": lambda: _written(2 * labels * side + g.uniform(-0.4, 0.4, rows), 3),
        "hole": lambda: [
            None if hit else ("k" if classes == 2 else f"k{x}") for x, hit in zip(labels, one, strict=True)
        ],
        "one level": lambda: ["discharged" if hit else ("icu", "ward", "or")[g.integers(3)] for hit in one],
        "one flag": lambda: ["ny"[int(hit)] for hit in one],
        "probability": lambda: _written(np.clip(0.1 + 0.8 * one + 0.06 * g.normal(size=rows), 0, 1)),
        "percent": lambda: _written(np.where(one, g.uniform(70, 99, rows), g.uniform(0, 35, rows)), 1),
        "margin": lambda: _written(4.0 * one + 0.4 * g.normal(size=rows)),
        "special value": lambda: _written(np.where(one, 0, 0.2 + g.gamma(2, 3, rows)), 2),
        "empty but for one": lambda: [f"n{g.integers(6)}" if hit else None for hit in one],
        "copied in part": lambda: [f"k{x}" if keep else None for x, keep in zip(labels, kept, strict=True)],
    }


# Groups.


def _groups(g: np.random.Generator, rows: int) -> np.ndarray:
    """Int `[rows]`, the group of each row: sizes from 2 to 50, equal or not."""
    if g.random() < 0.3:
        size = int(g.integers(2, max(3, min(50, rows // 12))))
        return np.arange(rows) // size
    mean = float(g.uniform(3, max(4, min(25, rows / 14))))
    sizes: list[int] = []
    while sum(sizes) < rows:
        sizes.append(int(np.clip(g.gamma(2.0, mean / 2), 2, 50)))
    return np.repeat(np.arange(len(sizes)), sizes)[:rows]


def _add_group(
    g: np.random.Generator,
    table: GeneratedTable,
    groups: np.ndarray,
    target: np.ndarray,
    latent: np.ndarray,
    regression: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Add the group's column, and at least one way in which its rows are alike; rows may be in any order."""
    rows, count = len(groups), int(groups.max()) + 1
    spelling = str(g.choice(["padded", "code", "integer", "large", "name", "hash"]))
    numbers = g.permutation(count) if g.random() < 0.5 else np.arange(count)
    prefix = str(g.choice(["P", "sub-", "患者", "Actor_"]))
    names = {
        "padded": [f"{prefix}{n:03}" for n in numbers],
        "code": [f"s{n}" for n in numbers],
        "integer": [str(n + 1) for n in numbers],
        "large": [str(n) for n in g.choice(90_000, count, replace=False) + 10_000],
        "name": [PEOPLE[n % 40] + (f" {PEOPLE[(n // 40 + n) % 40]}" if count > 40 else "") for n in numbers],
        "hash": [f"{n:08x}" for n in g.choice(2**32, count, replace=False)],
    }[spelling]
    table.group = str(g.choice(["who", "patientid", "actor", "unit_code", "病人"]))
    table.columns[table.group] = [names[i] for i in groups]
    ways = list(g.choice(["numbers", "texts", "copies", "chinese", "attributes"], int(g.integers(1, 3)), replace=False))
    contiguous = g.random() < 0.5
    if "numbers" in ways:
        effects = g.normal(size=(count, 6))
        for i in range(int(g.integers(2, 6))):
            weight = float(g.uniform(0.75, 0.97))
            x = weight * effects[groups, i] + np.sqrt(1 - weight**2) * g.normal(size=rows)
            table.columns[f"alike{i}"] = [f"{each:.3f}" for each in x]
    if "attributes" in ways:
        table.columns["age"] = [str(x) for x in g.integers(18, 90, count)[groups]]
        table.columns["sex"] = ["fm"[x] for x in g.integers(0, 2, count)[groups]]
        table.columns["height"] = [f"{x:.1f}" for x in g.normal(170, 10, count)[groups]]
    if "copies" in ways:
        first = [list(g.choice(WORDS, 9)) for _ in range(count)]
        table.columns["text"] = [
            " ".join(g.choice(WORDS) if g.random() < 0.1 else word for word in first[i]) for i in groups
        ]
    elif "texts" in ways:
        own = [list(g.choice(WORDS, 12, replace=False)) for _ in range(count)]
        table.columns["text"] = [_text(g, own[i] if g.random() < 0.9 else WORDS) for i in groups]
    elif "chinese" in ways:
        own = [list(g.choice(list(SYLLABLES), 8, replace=False)) for _ in range(count)]
        table.columns["text"] = [_text(g, own[i], chinese=True, length=14) for i in groups]
    table.shapes += [f"group of {count}: {spelling}", *map(str, ways), "together" if contiguous else "mixed"]
    order = np.arange(rows) if contiguous else g.permutation(rows)
    table.columns = {name: [cells[i] for i in order] for name, cells in table.columns.items()}
    return target[order], latent[order]


def _shuffled(g: np.random.Generator, table: GeneratedTable) -> GeneratedTable:
    """Columns in any order, and under any name: as they are, `col_7`, or Chinese."""
    names = list(table.columns)
    style = g.integers(3)
    new = {name: name for name in names}
    if style == 1:
        new = {name: f"col_{i}" for i, name in enumerate(names)}
    elif style == 2:
        new = {name: CHINESE[i] if i < len(CHINESE) else f"列{i}" for i, name in enumerate(names)}
    order = g.permutation(len(names))
    table.columns = {new[names[i]]: table.columns[names[i]] for i in order}
    table.target, table.leaks = new[table.target], [new[name] for name in table.leaks]
    table.group = None if table.group is None else new[table.group]
    table.shapes += [f"{old}→{name}" for old, name in new.items() if style]
    return table
