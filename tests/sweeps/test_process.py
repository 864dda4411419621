import sys
from pathlib import Path

import psutil
import pytest

from mmfusion.config.compose import compose_unchecked
from mmfusion.store.sweep import Job, Sweep
from mmfusion.sweeps.process import JobProcess, command_line, exit_reason


def test_a_job_is_mmfusion_train_in_its_folder(tmp_path):
    place = tmp_path / 'it\'s "odd", größe\\' / "0"
    overrides = ("~task.largest", "+encoder/series@encoder.lidar=gru", "tags=['a, b','it\\'s']", "name='ü x'")
    line = command_line(["trusted_modules=[]"], Job(overrides, "h", 0, place))
    assert line[:5] == [sys.executable, "-m", "mmfusion", "train", "trusted_modules=[]"]
    config = compose_unchecked(line[4:]).config
    assert Path(config["paths"]["run"]) == place
    assert config["name"] == "ü x"
    assert config["tags"] == ["a, b", "it's"]
    assert set(config["encoder"]) >= {"lidar"}
    assert "largest" not in config["task"]


def test_an_exit_code_in_words(tmp_path):
    log = tmp_path / "log.txt"
    assert exit_reason(-9, log) == (
        "the process was killed by signal 9 (SIGKILL, out of memory perhaps) without saying why; log.txt is empty"
    )
    log.write_bytes(b"x" * 3000 + b"\xff the end")
    assert exit_reason(139, log).startswith("the process ended with exit code 139 (SIGSEGV) without saying why; end")
    assert exit_reason(3, log).startswith("the process ended with exit code 3 without")
    assert exit_reason(-64, log).startswith("the process was killed by signal 64")
    assert exit_reason(3, log).endswith("the end")
    assert len(exit_reason(3, log)) < 2200


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_process_that_its_job_could_not_be_given_is_ended(error, folder, stand_in, monkeypatch):
    note = Sweep.note

    def interrupted(self, job, **more):
        if more.get("pid"):
            raise error
        note(self, job, **more)

    monkeypatch.setattr(Sweep, "note", interrupted)
    before = psutil.Process().children()
    (job,) = folder.plan([["do=hang"]])
    with pytest.raises(error):
        JobProcess(folder, job, (), {})
    assert psutil.Process().children() == before
