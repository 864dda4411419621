import io
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mmfusion.encoders.bag import Bag
from mmfusion.encoders.weights import load_state, read_weights


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_round_trip(tmp_path, suffix):
    torch.manual_seed(0)
    saved = Bag(7, embedding=3)
    file = tmp_path / f"bag{suffix}"
    if suffix == ".safetensors":
        save_file(saved.state_dict(), file)
    else:
        torch.save(saved.state_dict(), file)
    loaded = Bag(7, embedding=3, weights=str(file))
    assert torch.equal(loaded.embedding.weight, saved.embedding.weight)


def test_shapes_that_differ_are_named(tmp_path):
    torch.save(Bag(9, embedding=3).state_dict(), tmp_path / "bag.pt")
    with pytest.raises(ValueError, match=r"fit Bag: 1 of another shape: embedding.weight \[9, 3\] instead of \[7, 3\]"):
        Bag(7, embedding=3, weights=str(tmp_path / "bag.pt"))


def test_names_that_differ_are_counted_and_named():
    with pytest.raises(ValueError, match="'here' does not fit Linear: 1 missing: bias; 2 unknown: wieght, offset"):
        load_state(
            nn.Linear(2, 2), {"weight": torch.zeros(2, 2), "wieght": torch.ones(1), "offset": torch.ones(1)}, "here"
        )


def test_prefixes_can_be_ignored():
    module = nn.Linear(2, 1, bias=False)
    load_state(module, {"weight": torch.ones(1, 2), "fc.weight": torch.zeros(3)}, "here", ignore=("fc.",))
    assert torch.equal(module.weight, torch.ones(1, 2))


def serialized(content) -> bytes:
    torch.save(content, file := io.BytesIO())
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.bin", b"", r"expected a local file ending in .safetensors, .pt, .pth, found"),
        ("x.safetensors", b"nothing", "cannot be read as a state dict"),
        ("x.pt", b"nothing", "cannot be read as a state dict"),
        ("x.pth", serialized([torch.ones(1)]), "expected a dict of names and tensors"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_weights(str(tmp_path / name))


class Payload:
    """Unpickling it makes a file."""

    def __init__(self, target: str) -> None:
        self.target = target

    def __reduce__(self):
        return (open, (self.target, "w"))


def test_code_in_a_file_never_runs(tmp_path):
    target = tmp_path / "ran"
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Payload(str(target))))
    torch.save({"weight": Payload(str(target))}, tmp_path / "evil.pth")
    for name in ("evil.pt", "evil.pth"):
        with pytest.raises(ValueError, match="cannot be read as a state dict"):
            read_weights(str(tmp_path / name))
    assert not target.exists()
