"""mmfusion: any modality encoders × fusion × task sharing × loss weighting from one config."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmfusion.runs.load import load_run

__version__ = "0.1.0"
__all__ = ["load_run"]


def __getattr__(name: str) -> Any:
    """`mmfusion.load_run` on first use, so that `import mmfusion` and the command line start without torch."""
    if name == "load_run":
        from mmfusion.runs.load import load_run

        return load_run
    raise AttributeError(f"module 'mmfusion' has no attribute {name!r}")
