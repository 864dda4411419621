"""MLflow, an optional dependency."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from pytorch_lightning.loggers import MLFlowLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_only

_UNKNOWN = re.compile(r"[^\w/. ]")


class MLflow(MLFlowLogger):
    """Writes `mlflow/` in the run's folder, or to a tracking server or a database that many runs share.

    The run's own store is MLflow's file store, which `mlflow-skinny` has without a database
    (`MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri <run>/mlflow`).

    Args:
        experiment: where MLflow files it.
        tracking_uri: a server (`http://…`) or database (`sqlite:///…`); None keeps the run's own store.

    Raises:
        ModuleNotFoundError: mlflow is not installed.
    """

    def __init__(self, folder: str, run: str, experiment: str = "mmfusion", tracking_uri: str | None = None) -> None:
        if find_spec("mlflow") is None:
            raise ModuleNotFoundError("logger=mlflow needs mlflow: pip install 'mmfusion[mlflow]'")
        if tracking_uri is None:
            tracking_uri = (Path(folder).resolve() / "mlflow").as_uri()
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3 refuses file stores otherwise
        super().__init__(experiment_name=experiment, run_name=run, tracking_uri=tracking_uri)

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """MLflow has no brackets, plus or tilde in names: `test[a+b]/sum/mae` becomes `test.a.b/sum/mae`."""
        super().log_metrics({_UNKNOWN.sub(".", name.replace("]", "")): value for name, value in metrics.items()}, step)
