"""`study=cross_validation`: every row of a table tested once, by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Annotated, Any, Literal

from annotated_types import Ge

from mmfusion.config.check import check
from mmfusion.config.errors import ConfigError
from mmfusion.config.names import MANIFEST
from mmfusion.config.sections import SOURCE_KEYS
from mmfusion.config.split_rules import GROUPS, validates
from mmfusion.data.errors import DataError
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.report.balance import rankable
from mmfusion.report.formatting import NONE, decimals, fixed, many, plus_minus
from mmfusion.report.groups import group_runs
from mmfusion.report.pooled import overlap, pooled
from mmfusion.report.sections._base import Section, SectionTable
from mmfusion.report.statistics import Interval, interval
from mmfusion.studies._base import TrainedStudy
from mmfusion.studies.common_sections import closing_sections, numbers_section, short
from mmfusion.studies.conclusion import Conclusion
from mmfusion.studies.results import Groups, Results, Variant


class CrossValidationStudy(TrainedStudy):
    """A variant for each fold, which is the test; where the experiment's column fixes the test, the validation.

    Args:
        seeds: see `TrainedStudy`.
        folds: how many, or `groups`: each value of the experiment's `data.split.group` is one.
    """

    varies = ("data.split.folds", "data.split.fold")

    def __init__(self, seeds: int | Sequence[int], folds: Annotated[int, Ge(2)] | Literal["groups"]) -> None:
        super().__init__(seeds)
        self.folds = folds

    def variants(self, config: Mapping[str, Any], known: Groups) -> list[Variant]:
        data = config["data"]
        if data["_target_"] != MANIFEST:
            raise ConfigError(
                f"study=cross_validation puts the rows of a table in folds (data=manifest), and {data['_target_']} "
                "makes its splits itself; take the experiment of a table, or train this one with several seeds: "
                "mmfusion train -m 'seed=range(5)'"
            )
        split, typed = in_folds(data["split"], self.folds)
        check({**config, "data": {**data, "split": split}})
        source = {key: value for key, value in data.items() if key not in (*SOURCE_KEYS, "_target_")}
        try:
            folds = ManifestSource(**{**source, "split": split}).folds()
        except DataError as error:
            raise ConfigError(f"study=cross_validation: {error}") from None
        titles = [f"fold {k} ({name})" if self.folds == GROUPS else f"fold {k}" for k, name in enumerate(folds)]
        return [Variant(title, (*typed, f"data.split.fold={k}")) for k, title in enumerate(titles)]

    def conclude(self, results: Results) -> Conclusion:
        folds, seeds = many(len(results.variants), "fold"), many(len(results.seeds), "seed")
        metrics = [name for name in results.known.names if name.startswith("test/")]
        shared = overlap(results.completed)
        means = {name: interval(values, shared) for name in metrics if (values := _values(results, name))}
        return Conclusion(
            f"study={results.study}: {folds}, {seeds}",
            _headline(results, means, f"{folds}, {seeds}"),
            [
                *([_all_folds(results, means)] if means else []),
                numbers_section(results, results.variants),
                *closing_sections(results, *_rules(results, shared)),
            ],
        )


def in_folds(split: Mapping[str, Any], folds: int | str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """An experiment's `data.split` in folds instead, the rest of what it says kept; and the overrides that make it so.

    Of a split by ratio the training rows keep giving the share of them that was for validation.
    """
    changed: dict[str, Any] = {"folds": folds, "fold": 0}
    typed = [f"data.split.folds={folds}"]
    taken = dict(split.get("from_train") or {})
    if split.get("ratio") is not None:
        share = float(split["ratio"].get("val") or 0) if validates(split) else 0.0
        share = round(share / (share + float(split["ratio"]["train"])), 3) if share else share
        changed |= {"ratio": None, "from_train": {"val": share}}
        typed += ["data.split.ratio=null", f"data.split.from_train={{val:{share:g}}}"]
    elif split.get("column") is not None and "val" in taken:
        del taken["val"]
        changed["from_train"] = taken or None
        typed.append("~data.split.from_train.val" if taken else "data.split.from_train=null")
    return {**split, **changed}, tuple(typed)


def _values(results: Results, metric: str) -> list[float]:
    """Of each fold the mean over its seeds."""
    return [fmean(own) for variant in results.variants if (own := results.values(variant, metric).values())]


def _headline(results: Results, means: Mapping[str, Interval], of: str) -> list[str]:
    if not results.completed:
        return ["Nothing can be said: no job completed."]
    main = [metric for metric in results.metrics().values() if metric in means]
    if not main:
        return ["Nothing can be said: no run has a test metric. Is trainer.limit_test_batches 0?"]
    means_text = ", ".join(f"{short(name)} {plus_minus(means[name], decimals([means[name]]))}" for name in main)
    lines = [f"{means_text[0].upper()}{means_text[1:]} (mean over {of})."]
    planned = len(results.variants) * len(results.seeds)
    if len(results.completed) < planned:
        lines.append(f"This is the mean of {len(results.completed)} of {planned} jobs: the others did not complete.")
    return lines


def _all_folds(results: Results, means: Mapping[str, Interval]) -> Section:
    together = _pooled(results, list(means))
    rows = []
    for name, mean in means.items():
        values, places = _values(results, name), decimals([mean])
        own = [fixed(together[name], places) if name in together else NONE] if together else []
        spread = fixed(stdev(values), places) if len(values) > 1 else NONE
        ends = (fixed(end, places) for end in (min(values), max(values)))
        metric = f"{short(name)} {results.arrow(name)}"
        rows.append([metric, plus_minus(mean, places), *own, str(mean.n), spread, *ends])
    head = ["metric", "mean ± 95% interval", *(["pooled"] if together else []), "n", "sd", "lowest", "highest"]
    lines = ["Over n folds; a fold's value is the mean over its seeds."]
    if together:
        lines.append("Pooled is the metric of all folds' predictions together.")
    return Section("All folds", lines, [SectionTable(head, rows)])


def _pooled(results: Results, metrics: Sequence[str]) -> dict[str, float]:
    """Metric to its value of all folds' predictions together, as far as there is one."""
    groups, runs = group_runs(results.completed), results.completed
    values = {name: pooled(groups, rankable(groups, runs, name), name)[0].get(0) for name in metrics}
    return {name: value for name, value in values.items() if value is not None}


def _rules(results: Results, shared: float) -> tuple[str, str]:
    """How intervals were reckoned, and on which rows a fold was tested."""
    intervals = (
        "Folds are not independent, for they share training rows: intervals are the corrected resampled ones over n "
        f"folds, t · s · √(1/n + {shared:.3f}), where {shared:.3f} is rows held out over rows trained on (Nadeau and "
        "Bengio, 2003)."
    )
    # Where a column says what the test rows are, the folds are for validation.
    if any((run.config.get("data") or {}).get("split", {}).get("column") is not None for run in results.completed):
        return intervals, (
            "data.split.column fixes the test rows, which are the same in every fold: what differs are the rows that a "
            "model was trained and chosen on. To test every row once instead, set data.split.column=null."
        )
    return intervals, "Every row is tested in one fold, by models that were neither trained nor chosen on it."
