"""What a run ran on, and how much memory it took."""

from __future__ import annotations

import platform
import re
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
            {"name": gpu.name, "memory_bytes": gpu.total_memory}
            for gpu in map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
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
    # Not getrusage where it can be helped: after a fork it starts at the parent's peak.
    if (peak := _entry("/proc/self/status", "VmHWM")) is not None:
        return int(peak.split()[0]) * 1024
    try:
        import resource
    except ImportError:
        return getattr(psutil.Process().memory_info(), "peak_wset", None)
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return resident if sys.platform == "darwin" else resident * 1024


def _processor() -> str:
    # By hand, for psutil has no name of it and Python's own is empty on Linux.
    return _entry("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()


def _entry(path: str, name: str) -> str | None:
    """The first value of a name in one of Linux's files; None elsewhere."""
    text = Path(path).read_text() if Path(path).exists() else ""
    match = re.search(rf"^{name}\s*:\s*(.+?)\s*$", text, re.MULTILINE)
    return match[1] if match else None
