import fcntl
import multiprocessing
import os
import subprocess
import sys

import optuna
import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.training.search import storage
from mmfusion.training.search.storage import close_storage, open_storage, resolve_storage
from tests.helpers.waiting import ended


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("study.journal", "{}/study.journal"),
        ("/elsewhere/study.journal", "/elsewhere/study.journal"),
        ("sqlite:///study.db", "sqlite:///{}/study.db"),
        ("sqlite:////elsewhere/study.db", "sqlite:////elsewhere/study.db"),
        ("postgresql://me@host/studies", "postgresql://me@host/studies"),
    ],
)
def test_relative_paths_lie_in_the_sweeps_folder(tmp_path, given, full):
    assert resolve_storage(given, tmp_path) == full.format(tmp_path)


@pytest.mark.parametrize("given", ["deep/study.journal", "sqlite:///deep/study.db"])
def test_a_study_is_there_when_opened_again(tmp_path, given):
    name = resolve_storage(given, tmp_path)
    first = open_storage(name)
    study = optuna.create_study(study_name="s", storage=first)
    study.tell(study.ask(), 0.5)
    close_storage(study._storage)
    second = open_storage(name)
    assert optuna.load_study(study_name="s", storage=second).best_value == 0.5
    close_storage(second)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "mysql://me@host/studies",
            r"^hydra.sweeper.storage: 'mysql://me@host/studies' is not supported; valid: study.j",
        ),
        ("postgresql://me:secret@host/studies", r"leave the password out of the URL.*PGPASSWORD"),
        ("sqlite://", r"'sqlite://' keeps nothing; name a file"),
        ("://", r"'://' is no URL; valid: study.journal"),
    ],
)
def test_what_cannot_be_a_storage_is_named(tmp_path, given, message):
    with pytest.raises(ConfigError, match=message) as error:
        resolve_storage(given, tmp_path)
    assert "secret" not in str(error.value)


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    for name in ("psycopg", "psycopg2"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        ModuleNotFoundError, match=r"postgresql://…@host/s needs psycopg: pip install 'mmfusion\[postgresql\]'"
    ):
        open_storage("postgresql://me@host/s")
    with pytest.raises(ModuleNotFoundError, match=r"needs psycopg2: pip install 'psycopg2-binary'"):
        open_storage("postgresql+psycopg2://me@host/s")


def test_a_server_that_does_not_answer_is_named():
    pytest.importorskip("psycopg")
    with pytest.raises(ConfigError, match=r"^hydra.sweeper.storage: postgresql://me@127.0.0.1:1/s cannot be opened: ."):
        open_storage("postgresql://me@127.0.0.1:1/s")


def test_a_file_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"hydra.sweeper.storage: .*study.journal cannot be opened"):
        open_storage(str(tmp_path / "file" / "study.journal"))


def test_a_journal_whose_last_line_is_torn_is_mended(tmp_path):
    path = tmp_path / "study.journal"
    study = optuna.create_study(study_name="s", storage=open_storage(str(path)))
    study.tell(study.ask(), 0.5)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "worker')
    study = optuna.load_study(study_name="s", storage=open_storage(str(path)))
    study.tell(study.ask(), 0.25)
    again = optuna.load_study(study_name="s", storage=open_storage(str(path)))
    assert [trial.value for trial in again.trials] == [0.5, 0.25]
    assert not list(tmp_path.glob("*.lock")), "the lock is given back"


def _tell(name: str, values: list[float]) -> None:
    study = optuna.load_study(study_name="s", storage=open_storage(name))
    for value in values:
        study.tell(study.ask(), value)
    close_storage(study._storage)


HOLD = """
import sys, time
from pathlib import Path
from mmfusion.training.search.storage import _Lock
lock = _Lock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(600)
"""


def test_a_lock_is_taken_from_a_process_that_is_killed(tmp_path, repo, monkeypatch):
    path = tmp_path / "study.journal"
    study = optuna.create_study(study_name="s", storage=open_storage(str(path)))
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, cwd=repo)
    with ended(process):
        assert process.stdout.readline() == b"held\n"
        with path.open("ab") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert (tmp_path / "study.journal.lock").is_symlink(), "what a killed process leaves"
    monkeypatch.setattr(storage, "_LEFT_S", 0.05)
    study.tell(study.ask(), 0.5)
    assert not list(tmp_path.glob("*.lock"))
    assert optuna.load_study(study_name="s", storage=open_storage(str(path))).best_value == 0.5


POSTGRESQL = os.environ.get("MMFUSION_TEST_POSTGRESQL", "")
"""A database that may be written to, as postgresql://user@host/database; there is none where CI runs."""
no_server = pytest.mark.skipif(not POSTGRESQL, reason="needs MMFUSION_TEST_POSTGRESQL=postgresql://user@host/database")


@pytest.mark.parametrize("given", ["study.journal", "sqlite:///study.db", pytest.param(POSTGRESQL, marks=no_server)])
def test_several_processes_write_at_once(tmp_path, given):
    name = resolve_storage(given, tmp_path)
    first = open_storage(name)
    if given == POSTGRESQL and any(item.study_name == "s" for item in optuna.get_all_study_summaries(first)):
        optuna.delete_study(study_name="s", storage=first)
    optuna.create_study(study_name="s", storage=first)
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_tell, args=(name, [k + i / 10 for i in range(5)])) for k in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    trials = optuna.load_study(study_name="s", storage=first).trials
    close_storage(first)
    assert sorted(trial.value for trial in trials) == sorted(k + i / 10 for k in range(2) for i in range(5))
    assert [trial.number for trial in trials] == list(range(10))
