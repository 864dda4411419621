"""The names in `mmfusion.config.names` are those of what they speak of."""

import pytest
from torch import nn

from mmfusion.config import names


def test_no_part_of_the_model_may_have_a_name_that_torch_takes():
    modules = nn.ModuleDict()
    for name in names.RESERVED:
        with pytest.raises((KeyError, TypeError)):
            modules[name] = nn.Identity()
    for name in ("image", "weights", "label", "target"):
        modules[name] = nn.Identity()
    missed = [name for name in dir(nn.ModuleDict()) if not name.startswith("_") and name not in names.RESERVED]
    assert not missed
