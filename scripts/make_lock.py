"""Write requirements.lock from what the running environment holds (`make lock`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEADER = """\
# What was tested, pinned: Python 3.11 and 3.12, one resolve for everything, so that torch, torchvision and
# torchaudio always match. Written by `make lock`; names no index.
"""
LINUX_ONLY = ("nvidia-", "cuda-", "triton==")  # torch's CUDA parts have no wheels elsewhere


def main() -> None:
    command = [sys.executable, "-m", "pip", "freeze", "--all", "--exclude-editable"]
    frozen = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    pins = [line.strip() for line in frozen if "==" in line and not line.startswith("pip==")]
    lines = [f'{pin}; sys_platform == "linux"' if pin.startswith(LINUX_ONLY) else pin for pin in pins]
    Path("requirements.lock").write_text(HEADER + "\n".join(lines) + "\n")
    print(f"requirements.lock: {len(lines)} packages")


if __name__ == "__main__":
    main()
