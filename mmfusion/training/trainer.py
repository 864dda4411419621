"""From `trainer` config to Lightning's `Trainer`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt, Interval
from pytorch_lightning import Callback, Trainer
from pytorch_lightning.callbacks import Checkpoint, ProgressBar
from pytorch_lightning.loggers import Logger
from pytorch_lightning.loggers.logger import DummyLogger
from pytorch_lightning.plugins import MixedPrecision, Precision
from pytorch_lightning.profilers import AdvancedProfiler, PyTorchProfiler, SimpleProfiler
from pytorch_lightning.strategies import DDPStrategy, Strategy
from pytorch_lightning.utilities import GradClipAlgorithmType
from pytorch_lightning.utilities.exceptions import MisconfigurationException
from torch.optim import Optimizer

from mmfusion.config.errors import ConfigError, suggest
from mmfusion.training.sharding import FullySharded

_PROFILERS: dict[str, Any] = {"simple": SimpleProfiler, "advanced": AdvancedProfiler, "pytorch": PyTorchProfiler}

Share = Annotated[float, Interval(ge=0, le=1)]
Batches = Annotated[int, Ge(0)]


@dataclass
class TrainerConfig:
    """The `trainer` section; what has no comment here is Lightning's argument of that name.

    Attributes:
        accelerator: auto takes a GPU if there is one.
        devices: how many, which (a list), or auto: all GPUs. Under torchrun, what torchrun started.
        strategy: auto is ddp where there is more than one process.
        precision: fp32, bf16-mixed or 16-mixed (a GPU's).
        deterministic: bit-equal on the same machine; operations that cannot be so raise, or warn with `warn`.
        log_every_n_steps: optimizer steps from one that is logged to the next; 0 logs none.
        overfit_batches: train on so many batches, or such a share of them, and validate on the very same rows.
        profiler: null, simple, advanced or pytorch; its report goes to the run's folder.
        enable_progress_bar: auto shows it on a terminal, and elsewhere writes a line every 30 seconds.
        threads: CPU threads of each process; null leaves the choice to torch, divided among a machine's ranks.
        timeout_s: after so long a rank that waits for another gives up.
        refit: train once more from scratch, with the validation rows, for as many steps as the best checkpoint.
    """

    accelerator: Literal["auto", "cpu", "gpu", "mps"]
    devices: Annotated[int, Ge(1)] | Literal[-1, "auto"] | Sequence[int]
    num_nodes: Annotated[int, Ge(1)]
    strategy: Literal["auto", "ddp", "fsdp"]
    precision: Literal["fp32", "bf16-mixed", "16-mixed"]
    max_epochs: Annotated[int, Ge(-1)] | None
    max_steps: Annotated[int, Ge(-1)]
    accumulate_grad_batches: Annotated[int, Ge(1)]
    gradient_clip_val: Annotated[float, Ge(0)] | None
    gradient_clip_algorithm: Literal["norm", "value"]
    deterministic: bool | Literal["warn"]
    log_every_n_steps: Annotated[int, Ge(0)]
    limit_train_batches: Batches | Share | None
    limit_val_batches: Batches | Share | None
    limit_test_batches: Batches | Share | None
    val_check_interval: Annotated[int, Ge(1)] | Annotated[float, Interval(gt=0, le=1)] | None
    check_val_every_n_epoch: Annotated[int, Ge(1)] | None
    num_sanity_val_steps: Annotated[int, Ge(-1)]
    sync_batchnorm: bool
    overfit_batches: Batches | Share
    detect_anomaly: bool
    profiler: Literal["simple", "advanced", "pytorch"] | None
    fast_dev_run: bool | Annotated[int, Ge(0)]
    enable_progress_bar: bool | Literal["auto"]
    threads: Annotated[int, Ge(1)] | None
    timeout_s: Annotated[float, Gt(0)]
    refit: bool = False


def build_trainer(
    cfg: Mapping[str, Any], callbacks: Sequence[Callback], loggers: Sequence[Logger], folder: Path | str
) -> Trainer:
    """A trainer for the `trainer` section `cfg`; ConfigError for what this machine cannot do."""
    own = ("devices", "strategy", "precision", "profiler", "enable_progress_bar", "threads", "timeout_s", "refit")
    arguments = {field.name: cfg[field.name] for field in fields(TrainerConfig) if field.name not in own}
    on_gpu = cfg["accelerator"] == "gpu" or (cfg["accelerator"] == "auto" and torch.cuda.is_available())
    if cfg["precision"] == "16-mixed" and not on_gpu:
        raise ConfigError("trainer.precision=16-mixed needs a GPU; use bf16-mixed or fp32 on a CPU")
    if cfg["max_epochs"] is None and cfg["max_steps"] == -1:
        raise ConfigError("trainer: set max_epochs or max_steps, or training would not end; max_epochs=-1 means it")
    devices, nodes = _devices(cfg)
    arguments["num_nodes"] = nodes
    if cfg["threads"] is not None:
        torch.set_num_threads(cfg["threads"])
        if devices != 1:
            os.environ["OMP_NUM_THREADS"] = str(cfg["threads"])  # or Lightning would divide the cores once more
    profiler = cfg["profiler"] and _PROFILERS[cfg["profiler"]](dirpath=str(folder), filename="profile")
    strategy = _strategy(cfg, devices, nodes, on_gpu)
    try:
        return Trainer(
            **arguments,
            devices=devices,
            strategy=strategy,
            **_precision(cfg, on_gpu),
            profiler=profiler,
            callbacks=list(callbacks),
            logger=list(loggers) or DummyLogger(),  # some of Lightning's callbacks refuse to go without one
            default_root_dir=str(folder),
            # callbacks/progress.py and checkpoint.py do what Lightning would add by itself; a user may add it.
            enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
            enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
            enable_model_summary=False,  # the parameters are counted in result.json
            use_distributed_sampler=False,  # the data module shards rows without repeating any
        )
    except MisconfigurationException as error:
        raise ConfigError(f"trainer: {' '.join(str(error).split())}") from error


def check_trainer(cfg: Mapping[str, Any]) -> None:
    """Refuse what `build_trainer` would, before data is read or a folder is made."""
    build_trainer({**cfg, "profiler": None}, [], [], ".")


def check_backend(name: str) -> None:
    """Refuse a backend that `torch.compile` does not have; a dotted name is a module's, which torch looks for."""
    known = torch.compiler.list_backends(exclude_tags=())
    if name not in known and "." not in name:
        raise ConfigError(f"compile.backend: there is no {name!r}; {suggest(name, known)}")


def progress_of(cfg: Mapping[str, Any]) -> bool | Literal["lines"]:
    """True for a progress bar, `lines` where none was turned down and there is no terminal to draw it on."""
    wanted: bool | Literal["auto"] = cfg["enable_progress_bar"]
    return (sys.stderr.isatty() or "lines") if wanted == "auto" else wanted


def reconcile(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """The config with `optimizer.fused: auto` settled where the trainer decides it.

    A fused optimizer takes the scale off fp16 gradients inside its own kernel, too late for clipping.
    """
    settled = dict(cfg)
    trainer, optimizer = cfg["trainer"], cfg["optimizer"]
    if optimizer.get("fused") == "auto" and trainer["precision"] == "16-mixed" and trainer["gradient_clip_val"]:
        settled["optimizer"] = {**optimizer, "fused": False}
    return settled


def _devices(cfg: Mapping[str, Any]) -> tuple[Any, int]:
    """Devices a node, and nodes; torchrun has started its processes already and knows both."""
    devices, nodes = cfg["devices"], cfg["num_nodes"]
    if "TORCHELASTIC_RUN_ID" in os.environ and devices in (1, "auto"):
        local = int(os.environ["LOCAL_WORLD_SIZE"])
        return local, int(os.environ["WORLD_SIZE"]) // local
    return devices if isinstance(devices, int | str) else list(devices), nodes


def _strategy(cfg: Mapping[str, Any], devices: Any, nodes: int, on_gpu: bool) -> Strategy | str:
    timeout = timedelta(seconds=cfg["timeout_s"])
    if cfg["strategy"] == "fsdp":
        return FullySharded(process_group_backend="nccl" if on_gpu else "gloo", timeout=timeout)
    alone = nodes == 1 and (devices == 1 or (devices == "auto" and (not on_gpu or torch.cuda.device_count() == 1)))
    if cfg["strategy"] == "auto" and (alone or (isinstance(devices, list) and len(devices) == 1)):
        return "auto"
    return DDPStrategy(
        process_group_backend="nccl" if on_gpu else "gloo",
        timeout=timeout,
        find_unused_parameters=False,  # every parameter has a gradient in every step
        gradient_as_bucket_view=True,
    )


class _BFloat16(MixedPrecision):
    """Lets gradients of a fused optimizer be clipped: bfloat16 needs no loss scale, so there is none to take off."""

    def clip_gradients(
        self,
        optimizer: Optimizer,
        clip_val: int | float = 0.0,
        gradient_clip_algorithm: GradClipAlgorithmType = GradClipAlgorithmType.NORM,
    ) -> None:
        Precision.clip_gradients(self, optimizer, clip_val, gradient_clip_algorithm)


def _precision(cfg: Mapping[str, Any], on_gpu: bool) -> dict[str, Any]:
    if cfg["precision"] == "bf16-mixed":
        return {"plugins": [_BFloat16("bf16-mixed", "cuda" if on_gpu else "cpu")]}
    return {"precision": {"fp32": "32-true"}.get(cfg["precision"], cfg["precision"])}
