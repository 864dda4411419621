"""What the jobs of a sweep want of their table's split, checked on the table before the first of them starts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from mmfusion.config.errors import ConfigError
from mmfusion.config.names import MANIFEST
from mmfusion.config.sections import SOURCE_KEYS
from mmfusion.config.split_rules import validates

T = TypeVar("T", bound=Hashable)


def refused_splits(configs: Mapping[T, Mapping[str, Any]]) -> dict[T, ConfigError]:
    """The jobs whose table cannot be split as they want, with why: each table is read once, each split made once.

    A table that cannot be read at all is for the job to report: it may run on a machine where the table is another.
    """
    tables: dict[str, dict[str, list[T]]] = defaultdict(lambda: defaultdict(list))
    for job, config in configs.items():
        data = {key: value for key, value in config["data"].items() if key not in SOURCE_KEYS}
        if data.pop("_target_") == MANIFEST and "split" in data:
            split = json.dumps(data.pop("split"), sort_keys=True)
            tables[json.dumps(data, sort_keys=True)][split].append(job)
    refused: dict[T, ConfigError] = {}
    for source, jobs in tables.items():
        wrong = _wrong(json.loads(source), [json.loads(split) for split in jobs])
        for jobs_of_split, why in zip(jobs.values(), wrong, strict=True):
            refused |= {job: ConfigError(why) for job in jobs_of_split if why is not None}
    return refused


def _wrong(source: Mapping[str, Any], splits: Sequence[Any]) -> Iterator[str | None]:
    """Why each split cannot be made, None where it can."""
    from mmfusion.data.checks import check_splits  # slow to import, and of no use to other data
    from mmfusion.data.errors import DataError
    from mmfusion.data.sources.manifest import ManifestSource

    with suppress(DataError):  # the table cannot be read
        for split, table in zip(splits, ManifestSource(**source, split=splits[0]).try_splits(splits), strict=True):
            try:
                if isinstance(table, DataError):
                    raise table
                check_splits(table, validates(split))
            except DataError as error:
                yield str(error)
            else:
                yield None
        return
    yield from [None] * len(splits)
