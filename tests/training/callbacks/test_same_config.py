import json
from types import SimpleNamespace

import pytest

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks import same_config
from mmfusion.training.callbacks.same_config import SameConfig
from tests.helpers.forks import finish, start_ranks
from tests.runs.small_experiment import write_small_experiment


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
    monkeypatch.setattr(same_config.dist, "all_gather_object", lambda *_: pytest.fail("called"))
    SameConfig({"seed": 0}).setup(SimpleNamespace(world_size=1), None, "fit")


@pytest.mark.xdist_group("forks")
def test_two_real_ranks_with_different_rates_train_nothing(tmp_path):
    """As from a launcher that hands each rank hyperparameters of its own."""
    write_small_experiment(tmp_path, 40)
    words = [
        "train",
        "experiment=small",
        "trainer=ddp",
        "trainer.devices=2",
        "trainer.accelerator=cpu",
        "paths.run=run",
    ]
    ranks = start_ranks(main, [([*words, f"optimizer.lr=0.0{rank + 1}"],) for rank in range(2)], tmp_path)
    assert 0 not in finish(ranks)
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["status"] == "failed"
    assert "optimizer.lr is 0.01 on rank 0, 0.02 on rank 1" in result["error"]
    assert not list((tmp_path / "run").glob("checkpoints/*")), "no step was made"
