"""What a run ran on, and how much memory it took."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import psutil


def usable_cores() -> int:
    """CPU cores that this process may use; where the system knows no such limit (macOS), all."""
    process = psutil.Process()
    return len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1


def hardware() -> dict[str, Any]:
    """Processor, cores that this process may use, memory, GPUs."""
    import torch

    return {
        "system": platform.platform(),
        "host": platform.node(),
        "processor": _processor(),
        "cores": psutil.cpu_count(),
        "usable_cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpus": [
            {
                "name": torch.cuda.get_device_properties(i).name,
                "memory_bytes": torch.cuda.get_device_properties(i).total_memory,
            }
            for i in range(torch.cuda.device_count())
        ],
        "cuda": torch.version.cuda,
    }


def peak_memory() -> dict[str, int | None]:
    """Bytes that this process held at most: of the machine's memory, and allocated on its GPU."""
    import torch

    return {
        "peak_memory_bytes": _peak_resident(),
        "peak_gpu_memory_bytes": torch.cuda.max_memory_allocated() if torch.cuda.is_initialized() else None,
    }


def _peak_resident() -> int | None:
    # By hand, for psutil has the peak on Windows alone.
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: after a fork it starts at the parent's peak.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return getattr(psutil.Process().memory_info(), "peak_wset", None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _processor() -> str:
    # By hand, for psutil has no name of it and Python's own is empty on Linux.
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
