"""A run of two processes on CPUs that is stopped. One that completes: tests/sweeps/test_real.py."""

import os
import signal
import subprocess
import sys

import psutil

from mmfusion.store.folder import RUN_VARIABLE, RunFolder
from mmfusion.store.owner import identity, is_alive
from mmfusion.store.run import read_result
from tests.helpers.waiting import PATIENCE, ended, until

TWO = ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu", "report.plots=false", "data.loader.batch_size=16"]


def test_a_signal_to_rank_0_ends_both(conf_dir, repo, tmp_path):
    run = tmp_path / "run"
    environment = {name: value for name, value in os.environ.items() if name != RUN_VARIABLE}
    words = ["--config-dir", conf_dir, "experiment=small", *TWO, f"paths.run={run}", "trainer.max_epochs=100000"]
    process = subprocess.Popen(
        [sys.executable, repo / "scripts" / "train.py", *words],
        env=environment | {"PYTHONPATH": str(repo), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with ended(process):
        until(lambda: (run / "checkpoints" / "last.ckpt").exists() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        others = [identity(child.pid) for child in psutil.Process(process.pid).children()]
        assert others
        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143, text
    assert read_result(RunFolder.open(run)).status == "stopped"
    until(lambda: not any(map(is_alive, others)))
