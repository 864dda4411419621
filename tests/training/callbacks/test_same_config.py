from types import SimpleNamespace

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks import same_config
from mmfusion.training.callbacks.same_config import SameConfig


def ranks(monkeypatch, *configs):
    """Rank 0's callback, in a world where the ranks have these configs."""
    held = [dict(same_config._flat(SameConfig(config).config)) for config in configs]

    def all_gather_object(found, own):
        assert own == held[0]
        found[:] = held

    monkeypatch.setattr(same_config.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(same_config.dist, "all_gather_object", all_gather_object)
    SameConfig(configs[0]).setup(SimpleNamespace(world_size=len(configs)), None, "fit")


def test_ranks_with_the_same_config_go_on(monkeypatch):
    ranks(monkeypatch, {"seed": 0, "paths": {"run": "at noon"}}, {"paths": {"run": "a second later"}, "seed": 0})


def test_what_differs_is_named(monkeypatch):
    with pytest.raises(ConfigError) as caught:
        ranks(monkeypatch, {"optimizer": {"lr": 0.1}, "seed": 0}, {"optimizer": {"lr": 0.2}, "seed": 0, "tags": []})
    assert str(caught.value) == (
        "the ranks of this run have different configs: optimizer.lr is 0.1 on rank 0, 0.2 on rank 1 (and 1 more)"
    )


def test_one_process_asks_nobody(monkeypatch):
    monkeypatch.setattr(same_config.dist, "all_gather_object", lambda *_: pytest.fail("asked"))
    SameConfig({"seed": 0}).setup(SimpleNamespace(world_size=1), None, "fit")
