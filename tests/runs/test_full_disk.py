import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.helpers.waiting import PATIENCE

UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.fixture
def small_disk(tmp_path):
    """The words that start a command which alone sees a disk of 4 MiB at `tmp_path / "disk"`."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = [*UNSHARE, "sh", "-c", f'mount -t tmpfs -o size=4m tmpfs "{disk}" && exec "$@"', "sh"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], capture_output=True).returncode:
        pytest.skip("needs user namespaces with mounts")
    return words


@pytest.mark.full  # tests/training/callbacks/test_checkpoint.py and tests/store/test_files.py have it without a disk
def test_a_run_on_a_full_disk_says_so(conf_dir, repo, tmp_path, small_disk):
    run = tmp_path / "disk" / "run"
    words = [
        "last.ckpt",
        run,
        "--config-dir",
        conf_dir,
        "experiment=small",
        "report.plots=false",
        "trainer.max_epochs=1",
    ]
    command = [*small_disk, sys.executable, "-m", "tests.runs.full_disk", *words]
    environment = os.environ | {"PYTHONPATH": str(repo)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    why = f"OSError: [Errno 28] No space left on device: '{run / 'checkpoints' / 'last.ckpt'}'"
    assert (found["code"], found["files"]) == (1, ["best.ckpt"])
    assert (found["result"]["status"], found["result"]["error"]) == ("failed", why)
    assert f"mmfusion: {why}\n" in done.stderr
