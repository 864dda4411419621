import os
import socket
import subprocess
import sys
import time
from datetime import datetime, timedelta

from mmfusion.sweeps.search.owner import identity, is_gone
from tests.helpers.waiting import ended, until


def test_a_process_lives_until_it_has_ended(tmp_path):
    assert not is_gone(identity(), [tmp_path], None)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with ended(process):
        owner = identity(process.pid)
        assert owner["host"] == socket.gethostname()
        assert not is_gone(owner, [tmp_path], None)
        process.kill()
        until(lambda: is_gone(owner, [tmp_path], None))  # dead and not yet buried counts
    assert is_gone(owner, [tmp_path], None)


def test_another_process_with_the_same_id_is_not_taken_for_it(tmp_path):
    owner = identity()
    assert is_gone({**owner, "born": "in another life"}, [tmp_path], None)
    assert not is_gone({**owner, "born": None}, [tmp_path], None), "where there is no /proc the id alone tells"


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
