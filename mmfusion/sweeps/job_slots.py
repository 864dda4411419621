"""How many jobs run at a time, and which GPUs each of them sees."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence

from mmfusion.config.errors import ConfigError
from mmfusion.hardware import usable_cores


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; asked of the driver, not of torch."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S607
    except (OSError, subprocess.SubprocessError):
        return []
    return re.findall(r"^GPU (\d+):", listed.stdout, re.MULTILINE)


class Slots:
    """Places for `jobs` jobs at a time, with `gpus` shared out among them.

    By hand, for no library of locks or processes shares out GPUs by the number that a job's config asks for.

    Args:
        jobs: at a time; None is as many as there are GPUs for, or one for two cores where no GPU is used.
        gpus: their names.
        per_job: GPUs a job; None is as many as its trainer asks for.
    """

    def __init__(self, jobs: int | None, gpus: Sequence[str], per_job: int | None = None) -> None:
        self.jobs = jobs or (len(gpus) if gpus and per_job != 0 else max(1, usable_cores() // 2))
        self.per_job = per_job
        self._gpus = list(gpus)
        self._held: dict[int, list[str]] = {}

    @property
    def counts_gpus(self) -> bool:
        """Whether a job's `trainer` section matters."""
        return self.per_job is None and bool(self._gpus)

    def needs(self, trainer: Mapping[str, object]) -> int:
        """GPUs of a job with that `trainer` section; refuses more than there are, and particular ones.

        Raises:
            ConfigError: more than there are, or particular ones.
        """
        there = len(self._gpus)
        if self.per_job is not None:
            needed = self.per_job
        elif not there or trainer.get("accelerator") not in ("auto", "gpu", "cuda"):
            return 0
        else:
            devices = trainer.get("devices", 1)
            if isinstance(devices, list | tuple):
                raise ConfigError(
                    f"trainer.devices={list(devices)} names GPUs, but a sweep gives them out: write "
                    f"trainer.devices={len(devices)}, and CUDA_VISIBLE_DEVICES=… before the command to choose"
                )
            needed = int(str(devices)) if str(devices).isdecimal() else there  # -1 and auto take all
        if needed > there:
            raise ConfigError(
                f"a job needs {needed} GPUs and there are {there}: see trainer.devices, hydra.launcher.gpus_per_job"
            )
        return needed

    def has_slot(self, gpus: int) -> bool:
        return len(self._held) < self.jobs and gpus <= len(self._free())

    def take(self, job: int, gpus: int) -> list[str]:
        """Give a job its GPUs, in the machine's order."""
        assert self.has_slot(gpus)
        self._held[job] = self._free()[:gpus]
        return self._held[job]

    def give_back(self, job: int) -> None:
        del self._held[job]

    def _free(self) -> list[str]:
        held = {name for names in self._held.values() for name in names}
        return [name for name in self._gpus if name not in held]
