"""Images that look the same though their files differ: saved again as a JPEG of another quality, or in another size."""

from __future__ import annotations

import torch

from mmfusion.data.table.table import Table
from mmfusion.runs.validation.read_media import Media
from mmfusion.runs.validation.shared_media import listed, splits_of, tested

WORTH_SAYING = 0.01
"""Share of the tested images from which on it is said; one in thousands may look like another by chance."""

TESTED, TRAINED = 2000, 20_000
"""Images that are compared, at most."""

_DIFFERENT = 0.004
"""One minus the correlation of two thumbnails. Saved again it is 0.001, of two handwritten digits 0.007."""


def nearly_the_same_images(media: Media, table: Table) -> str | None:
    """Images of training that look like one that is tested on, which is another file, as a message."""
    splits = splits_of(media, table)
    known = [place for place in media.thumbnails if "train" in splits.get(place, ())][:TRAINED]
    others = [place for place, found in splits.items() if place in media.thumbnails and "train" not in found]
    others = [place for place in others if tested(table) in splits[place]][:TESTED]
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
