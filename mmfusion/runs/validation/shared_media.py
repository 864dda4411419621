"""Media that are in more than one split and must not be: one file, files that hold the same, images that look it."""

from __future__ import annotations

from collections import defaultdict

import polars as pl
import torch

from mmfusion.data.table.table import Table
from mmfusion.runs.validation.read_media import ModalityMedia
from mmfusion.runs.validation.related_rows import listed, share_in_training, tested

WORTH_SAYING = 0.01
"""Share of the tested images from which on it is said; one in thousands may look like another by chance."""

TESTED, TRAINED = 2000, 20_000
"""Images that are compared, at most."""

_DIFFERENT = 0.004
"""One minus the correlation of two thumbnails. Saved again it is 0.001, of two handwritten digits 0.007."""


def shared_files(media: ModalityMedia, table: Table) -> str | None:
    """Files that the training split shares with another, as a message."""
    shared = [place for place, splits in media.splits.items() if len(splits) > 1 and "train" in splits]
    if not shared:
        return None
    names = [f"{media.inputs.cells[place]} ({', '.join(sorted(media.splits[place]))})" for place in shared]
    related = share_in_training(pl.Series(media.inputs.places.numpy()).replace(-1, None), table)
    return (
        f"{media.inputs.name}: {len(shared)} files of the training split are in another split too, those of "
        f"{related:.1%} of the {tested(table)} rows among them: {listed(names)}"
    )


def same_content(media: ModalityMedia) -> str | None:
    """Different files that hold the same, one in the training split and one in another, as a message."""
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, fingerprint in media.prints.items():
        places[fingerprint].append(place)
    pairs = []
    for same in places.values():
        training = [place for place in same if "train" in media.splits[place]]
        others = [place for place in same if "train" not in media.splits[place]]
        if training and others:
            there = ", ".join(sorted(media.splits[others[0]]))
            pairs.append(f"{media.inputs.cells[training[0]]} (train) = {media.inputs.cells[others[0]]} ({there})")
    if not pairs:
        return None
    return f"{media.inputs.name}: {len(pairs)} training media are in another split under another name: {listed(pairs)}"


def chosen_and_tested_on(media: ModalityMedia) -> str | None:
    """Media that the checkpoint is chosen on and tested on, under one name or two, as a message."""
    places: dict[bytes | int, list[int]] = defaultdict(list)
    for place in media.splits:
        places[media.prints.get(place, place)].append(place)
    shared = []
    for same in places.values():
        splits = set().union(*(media.splits[place] for place in same))
        if "train" not in splits and {"val", "test"} <= splits:
            shared.append(" = ".join(str(media.inputs.cells[place]) for place in same))
    if not shared:
        return None
    return f"{media.inputs.name}: {len(shared)} media are in both val and test: {listed(shared)}"


def similar_images(media: ModalityMedia, table: Table) -> str | None:
    """Images of training that look like one that is tested on, which is another file, as a message.

    They were saved again as a JPEG of another quality, or in another size.
    """
    known = [place for place in media.thumbnails if "train" in media.splits[place]][:TRAINED]
    others = [place for place, splits in media.splits.items() if place in media.thumbnails and "train" not in splits]
    others = [place for place in others if tested(table) in media.splits[place]][:TESTED]
    if not known or not others:
        return None
    first, second = (torch.stack([media.thumbnails[place] for place in places]).float() for places in (known, others))
    nearest = (second @ first.T).max(dim=1)
    pairs = []
    for place, likeness, at in zip(others, nearest.values.tolist(), nearest.indices.tolist(), strict=True):
        twin = known[at]
        if 1 - likeness <= _DIFFERENT and media.prints.get(place) != media.prints.get(twin):
            pairs.append(f"{media.inputs.cells[twin]} (train) ≈ {media.inputs.cells[place]} ({tested(table)})")
    if len(pairs) < max(1, WORTH_SAYING * len(others)):
        return None
    return (
        f"{media.inputs.name}: {len(pairs)} of {len(others)} {tested(table)} images look like one of training, perhaps "
        f"saved again or in another size: {listed(pairs)}"
    )
