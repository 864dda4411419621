"""The options of every group of mmfusion's own configs, and which of them exclude each other."""

from __future__ import annotations

import yaml

from mmfusion.config.folders import groups, own_folder
from mmfusion.config.instantiate import locate

OPTIONS = {group: sorted(options) for group, options in groups([own_folder()]).items()}


def never_fills(fusion: str) -> bool:
    """Whether the fusion leaves absent modalities out, so that a config with placeholders is refused."""
    text = (own_folder() / "fusion" / f"{fusion}.yaml").read_text(encoding="utf-8")
    return locate(yaml.safe_load(text)["_target_"], "fusion").level == "decision"


NEVER = [(("fusion", name), ("modality", "placeholders")) for name in OPTIONS["fusion"] if never_fills(name)]
