"""A second generator of tables, of other shapes than `generated.py`: leaks of one class, in part, and in few rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mmfusion.runs.inspect.columns.coded import Coded
from mmfusion.runs.inspect.leaks.partial import gives_in_part
from mmfusion.runs.inspect.leaks.prediction import is_form_of

TABLES = 200
Makers = dict[str, Callable[[], list]]


def shown(x: np.ndarray, digits: int = 4) -> list[str]:
    return [f"{each:.{digits}f}" for each in x]


def of_a_number(g: np.random.Generator, y: np.ndarray) -> Makers:
    rows, z, middle = len(y), (y - y.mean()) / y.std(), np.median(y)
    low, high = np.quantile(y, [0.3, 0.65])
    kept = g.random(rows) < g.uniform(0.5, 0.8)
    return {
        "two thresholds": lambda: ["in" if low < each < high else "out" for each in y],
        "three bands": lambda: [("low", "middle", "high")[i] for i in np.searchsorted([low, high], y)],
        "deciles": lambda: [f"D{i}" for i in np.searchsorted(np.quantile(y, np.arange(0.1, 1, 0.1)), y)],
        "the largest": lambda: ["alarm" if each > np.quantile(y, 0.92) else "" for each in y],
        "distance": lambda: shown(abs(y - middle)),
        "wave": lambda: shown(np.sin((y - y.min()) / np.ptp(y) * 4)),
        "cubic": lambda: shown(z**3 - 2 * z),
        "copied in part": lambda: shown(np.where(kept, y, 0 * y)),
        "scaled in part": lambda: shown(np.where(kept, 3.3 * y + 2, -1)) if rows > 80 else shown(3.3 * y),
        "capped": lambda: shown(np.minimum(y, high)),
        "sign or unknown": lambda: [("+-"[int(y[i] > middle)] if kept[i] else "unknown") for i in range(rows)],
        "holes": lambda: [None if each > middle else f"{g.normal():.2f}" for each in y],
    }


def of_a_class(g: np.random.Generator, labels: np.ndarray) -> Makers:
    rows, count = len(labels), int(labels.max()) + 1
    one, kept = labels == g.integers(count), g.random(rows) < 0.65
    return {
        "one level": lambda: ["discharged" if each else ("icu", "ward", "or")[g.integers(3)] for each in one],
        "one flag": lambda: ["ny"[int(each)] for each in one],
        "probability": lambda: shown(np.clip(0.1 + 0.8 * one + 0.06 * g.normal(size=rows), 0, 1)),
        "percent": lambda: shown(np.where(one, g.uniform(70, 99, rows), g.uniform(0, 35, rows)), 1),
        "margin": lambda: shown(4.0 * one + 0.4 * g.normal(size=rows)),
        "special value": lambda: shown(np.where(one, 0, 0.2 + g.gamma(2, 3, rows)), 2),
        "finer": lambda: [f"{'pqrstu'[each]}{g.integers(4)}" for each in labels],
        "number": lambda: shown(3 * labels + 0.3 * g.normal(size=rows)),
        "empty but for one": lambda: [f"n{g.integers(6)}" if each else None for each in one],
        "copied in part": lambda: [f"k{labels[i]}" if kept[i] else None for i in range(rows)],
    }


def honest(g: np.random.Generator, latent: np.ndarray, labels: np.ndarray | None) -> Makers:
    rows = len(latent)
    noise = g.normal(size=rows)
    makers: Makers = {
        "r = .95": lambda: shown(0.95 * latent + np.sqrt(1 - 0.95**2) * noise),
        "r = .6": lambda: shown(0.6 * latent + 0.8 * noise, 1),
        "flag": lambda: ["mf"[int((each > 0) != (g.random() < 0.12))] for each in latent],
        "sizes": lambda: [("S", "M", "L")[int(np.clip(round(each), 0, 2))] for each in 1 + 0.7 * latent + 0.5 * noise],
        "zeros": lambda: shown(np.where(g.random(rows) < 0.4, 0, 2 + 0.9 * latent + 0.44 * noise)),
        "rare": lambda: ["yes" if each else "no" for each in g.random(rows) < 0.04],
        "holes": lambda: [None if each > 0 and g.random() < 0.5 else f"{g.normal():.2f}" for each in latent],
        "chance": lambda: shown(1 / (1 + np.exp(-1.5 * latent - noise)), 3),
        "hour": lambda: [str(i % 24) for i in range(rows)],
        "product": lambda: [f"P{i}" for i in g.integers(0, 15, rows)],
    }
    if labels is not None and labels.max() == 2:  # the petals of irises
        spread = np.where(labels == 0, 0.17, 0.55)
        makers["petal"] = lambda: shown(np.array([1.46, 4.2, 5.5])[labels] + spread * noise, 1)
    return makers


def make_table(seed: int) -> tuple[list[str], dict[str, list], str | None]:
    """The target's cells, the other columns, and which of them is the leak; every second table has none."""
    g = np.random.default_rng([11, seed])
    rows = int(g.choice([50, 60, 80, 120, 200, 400]))
    latent = g.normal(size=rows)
    if g.random() < 0.5:
        y = (latent, 70 + 9 * latent, np.exp(latent))[g.integers(3)]
        target, leaks, known = shown(y), of_a_number(g, y), honest(g, latent, None)
        if g.random() < 0.2:  # a table that is sorted by its target
            latent = np.sort(latent)
            target, leaks, known = shown(latent), of_a_number(g, latent), honest(g, latent, None)
    else:
        count = int(g.integers(2, 7))
        labels = np.searchsorted(np.quantile(latent, np.cumsum(g.dirichlet(np.full(count, 20.0)))[:-1]), latent)
        target = [f"t{each}" for each in labels]
        leaks, known = of_a_class(g, labels), honest(g, latent, labels)
    columns = {name: known[name]() for name in g.permutation(list(known))[:5]}
    leak = str(g.choice(list(leaks))) if seed % 2 else None
    if leak is not None:
        columns[f"leak: {leak}"] = leaks[leak]()
    return target, columns, leak and f"leak: {leak}"


def test_nearly_all_leaks_are_found_and_hardly_anything_else():
    leaks, missed, alarms = 0, [], []
    for seed in range(TABLES):
        cells, columns, leak = make_table(seed)
        target = Coded.of(cells)
        looked = {name: Coded.of(column) for name, column in columns.items()}
        found = {
            name
            for name, column in looked.items()
            if is_form_of(column, target) or gives_in_part(column, target, "the target") is not None
        }
        leaks += leak is not None
        missed += [(seed, leak, len(cells))] if leak is not None and leak not in found else []
        alarms += [(seed, found - {leak}, len(cells))] if found - {leak} else []
    assert leaks == TABLES / 2
    assert len(missed) <= 0.05 * leaks, missed
    assert len(alarms) <= 0.02 * TABLES, alarms
