import json
from types import SimpleNamespace

import pytest

from mmfusion.cli import main
from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks import preconditions
from mmfusion.training.callbacks.preconditions import SameConfig, ValidationInterval
from tests.helpers.forks import finish, start_ranks
from tests.runs.small_experiment import write_small_experiment


def set_up_ranks(monkeypatch, *configs):
    """Rank 0's callback, in a world where the ranks have these configs."""
    held = [dict(preconditions._flat(SameConfig(config).config)) for config in configs]
    monkeypatch.setattr(preconditions, "gather_over_ranks", lambda own: held if own == held[:1] else [])
    SameConfig(configs[0]).setup(None, None, "fit")


def test_ranks_with_the_same_config_go_on(monkeypatch):
    SameConfig({"seed": 0}).setup(None, None, "fit")  # a process alone asks nobody
    set_up_ranks(monkeypatch, {"seed": 0, "paths": {"run": "at noon"}}, {"paths": {"run": "a second later"}, "seed": 0})


def test_what_differs_is_named(monkeypatch):
    configs = {"optimizer": {"lr": 0.1}, "seed": 0}, {"optimizer": {"lr": 0.2}, "seed": 0, "tags": []}
    message = "have different configs: optimizer.lr is 0.1 on rank 0, 0.2 on rank 1 .and 1 more.$"
    with pytest.raises(ConfigError, match=f"^the ranks of this run {message}"):
        set_up_ranks(monkeypatch, *configs)


@pytest.mark.xdist_group("forks")
def test_two_real_ranks_with_different_rates_train_nothing(tmp_path):
    """As from a launcher that hands each rank hyperparameters of its own."""
    write_small_experiment(tmp_path, 40)
    words = ["train", "experiment=small", "trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"]
    given = [([*words, "paths.run=run", f"optimizer.lr=0.0{rank + 1}"],) for rank in range(2)]
    ranks = start_ranks(main, given, tmp_path)
    assert 0 not in finish(ranks)
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["status"] == "failed"
    assert "optimizer.lr is 0.01 on rank 0, 0.02 on rank 1" in result["error"]
    assert not list((tmp_path / "run").glob("checkpoints/*")), "no step was made"


def trainer(**options):
    settings = {
        "datamodule": SimpleNamespace(train_dataloader=lambda: range(12)), "fast_dev_run": False,
        "limit_val_batches": 1.0, "limit_train_batches": 1.0, "val_check_interval": 10, "check_val_every_n_epoch": 1,
    }  # fmt: skip
    return SimpleNamespace(**settings | options)


def test_it_is_the_processs_own_batches_that_count():
    check = ValidationInterval()
    check.setup(trainer(), None, "fit")
    for options in ({"val_check_interval": 13}, {"limit_train_batches": 0.5}, {"limit_train_batches": 9}):
        with pytest.raises(ConfigError, match=r"^trainer\.val_check_interval: an epoch has \d+ batches"):
            check.setup(trainer(**options), None, "fit")
        check.setup(trainer(**options), None, "test")
        for more in ({"check_val_every_n_epoch": None}, {"limit_val_batches": 0}, {"fast_dev_run": 1}):
            check.setup(trainer(**options, **more), None, "fit")
