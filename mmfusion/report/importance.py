"""What each hyperparameter of a search is worth, from the search's study."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmfusion.store.files import JOURNAL, SWEEP, read_mapping

if TYPE_CHECKING:
    from optuna.study import Study

FEWEST = 8
"""Completed trials below which nothing is said."""
TOP, FEWEST_TOP = 0.1, 5
"""Which trials PED-ANOVA calls the best: this share, and at least so many."""


def importance(sweep: Path, other_storages: bool = True) -> list[dict[str, Any]]:
    """One entry for each objective of a search: `objective`, `trials`, `methods`, `note`; none for other sweeps.

    `methods` maps fANOVA (share of the variance over the whole space; completed trials that have all parameters) and
    PED-ANOVA (what it takes to be among the best; conditional parameters too) to parameter to importance.
    Papers: Hutter et al., ICML 2014; Watanabe et al., arXiv 2304.10255.
    `other_storages`: whether a study that is not in the folder's journal may be read.
    """
    about = read_mapping(sweep / SWEEP)
    if about.get("kind") != "search":
        return []
    listed = about.get("objectives")
    objectives = [str(item.get("metric")) for item in listed if isinstance(item, Mapping)] if listed else ["objective"]
    try:
        with _study(sweep, about, other_storages) as study:
            return [_of(study, i, name) for i, name in enumerate(objectives)]
    except Exception as error:  # a database away, a study of another version: the rest of the page is still good
        note = f"the study cannot be read: {type(error).__name__}: {error}"
        return [{"objective": name, "trials": 0, "methods": {}, "note": note} for name in objectives]


@contextmanager
def _study(sweep: Path, about: Mapping[str, Any], other_storages: bool) -> Iterator[Study]:
    """The sweep's study, from a file or database that is there: none is made by looking at it."""
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    name, storage = about.get("study") or None, str(about.get("storage") or JOURNAL)
    if "://" in storage and other_storages:
        from mmfusion.training.search.storage import close_storage, open_storage

        kind, _, file = storage.partition(":///")
        if kind.startswith("sqlite") and not Path(file).is_file():
            raise FileNotFoundError(f"{file} is not there")
        opened = open_storage(storage, "storage")
        try:
            yield optuna.load_study(study_name=name, storage=opened)
        finally:
            close_storage(opened)
        return
    # The folder may have been moved since; what else was named is only looked at where that is allowed.
    places = [sweep / JOURNAL, *([sweep / Path(storage).name, Path(storage)] if other_storages else [])]
    journal = next((place for place in places if "://" not in storage and place.is_file()), None)
    if journal is None:
        raise FileNotFoundError(f"{storage} is not there" if other_storages else f"{storage} is not read here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the journal is experimental to Optuna
        opened = JournalStorage(JournalFileBackend(str(journal)))
    yield optuna.load_study(study_name=name, storage=opened)


def _of(study: Study, index: int, objective: str) -> dict[str, Any]:
    """One objective's importances, or why there are none."""
    from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator, get_param_importances
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial, TrialState

    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    count = len(trials)
    methods: dict[str, dict[str, float]] = {}
    entry: dict[str, Any] = {"objective": objective, "trials": count, "methods": methods, "note": None}
    if count < FEWEST:
        return entry | {"note": f"{count} completed trials; {FEWEST} are the fewest that anything is said of"}
    if len({trial.values[index] for trial in trials}) < 2:
        return entry | {"note": "all trials came to the same value"}
    # PED-ANOVA takes low values for good ones, whatever the study's direction is.
    sign = 1.0 if study.directions[index] == StudyDirection.MINIMIZE else -1.0

    def target(trial: FrozenTrial) -> float:
        return sign * float(trial.values[index])

    best = max(TOP, min(0.5, FEWEST_TOP / count))
    notes = []
    for name, evaluator in (
        ("fANOVA", FanovaImportanceEvaluator(seed=0)),
        (f"PED-ANOVA, best {round(best * count)}", PedAnovaImportanceEvaluator(target_quantile=best)),
    ):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values = get_param_importances(study, evaluator=evaluator, target=target)
        except (ValueError, RuntimeError) as error:
            notes.append(f"{name}: {error}")
            continue
        if values:
            methods[name] = {key: float(value) for key, value in values.items()}
        else:
            notes.append(f"{name}: no parameter is in all trials")
    return entry | {"note": "; ".join(notes) or None}
