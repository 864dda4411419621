"""mmfusion: any modality encoders × fusion × task sharing × loss weighting from one config."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmfusion.api import compose, train
    from mmfusion.batch import Batch
    from mmfusion.runs.load import load_run
    from mmfusion.training.build import build_data, build_model

__version__ = "0.1.0"
__all__ = ["Batch", "build_data", "build_model", "compose", "load_run", "train"]

_MODULES = {
    "Batch": "mmfusion.batch",
    "build_data": "mmfusion.training.build",
    "build_model": "mmfusion.training.build",
    "compose": "mmfusion.api",
    "load_run": "mmfusion.runs.load",
    "train": "mmfusion.api",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import mmfusion` and the command line start without torch."""
    if name not in _MODULES:
        raise AttributeError(f"module 'mmfusion' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
