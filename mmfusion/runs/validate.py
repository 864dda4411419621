"""`mmfusion validate experiment=…`: read all data once and say everything that is wrong or odd about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from rich.console import Console

from mmfusion.config.split_rules import SPLITS
from mmfusion.data.batches.modality import cells_of
from mmfusion.data.checks import check_columns, check_ids, check_present, check_splits, untested, unvalidated
from mmfusion.data.errors import DataError, Problems, str_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.module import MultiModalData
from mmfusion.data.set_up import fit_training
from mmfusion.data.table.number_columns import in_points
from mmfusion.data.table.table import Table
from mmfusion.progress import busy
from mmfusion.runs.validation.findings import Findings, print_findings
from mmfusion.runs.validation.label_checks import read_tasks
from mmfusion.runs.validation.leak_checks import leaks
from mmfusion.runs.validation.media_checks import ModalityMedia, read_media
from mmfusion.runs.validation.odd_values import missing_spellings, rounded_numbers, similar_levels, unknown_words
from mmfusion.runs.validation.related_rows import shared_groups, similar_texts, unseen_groups
from mmfusion.tasks._base import Task
from mmfusion.training.build import build_data


def validate(cfg: Mapping[str, Any], console: Console | None = None) -> Findings:
    """Read all data of a (checked) config, print what was found, and give it back.

    Errors are what training would refuse, and what makes its scores worthless: media that cannot be read, labels that
    no task allows, rows without any modality, files or groups that are in training and in another split. Everything
    else is a warning.

    Raises:
        DataError: the table itself cannot be read, or a column that the config names is not there.
    """
    data, tasks = build_data(cfg)
    with busy("reading all data"):
        table, findings = _examine(data, tasks)
    print_findings(findings, table.name, data.kinds, tasks, console or Console())
    return findings


def _examine(data: MultiModalData, tasks: Mapping[str, Task]) -> tuple[Table, Findings]:
    table = data.source.read()
    check_columns(table, data.kinds, tasks)
    counts = Counter(table.splits)
    findings = Findings(rows={split: counts[split] for split in SPLITS if counts[split]})
    errors, warnings = findings.errors, findings.warnings
    for check in (lambda: check_ids(table), lambda: check_splits(table, data.validates)):
        try:
            check()
        except DataError as error:
            errors.append(str(error))
    try:
        table = in_points(table, data.kinds, tasks)
    except DataError as error:
        errors.append(str(error))
    media = _read_modalities(table, data.kinds, findings)
    files = [of_kind for of_kind in media if of_kind.inputs.kind.reads_files]
    _check_absent(table, data.kinds, findings, refused=data.loader.rows_without_modality == "refuse")
    unknown_words(table, data.kinds, findings)
    warnings += similar_levels(table, data.kinds) + rounded_numbers(table, data.kinds, tasks)
    read_tasks(table, tasks, findings)
    split = getattr(data.source, "split", {})
    errors += filter(None, (of_kind.shared_files() for of_kind in files))
    if split.get("group") is not None:
        errors += filter(None, [shared_groups(table, split["group"])])
    if "train" in findings.rows and not data.validates:
        warnings.append(unvalidated(table.name))
    if "train" in findings.rows and "test" not in findings.rows:
        warnings.append(untested(table.name))
    warnings += filter(None, (of_kind.same_content() for of_kind in media))
    warnings += filter(None, (of_kind.similar_images() for of_kind in media))
    warnings += filter(None, (of_kind.chosen_and_tested_on() for of_kind in files))
    not_empty = getattr(getattr(data.source, "settings", None), "not_empty", None)
    warnings += missing_spellings(data.kinds, findings.classes, not_empty)
    if split.get("group") is None:
        warnings += unseen_groups(table, data.kinds, tasks, split)
    warnings += filter(None, [similar_texts(table, data.kinds)])
    warnings += leaks(table, data.kinds, tasks)
    return table, findings


def _read_modalities(table: Table, kinds: Mapping[str, Kind], findings: Findings) -> list[ModalityMedia]:
    """Fit each kind on the training rows and read all media; note what cannot be read."""
    media = []
    train = table.take(table.where("train"))
    for name, kind in kinds.items():
        unfit = None
        try:
            fit_training(train, {name: kind}, {})
        except DataError as error:
            unfit = str(error)
        if unfit is not None and not kind.reads_files:
            findings.errors.append(unfit)
            continue
        # Files are read whether or not there was one to learn a shape from: each says itself what is wrong with it.
        modality = read_media(name, kind, table)
        media.append(modality)
        findings.media[name] = len(modality.inputs.cells)
        unreadable, problems = modality.unreadable(), Problems(table.name)
        findings.unreadable[name] = len(unreadable)
        for row, place in unreadable.items():
            cell, why = str(modality.inputs.cells[place]), modality.broken[place]
            problems.add(int(table.rows[row]), ", ".join(modality.inputs.columns), cell, why)
        if unfit is not None and all(table.splits[row] != "train" for row in unreadable):
            findings.errors.append(unfit)
        if unreadable:
            findings.errors.append(f"{name}: media that cannot be read: {str_of(problems.first, len(problems))}")
    return media


def _check_absent(table: Table, kinds: Mapping[str, Kind], findings: Findings, *, refused: bool) -> None:
    """Shares of absent modalities, and rows that have none at all."""
    present = {}
    for name, kind in kinds.items():
        there = cells_of(table, name, kind).filled()
        findings.absent[name] = {split: 1 - float(there[table.where(split)].mean()) for split in findings.rows}
        present[name] = torch.from_numpy(there)
    problems = Problems(table.name)
    check_present(table, present, problems)
    if problems.count:
        (findings.errors if refused else findings.warnings).append(str_of(problems.first, len(problems)))
