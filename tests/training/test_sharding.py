"""What sharding refuses; what it does is tested on two processes by `test_ddp.py`."""

from __future__ import annotations

import pytest

from mmfusion.training.compiling import compile_model
from mmfusion.training.sharding import shard
from tests.training import small

NO_MESH = None  # refused before any rank is asked


@pytest.mark.parametrize("place", ["last_shared_layer", "shared"])
def test_gradients_at_parameters_are_refused(place):
    with pytest.raises(ValueError, match=f"gradients_of={place}.*use gradients_of=representation, or trainer=ddp"):
        shard(small.make_module("gradnorm", place), NO_MESH)
    with pytest.raises(ValueError, match=f"gradients_of={place}"):
        shard(small.make_module("equal", place, gradients_every_n_steps=10), NO_MESH)


def test_a_compiled_model_is_refused():
    module = small.make_module()
    compile_model(module.model, "eager")
    with pytest.raises(ValueError, match=r"compile\.enabled"):
        shard(module, NO_MESH)
