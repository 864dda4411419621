import json
import os
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks import same_config
from mmfusion.training.callbacks.same_config import SameConfig
from tests.helpers.waiting import PATIENCE, ended
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
    monkeypatch.setattr(same_config.dist, "all_gather_object", lambda *_: pytest.fail("asked"))
    SameConfig({"seed": 0}).setup(SimpleNamespace(world_size=1), None, "fit")


def test_two_real_ranks_with_different_rates_train_nothing(tmp_path, repo):
    """As from a launcher that hands each rank hyperparameters of its own."""
    write_small_experiment(tmp_path, 40)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["experiment=small", "trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu", "paths.run=run"]
    ranks = []
    for rank in range(2):
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "GROUP_RANK": 0}
        told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "TORCHELASTIC_RUN_ID": "x", "OMP_NUM_THREADS": 1}
        environment = {**os.environ, "PYTHONPATH": str(repo), **{key: str(value) for key, value in told.items()}}
        command = [sys.executable, "-m", "mmfusion", "train", *words, f"optimizer.lr=0.0{rank + 1}"]
        with (tmp_path / f"said{rank}").open("w") as file:
            ranks.append(subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=file, stderr=file))
    with ended(*ranks):
        codes = [process.wait(PATIENCE) for process in ranks]
    assert 0 not in codes
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["status"] == "failed"
    assert "optimizer.lr is 0.01 on rank 0, 0.02 on rank 1" in result["error"]
    assert not list((tmp_path / "run").glob("checkpoints/*")), "no step was made"
