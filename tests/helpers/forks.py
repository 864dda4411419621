"""Processes that begin with everything imported: forks of a server, in place of interpreters that first import torch.

processes = start_ranks(main, [(["train", "trainer=ddp"],)] * 2, tmp_path)
assert finish(processes) == [0, 0], log(tmp_path, 0)
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.helpers.waiting import PATIENCE

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["mmfusion.runs.train", "mmfusion.training.build", "mmfusion.training.trainer"])


def start_ranks(target: Callable[..., Any], arguments: Sequence[tuple], folder: Path) -> list[BaseProcess]:
    """Start a process for each tuple of arguments, as torchrun would: the ranks of one world on this machine.

    Args:
        target: a function of a module; what it returns is the exit code.
        arguments: of each rank.
        folder: the working directory; the ranks print to files in it, see `log`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank, given in enumerate(arguments):
        error_file = folder / "errors" / str(rank) / "error.json"
        error_file.parent.mkdir(parents=True)
        environment = {
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "TORCHELASTIC_RUN_ID": "test",
            "TORCHELASTIC_ERROR_FILE": str(error_file),
            "GROUP_RANK": "0",
            **dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank)),
            **dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), str(len(arguments))),
        }
        processes.append(_CONTEXT.Process(target=_run, args=(target, given, folder, rank, os.environ | environment)))
        processes[-1].start()
    return processes


def finish(processes: Sequence[BaseProcess]) -> list[int | None]:
    """The exit codes of processes that end by themselves; whichever does not is killed."""
    for process in processes:
        process.join(PATIENCE)
    for process in processes:
        process.kill()
        process.join()
    return [process.exitcode for process in processes]


def log(folder: Path, rank: int) -> str:
    """What a rank has printed."""
    return (folder / f"rank{rank}.log").read_text()


def _run(target: Callable[..., Any], arguments: tuple, folder: Path, rank: int, environment: dict[str, str]) -> None:
    with (folder / f"rank{rank}.log").open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["mmfusion"]
    sys.exit(target(*arguments))
