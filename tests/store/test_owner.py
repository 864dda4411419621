import errno
import os
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mmfusion.store.owner import identity, is_alive, is_gone, locked
from tests.helpers.waiting import ended, until


def test_a_process_is_there_until_it_has_ended():
    assert not is_gone(identity())
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with ended(process):
        owner = identity(process.pid)
        assert owner["host"] == socket.gethostname()
        assert not is_gone(owner)
        process.kill()
        until(lambda: is_gone(owner))  # dead and not yet buried counts as ended
    assert is_gone(owner)
    assert identity(process.pid)["born"] is None


def test_another_process_with_the_same_id_is_not_taken_for_it():
    owner = identity()
    later = str(int(owner["born"]) + 500)
    for other in ("in another life", later):
        assert not is_alive({**owner, "born": other})
    assert is_alive({**owner, "born": None}), "where it is not recorded the id alone counts"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only there were such records")
def test_records_of_earlier_versions_are_understood():
    ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    assert is_alive({**identity(), "born": f"1f2d-boot-id {ticks}"})


def test_of_another_host_the_folder_tells(tmp_path):
    owner = {"host": "elsewhere", "pid": 1, "born": "x"}
    folder = tmp_path / "3"
    folder.mkdir()
    log = folder / "log.txt"
    log.write_text("")
    assert not is_gone(owner, [folder], None)
    assert not is_gone(owner, [folder], 60)
    for path in (log, folder):
        os.utime(path, (time.time() - 120,) * 2)
    assert is_gone(owner, [folder], 60)
    assert not is_gone(owner, [folder], 600)
    assert is_gone(owner, [tmp_path / "none"], 60)


def test_a_trial_that_has_just_begun_or_trains_with_a_later_seed_is_no_trial_left_behind(tmp_path):
    owner = {"host": "elsewhere", "pid": 1, "born": "x"}
    now = datetime.now()  # as Optuna notes it
    none = tmp_path / "none"
    assert not is_gone(owner, [none], 60, now), "its folder is made in a moment"
    assert is_gone(owner, [none], 60, now - timedelta(seconds=120))
    first, second = tmp_path / "3", tmp_path / "4"
    for folder in (first, second):
        folder.mkdir()
    os.utime(first, (1, 1))
    assert not is_gone(owner, [first, second], 60, now - timedelta(hours=2))


def test_others_are_kept_out_until_the_lock_is_given_back(tmp_path):
    path = tmp_path / "lock"
    path.write_text("as it was")
    with locked(path), pytest.raises(BlockingIOError), locked(path, wait=False):
        pass
    with locked(path, wait=False):
        assert path.read_text() == "as it was"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EIO])
def test_where_the_file_system_has_no_locks_nobody_is_kept_out(tmp_path, monkeypatch, number):
    def fail(*_):
        raise OSError(number, "no")

    monkeypatch.setattr("fcntl.flock", fail)
    if number == errno.EIO:
        with pytest.raises(OSError, match="no"), locked(tmp_path / "lock"):
            pass
    else:
        with locked(tmp_path / "lock"), locked(tmp_path / "lock", wait=False):
            pass
