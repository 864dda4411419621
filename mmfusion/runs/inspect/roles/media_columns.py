"""Columns of paths: modalities of media, and videos, which are none."""

from __future__ import annotations

import polars as pl

from mmfusion.data.decode.broken import ADVICE
from mmfusion.data.decode.paths import Place, joined_paths
from mmfusion.runs.inspect.columns.media_paths import MediaColumn, look
from mmfusion.runs.inspect.plan import Plan

_MOST_FOLDERS = 0.9  # of as many different folders as files, none is a folder


def find_media(plan: Plan, name: str, root: Place, kind: str | None = None) -> bool:
    """Decide that a column holds paths of media, if it does: alone, or behind the folders that another column names."""
    media = look(plan.columns[name], root, kind)
    if media is None:
        return False
    suffixes = f"paths ending in {', '.join(media.suffixes)}" if media.suffixes else "paths"
    if media.kind in ADVICE:
        plan.ignore(name, f"{suffixes}: {media.kind}s", ADVICE[media.kind])
        return True
    others = []
    if media.looked_for and not media.present:
        for other in plan.columns:
            behind = _behind(plan, other, name, root, media.kind)
            if behind is not None and behind.present > media.present:
                media, others = behind, [other]
    reason = f"{suffixes} in the folders that `{others[0]}` names" if others else suffixes
    there = f"{media.present} of {media.looked_for} looked for are there" if media.looked_for else "not looked for"
    reason += f"; {there}" + (f"; {media.headers}" if media.headers else "")
    warning = media.missing or ""
    warning += "; is --root right?" if warning and not media.present and "; there is " not in warning else ""
    plan.decide(name, "modality", media.kind, reason, warning=warning, arguments=media.arguments, others=others)
    return True


def _behind(plan: Plan, folder: str, file: str, root: Place, kind: str) -> MediaColumn | None:
    """The media whose folder another column names, if it may be one."""
    cells, stats = plan.columns[folder], plan.profiles[folder]
    text = isinstance(cells, pl.Series) and (cells.dtype == pl.String or cells.dtype.is_integer())
    if folder == file or not text or not stats.filled or stats.words > 3 or stats.distinct > _MOST_FOLDERS * plan.rows:
        return None
    return look(joined_paths([cells, plan.columns[file]]), root, kind)
