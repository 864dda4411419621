import subprocess
import sys

from mmfusion.hardware import hardware, peak_memory


def test_what_there_is():
    found = hardware()
    assert found["cores"] >= found["usable_cores"] >= 1
    assert found["memory_bytes"] > 2**28
    assert found["processor"]
    assert isinstance(found["gpus"], list)


def test_peak_memory_follows_what_is_held():
    code = (
        "from mmfusion.hardware import peak_memory\n"
        "before = peak_memory()['peak_memory_bytes']\n"
        "held = bytearray(b'x' * (200 << 20)); del held\n"
        "print(peak_memory()['peak_memory_bytes'] - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 190 << 20 < int(done.stdout) < 450 << 20
    assert peak_memory()["peak_gpu_memory_bytes"] is None or peak_memory()["peak_gpu_memory_bytes"] >= 0
