"""Where a study is kept: a journal file, SQLite or PostgreSQL."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from mmfusion.config.errors import ConfigError
from mmfusion.store.files import JOURNAL
from mmfusion.store.owner import locked

_FORMS = f"{JOURNAL} (a file), sqlite:///study.db, postgresql://user@host/database"
_DRIVERS = {"psycopg": "mmfusion[postgresql]", "psycopg2": "psycopg2-binary"}
_BUSY_S = 60  # SQLite: seconds to wait for another process's transaction
_LEFT_S = 2.0  # seconds after which a journal's lock is one that a killed process left: writing takes milliseconds


def resolve_storage(given: str, folder: Path, key: str = "hydra.sweeper.storage") -> str:
    """The storage's full name: relative paths lie in the sweep's folder. ConfigError for other forms and passwords."""
    if "://" not in given:
        return str(folder / Path(given).expanduser())
    try:
        url = make_url(given)
    except ArgumentError:
        raise ConfigError(f"{key}: {given!r} is no URL; valid: {_FORMS}") from None
    if url.password is not None:
        raise ConfigError(
            f"{key}: leave the password out of the URL, since a sweep's settings are written down; PostgreSQL looks "
            "for it in ~/.pgpass or in the environment variable PGPASSWORD"
        )
    kind = url.get_backend_name()
    if kind == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise ConfigError(f"{key}: {given!r} keeps nothing; name a file: sqlite:///study.db")
        return url.set(database=str(folder / Path(str(url.database)).expanduser())).render_as_string()
    if kind != "postgresql":
        raise ConfigError(f"{key}: {given!r} is not supported; valid: {_FORMS}")
    return given


def open_storage(name: str, key: str = "hydra.sweeper.storage") -> BaseStorage:
    """The storage of that full name; a file is made if there is none.

    ConfigError where it cannot be reached or made; ModuleNotFoundError says how to install a database's driver.
    """
    try:
        if "://" not in name:
            return _journal(Path(name))
        url = make_url(name)
        options: dict[str, Any] = {}
        if url.get_backend_name() == "sqlite":
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
            options = {"connect_args": {"timeout": _BUSY_S}}
        else:
            _require_driver(name, key)
        return RDBStorage(name, engine_kwargs=options)
    except (OSError, SQLAlchemyError, ValueError) as error:
        raise ConfigError(f"{key}: {name} cannot be opened: {str(error).splitlines()[0]}") from error


def close_storage(storage: BaseStorage) -> None:
    """Let go of a database's connections."""
    inner = getattr(storage, "_backend", storage)  # Optuna wraps a database in a cache
    if isinstance(inner, RDBStorage):
        inner.remove_session()
        inner.engine.dispose()


class _Lock(JournalFileSymlinkLock):
    """A lock on a journal that no killed process can keep.

    Optuna's own is a symbolic link beside the journal, for which everybody waits half a minute if its owner was killed.
    Here it is made all the same, since optuna-dashboard heeds it, but under a lock that the system takes from a process
    that dies. Who has that one and finds the link looks at what is left of a dead process, or at one of a stranger, who
    needs it for milliseconds.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path, self._link = path, path.with_name(f"{path.name}.lock")
        self._held = ExitStack()

    def acquire(self) -> bool:
        with ExitStack() as held:
            held.enter_context(locked(self._path.resolve()))  # filelock follows no link
            until = time.monotonic() + _LEFT_S
            while True:
                with suppress(FileExistsError):
                    self._link.symlink_to(self._path)
                    break
                if time.monotonic() < until:
                    time.sleep(0.01)
                else:
                    self._link.unlink(missing_ok=True)
            self._held = held.pop_all()
        return True

    def release(self) -> None:
        self._link.unlink(missing_ok=True)
        self._held.close()


def _journal(path: Path) -> JournalStorage:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _Lock(path)
    backend = JournalFileBackend(str(path), lock)
    lock.acquire()
    try:
        with path.open("r+b") as file:
            # Without a last line that was not written to its end (a full disk): the next would be glued to it.
            file.truncate(file.read().rfind(b"\n") + 1)
    finally:
        lock.release()
    return JournalStorage(backend)


def _require_driver(name: str, key: str) -> None:
    try:
        make_url(name).get_dialect().import_dbapi()
    except ModuleNotFoundError as error:
        package = _DRIVERS.get(str(error.name), str(error.name))
        shown = re.sub(r"//.*@", "//…@", name)
        raise ModuleNotFoundError(f"{key}={shown} needs {error.name}: pip install '{package}'") from None
