import subprocess
import sys

from mmfusion.runs.process import identity, is_alive, is_here
from mmfusion.runs.provenance import provenance
from tests.helpers.waiting import ended, until


def test_a_process_is_there_until_it_has_ended():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with ended(process):
        own = identity(process.pid)
        assert is_here(own)
        assert is_alive(own)
        process.kill()
        until(lambda: not is_alive(own))  # dead and not yet buried counts as ended
    assert not is_alive(own)


def test_another_process_with_the_same_id_is_another():
    assert not is_alive({**identity(), "born": "in another life"})
    assert is_alive({**identity(), "born": None})
    assert not is_here({**identity(), "host": "elsewhere"})


def test_a_run_notes_its_process():
    assert provenance({"seed": 0}, [])["process"] == identity()
