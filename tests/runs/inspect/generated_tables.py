"""Generated tables of which it is known whether they hold a leak or a group: many shapes, one seed a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.runs.inspect.generated_groups import CITIES, LOOKALIKES, ORDERED, PEOPLE, GeneratedTable, add_group

CHINESE = (
    "病人", "编码", "体温", "身高", "数值甲", "数值乙", "备注", "颜色", "城市名", "标记", "来源", "批号", "单元",
)  # fmt: skip


def make(seed: int, leak: bool, group: bool) -> GeneratedTable:
    """A table with a target and inputs that predict it by right, and with a leak, a group, both or neither."""
    g = np.random.default_rng([seed, 77])
    rows = int(np.exp(g.uniform(np.log(60), np.log(600))))
    table = GeneratedTable(target="target")
    if group:
        add_group(g, table, rows)
    latent = g.normal(size=rows)
    if regression := bool(g.random() < 0.5):
        target = [50 + 12 * latent, np.exp(latent), latent, np.argsort(np.argsort(latent)) / rows][g.integers(4)]
        table.columns["target"] = _written(target)
    else:
        classes = int(g.integers(2, 7))
        cuts = np.cumsum(g.dirichlet(np.full(classes, 8.0)))[:-1]  # none is very rare
        target = np.searchsorted(np.quantile(latent, cuts), latent)
        table.columns["target"] = [f"class_{7 * i % 10}" for i in target]
    _add_inputs(g, table, latent)
    if leak:
        for _ in range(1 if g.random() < 0.7 else 2):
            _add_leak(g, table, target, regression)
    return _shuffled(g, table)


def _add_inputs(g: np.random.Generator, table: GeneratedTable, latent: np.ndarray) -> None:
    """Add columns that are no leak and no group: noise, good predictors, categories, measurements that repeat."""
    rows = len(latent)
    makers: list[Callable[[], list[Any]]] = [
        lambda: _written(g.normal(size=rows), 3),
        lambda: _written(0.95 * latent + np.sqrt(1 - 0.95**2) * g.normal(size=rows), 3),
        lambda: _written(g.exponential(size=rows), 3),
        lambda: [str(x) for x in g.integers(18, 90, rows)],  # ages
        lambda: [str(CITIES[x]) for x in g.integers(0, int(g.integers(3, 13)), rows)],
        lambda: ["yes" if x else "no" for x in (latent > 0) ^ (g.random(rows) < 0.15)],
        lambda: [["mon", "tue", "wed", "thu", "fri", "sat", "sun"][x % 7] for x in np.arange(rows)],
        lambda: [None if g.random() < 0.3 else f"{x:.2f}" for x in latent + g.normal(size=rows)],
        lambda: [str(2000 + x) for x in np.sort(g.integers(0, 20, rows))],  # years, in order
        lambda: _written(36.5 + g.normal(size=rows), 1),
        lambda: [str(x) for x in np.digitize(latent + g.normal(size=rows), [-1, 0, 1])],
        lambda: ["SML"[x] for x in np.clip(np.round(1 + 0.7 * latent + 0.5 * g.normal(size=rows)), 0, 2).astype(int)],
        lambda: _written(np.where(g.random(rows) < 0.4, 0, 2 + 0.9 * latent + 0.44 * g.normal(size=rows))),
        lambda: ["yes" if x else "no" for x in g.random(rows) < 0.04],
        lambda: _written(1 / (1 + np.exp(-1.5 * latent - g.normal(size=rows))), 3),
    ]
    for place, chosen in enumerate(g.permutation(len(makers))[: int(g.integers(1, 4))]):
        table.columns[f"honest{place}"] = makers[chosen]()
    others = [*LOOKALIKES, ORDERED[g.integers(2)]]  # rows are in one order
    for place, chosen in enumerate(g.permutation(len(others))[: int(g.integers(0 if table.group else 1, 4))]):
        table.shapes.append(others[chosen].__name__)
        table.columns |= {f"like{place}{k}": cells for k, cells in enumerate(others[chosen](g, rows))}


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
    table.shapes.append(shape)


def _written(x: np.ndarray, digits: int = 4) -> list[str]:
    return [f"{number:.{digits}f}" for number in x]


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


def _shuffled(g: np.random.Generator, table: GeneratedTable) -> GeneratedTable:
    """Columns in any order and under any name: as they are, `col_7`, or Chinese."""
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
    table.aliases = [new[name] for name in table.aliases]
    return table
