"""`mmfusion validate experiment=…`: read all data once and say everything that is wrong or odd about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from rich.console import Console

from mmfusion.data.batches.modality import cells_of
from mmfusion.data.checks import check_columns, check_ids, check_present, check_splits, untested, unvalidated
from mmfusion.data.errors import DataError, Problems, str_of
from mmfusion.data.kinds._base import Kind
from mmfusion.data.module import MultiModalData
from mmfusion.data.prepare import fit_training
from mmfusion.data.table.number_columns import in_points
from mmfusion.data.table.table import Table
from mmfusion.progress import busy
from mmfusion.runs.validation.findings import SPLITS, Report
from mmfusion.runs.validation.label_checks import read_tasks
from mmfusion.runs.validation.leak_checks import leaks
from mmfusion.runs.validation.missing import missing_spellings
from mmfusion.runs.validation.near_copies import nearly_the_same_images
from mmfusion.runs.validation.odd_values import odd_levels
from mmfusion.runs.validation.print_findings import show
from mmfusion.runs.validation.read_media import Media, read_media
from mmfusion.runs.validation.related_rows import nearly_the_same_texts, unseen_groups
from mmfusion.runs.validation.rounding import rounded_numbers
from mmfusion.runs.validation.shared_media import chosen_and_tested_on, same_content, shared_files, shared_groups
from mmfusion.runs.validation.unknown_words import unknown_words
from mmfusion.tasks._base import Task
from mmfusion.training.build import build_data


def validate(cfg: Mapping[str, Any], console: Console | None = None) -> Report:
    """Read all data of a config, print what was found, and give it back.

    Errors are what training would refuse, and what makes its scores worthless: media that cannot be read, labels that
    no task allows, rows without any modality, files or groups that are in training and in another split. Everything
    else is a warning.

    Args:
        cfg: a checked config.
        console: where to print.

    Raises:
        DataError: the table itself cannot be read, or a column that the config names is not there.
    """
    data, tasks = build_data(cfg)
    with busy("reading all data"):
        table, report = _examine(data, tasks)
    show(report, table.name, data.kinds, tasks, console or Console())
    return report


def _examine(data: MultiModalData, tasks: Mapping[str, Task]) -> tuple[Table, Report]:
    table = data.source.read()
    check_columns(table, data.kinds, tasks)
    splits = np.asarray(table.splits, dtype=object)
    report = Report(rows={split: int((splits == split).sum()) for split in SPLITS if (splits == split).any()})
    for check in (lambda: check_ids(table), lambda: check_splits(table, data.validates)):
        try:
            check()
        except DataError as error:
            report.errors.append(str(error))
    try:
        table = in_points(table, data.kinds, tasks)
    except DataError as error:
        report.errors.append(str(error))
    media = _read_modalities(table, data.kinds, report)
    _check_bare(table, data.kinds, report, refused=data.loader.rows_without_modality == "refuse")
    unknown_words(table, data.kinds, report)
    report.warnings += odd_levels(table, data.kinds) + rounded_numbers(table, data.kinds, tasks)
    read_tasks(table, tasks, report)
    found = [shared_files(each, table) for each in media if each.inputs.kind.reads_files]
    split = getattr(data.source, "split", {})
    if split.get("group") is not None:
        found.append(shared_groups(table, split["group"]))
    report.errors += [message for message in found if message is not None]
    if "train" in report.rows and not data.validates:
        report.warnings.append(unvalidated(table.name))
    if "train" in report.rows and "test" not in report.rows:
        report.warnings.append(untested(table.name))
    copies = [same_content(each, table) for each in media]
    copies += [nearly_the_same_images(each, table) for each in media]
    copies += [chosen_and_tested_on(each, table) for each in media if each.inputs.kind.reads_files]
    report.warnings += [message for message in copies if message is not None]
    settings = getattr(data.source, "settings", None)
    report.warnings += missing_spellings(data.kinds, report, getattr(settings, "not_empty", None))
    if split.get("group") is None:
        report.warnings += unseen_groups(table, data.kinds, tasks, split)
    alike = nearly_the_same_texts(table, data.kinds)
    report.warnings += [alike] if alike is not None else []
    report.warnings += leaks(table, data.kinds, tasks)
    return table, report


def _read_modalities(table: Table, kinds: Mapping[str, Kind], report: Report) -> list[Media]:
    """Fit each kind on the training rows and read all media; what cannot be read goes into the report."""
    media = []
    train = table.take(table.where("train"))
    for name, kind in kinds.items():
        unfit = None
        try:
            fit_training(train, {name: kind}, {})
        except DataError as error:
            unfit = str(error)
        if unfit is not None and not kind.reads_files:
            report.errors.append(unfit)
            continue
        # Files are read whether or not there was one to learn a shape from: each says itself what is wrong with it.
        each = read_media(name, kind, table)
        media.append(each)
        report.media[name] = len(each.inputs.cells)
        unreadable = each.unreadable(table)
        report.unreadable += unreadable
        if unfit is not None and all(row.split != "train" for row in unreadable):
            report.errors.append(unfit)
        if unreadable:
            problems = Problems(table.name)
            for row in unreadable:
                problems.add(row.row, ", ".join(kind.columns or [name]), row.cell, row.why)
            report.errors.append(f"{name}: media that cannot be read: {str_of(problems.first, len(problems))}")
    return media


def _check_bare(table: Table, kinds: Mapping[str, Kind], report: Report, *, refused: bool) -> None:
    """Shares of absent modalities, and rows that have none at all."""
    present = {}
    for name, kind in kinds.items():
        there = cells_of(table, name, kind).filled()
        report.absent[name] = {split: 1 - float(there[table.where(split)].mean()) for split in report.rows}
        present[name] = torch.from_numpy(there)
    problems = Problems(table.name)
    check_present(table, present, problems)
    if problems.count:
        (report.errors if refused else report.warnings).append(str_of(problems.first, len(problems)))
