"""Start an encoder from weights on disk, and say exactly what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

SUFFIXES = (".safetensors", ".pt", ".pth")


def read_weights(path: str) -> dict[str, Tensor]:
    """A state dict, or ValueError, from a local file; nothing that the file holds is ever executed."""
    file = Path(path).expanduser()
    if file.suffix not in SUFFIXES:
        raise ValueError(f"encoder weights: expected a local file ending in {', '.join(SUFFIXES)}, found {path!r}")
    if not file.is_file():
        raise ValueError(f"encoder weights: expected a local file, found none at {path!r}")
    try:
        is_safe = file.suffix == ".safetensors"
        state = load_file(file) if is_safe else torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a broken file fails in many ways, all of which mean the same to the person
        raise ValueError(f"encoder weights: {path!r} cannot be read as a state dict: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(f"encoder weights: expected a dict of names and tensors in {path!r}, found something else")
    return state


def load_state(module: nn.Module, state: dict[str, Tensor], origin: str, ignore: Sequence[str] = ()) -> None:
    """Copy `state` into `module`, without names that begin with one of `ignore`.

    ValueError lists the first three names that are missing, that are too many, and of which the shape differs.
    """
    state = {name: value for name, value in state.items() if not name.startswith(tuple(ignore))}
    own = module.state_dict()
    faults = {
        "missing": [name for name in own if name not in state],
        "unknown": [name for name in state if name not in own],
        "of another shape": [
            f"{name} {list(state[name].shape)} instead of {list(value.shape)}"
            for name, value in own.items()
            if name in state and state[name].shape != value.shape
        ],
    }
    if any(faults.values()):
        listed = "; ".join(f"{len(v)} {what}: {', '.join(v[:3])}" for what, v in faults.items() if v)
        raise ValueError(f"encoder weights: {origin!r} does not fit {type(module).__name__}: {listed}")
    module.load_state_dict(state)


def load_weights(module: nn.Module, path: str | None) -> None:
    """Copy a local state dict into `module`; None leaves the random start."""
    if path is not None:
        load_state(module, read_weights(path), path)
