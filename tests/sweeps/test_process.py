import sys
from pathlib import Path

from mmfusion.config.compose import compose_unchecked
from mmfusion.store.sweep import Job
from mmfusion.sweeps.process import command_line, exit_reason


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
