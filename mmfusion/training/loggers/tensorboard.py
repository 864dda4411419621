"""TensorBoard, an optional dependency."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from pytorch_lightning.loggers import TensorBoardLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_only


class TensorBoard(TensorBoardLogger):
    """Writes event files to `tensorboard/` in the run's folder; `tensorboard --logdir outputs` shows all runs.

    Raises:
        ModuleNotFoundError: tensorboard is not installed.
    """

    def __init__(self, folder: str, run: str) -> None:
        if find_spec("tensorboard") is None:
            raise ModuleNotFoundError("logger=tensorboard needs tensorboard: pip install 'mmfusion[tensorboard]'")
        super().__init__(save_dir=folder, name="tensorboard", version="")

    @rank_zero_only
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """The run's folder holds `config.yaml`; TensorBoard's own table of it would need every metric's name before."""

    @rank_zero_only
    def save(self) -> None:
        """Lightning would write an `hparams.yaml` here after every row."""
