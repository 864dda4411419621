import errno
import fcntl
import subprocess
import sys

import pytest

from mmfusion.training.search.lock import lock

TRY = "import sys; from mmfusion.training.search.lock import lock; lock(open(sys.argv[1], 'a'), wait=False)"


def tried_by_another(path, repo):
    return subprocess.run([sys.executable, "-c", TRY, str(path)], cwd=repo, capture_output=True, text=True, check=False)


def test_another_process_is_kept_out_until_the_file_is_closed(tmp_path, repo):
    path = tmp_path / "lock"
    with path.open("a") as file:
        lock(file)
        other = tried_by_another(path, repo)
        assert (other.returncode, "BlockingIOError" in other.stderr) == (1, True)
    assert tried_by_another(path, repo).returncode == 0


@pytest.mark.parametrize(
    ("number", "is_refused"), [(errno.ENOLCK, False), (errno.EOPNOTSUPP, False), (errno.EIO, True)]
)
def test_where_the_file_system_has_no_locks_nobody_is_kept_out(tmp_path, monkeypatch, number, is_refused):
    def fail(*_):
        raise OSError(number, "no")

    monkeypatch.setattr(fcntl, "flock", fail)
    with (tmp_path / "lock").open("a") as file:
        if is_refused:
            with pytest.raises(OSError, match="no"):
                lock(file)
        else:
            lock(file)
