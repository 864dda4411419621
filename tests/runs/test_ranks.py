import signal

import pytest

from mmfusion.runs.ranks import OtherRankError, report_failure, root_cause
from mmfusion.runs.stopping import Stopped
from mmfusion.store.folder import RunFolder
from mmfusion.store.run import read_result
from tests.helpers.forks import finish, log, start_ranks
from tests.helpers.waiting import PATIENCE
from tests.runs import failing_rank

LOST = RuntimeError("[gloo/transport/tcp/pair.cc:538] Connection closed by peer [127.0.0.1]:30211")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_ERROR_FILE", raising=False)
    return RunFolder(tmp_path)


def say(folder, monkeypatch, rank, error, when=0.0):
    monkeypatch.setenv("RANK", str(rank))
    try:
        raise error
    except Exception as raised:
        report_failure(folder, raised, when)
    monkeypatch.setenv("RANK", "0")


@pytest.mark.parametrize("seen", [Stopped(signal.SIGTERM), LOST])
def test_what_follows_from_another_ranks_failure_is_put_down_to_it(folder, monkeypatch, seen):
    say(folder, monkeypatch, 3, KeyError("later"), when=2.0)
    say(folder, monkeypatch, 2, ValueError("first"), when=1.0)
    found = root_cause(folder, seen)
    assert isinstance(found, OtherRankError)
    assert str(found) == "rank 2: ValueError: first"
    assert "in say" in found.traceback
    assert not list(folder.path.iterdir())


@pytest.mark.parametrize("seen", [Stopped(signal.SIGINT), ValueError("mine"), RuntimeError("out of memory")])
def test_a_reason_of_its_own_stays(folder, monkeypatch, seen):
    say(folder, monkeypatch, 1, ValueError("another"))
    assert root_cause(folder, seen) is seen
    assert not list(folder.path.iterdir())


def test_without_word_it_is_what_it_looks_like(folder, monkeypatch):
    say(folder, monkeypatch, 1, LOST)  # a rank that only followed says nothing
    assert root_cause(folder, LOST) is LOST
    say(RunFolder(folder.path / "none", writes=False), monkeypatch, 1, ValueError("why"))
    assert not list(folder.path.iterdir()), "a folder that is not there is not made"


def test_ranks_of_torchrun_meet_beside_its_error_files(tmp_path, monkeypatch):
    for rank in (0, 1):
        (tmp_path / "attempt" / str(rank)).mkdir(parents=True)
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "attempt" / "1" / "error.json"))
    say(RunFolder(tmp_path / "unknown"), monkeypatch, 1, ValueError("why"))
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "attempt" / "0" / "error.json"))
    assert str(root_cause(RunFolder(tmp_path), Stopped(signal.SIGTERM))) == "rank 1: ValueError: why"


@pytest.mark.xdist_group("forks")
def test_the_survivor_records_why_the_other_failed(conf_dir, tmp_path):
    words = ["--config-dir", str(conf_dir), "experiment=small", "trainer=ddp", "trainer.accelerator=cpu"]
    ranks = start_ranks(failing_rank.main, [([*words, f"paths.run={tmp_path / 'run'}"],)] * 2, tmp_path)
    ranks[1].join(PATIENCE)
    ranks[0].terminate()  # as torchrun does
    assert 0 not in finish(ranks)
    result = read_result(RunFolder.open(tmp_path / "run"))
    expected = ("failed", "rank 1: ValueError: the third step is too much")
    assert (result.status, result.error) == expected, log(tmp_path, 0)
    assert "in failing" in (tmp_path / "run" / "traceback.txt").read_text()
