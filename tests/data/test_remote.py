import io

import fsspec
import numpy as np
import PIL.Image
import pytest
import soundfile
import torch

from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.image import Image
from mmfusion.data.kinds.series import Series
from mmfusion.data.kinds.speech import Speech

ROOT = "memory://bucket/media"
PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4)
WAVE = np.arange(100, dtype=np.int16)
STEPS = np.arange(6.0).reshape(3, 2)


def put(name, write):
    buffer = io.BytesIO()
    write(buffer)
    with fsspec.open(f"{ROOT}/{name}", "wb") as file:
        file.write(buffer.getvalue())


@pytest.fixture(autouse=True)
def media():
    put("a.png", lambda file: PIL.Image.fromarray(PIXELS).save(file, "png"))
    put("a.wav", lambda file: soundfile.write(file, WAVE, 8000, format="WAV"))
    put("a.npy", lambda file: np.save(file, STEPS))
    put("a.npz", lambda file: np.savez(file, x=STEPS))
    put("a.csv", lambda file: file.write(b"a,b\n0,1\n2,3\n4,5\n"))


def test_every_kind_of_medium_from_a_remote_root():
    assert torch.equal(Image(channels=1).decode("a.png", ROOT)[0], torch.from_numpy(PIXELS))
    assert torch.equal(Speech(sample_rate=8000).decode("a.wav", ROOT), torch.from_numpy(WAVE))
    for kind, name in ((Features(), "a.npy"), (Features(), "a.npz"), (Series(), "a.csv"), (Series(), "a.npy")):
        assert torch.equal(kind.decode(name, ROOT), torch.from_numpy(STEPS).float())


@pytest.mark.parametrize(("kind", "name"), [(Image(), "b.png"), (Speech(), "b.wav"), (Features(), "b.npy")])
def test_missing_remote_files(kind, name):
    with pytest.raises(DecodeError, match=f"{name}: there is no such file"):
        kind.decode(name, ROOT)
