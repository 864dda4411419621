"""scripts/bench_step.py times what `mmfusion train` does in a step."""

import importlib.util

import pytest
from pytorch_lightning.callbacks import Callback

from mmfusion.training.loggers.csv import CSVLogger


@pytest.fixture(scope="module")
def bench(repo):
    spec = importlib.util.spec_from_file_location("bench_step", repo / "scripts" / "bench_step.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def prepared(bench):
    return bench.prepare(["data.rows.train=32", "data.rows.val=4", "data.rows.test=4", "data.loader.batch_size=8"])


def test_its_trainer_is_that_of_a_run(bench, prepared, tmp_path):
    clock = bench.Clock()
    trainer = bench.make_trainer(prepared, tmp_path, clock, 3)
    made: list[Callback] = trainer.callbacks
    assert [type(each).__name__ for each in made] == [
        "StopOnSignals",
        "Speed",
        "StepMetrics",
        "Monitor",
        "MovePlateau",
        "Checkpoints",
        "KeepPredictions",
        "Clock",
    ]
    assert [type(each) for each in trainer.loggers] == [CSVLogger]
    assert (trainer.log_every_n_steps, trainer.max_steps) == (prepared.config["trainer"]["log_every_n_steps"], 3)


def test_both_sides_give_as_many_times_as_steps_were_asked_for(bench, prepared):
    for steps in (bench.steps_of_trainer, bench.steps_by_hand):
        times = steps(prepared, 2)
        assert len(times) == 2
        assert min(times) > 0
