"""scripts/bench_step.py times what `mmfusion train` does in a step."""

import pytest
import torch
from pytorch_lightning.callbacks import Callback

from mmfusion.training.loggers.csv import CSVLogger
from scripts import bench_step as bench


@pytest.fixture(scope="module")
def prepared():
    return bench.prepare(["data.rows.train=32", "data.rows.val=4", "data.rows.test=4", "data.loader.batch_size=8"])


def test_its_trainer_is_that_of_a_run(prepared, tmp_path):
    clock = bench.Clock()
    trainer = bench.make_trainer(prepared, tmp_path, clock, 3)
    callbacks: list[Callback] = trainer.callbacks
    assert [type(each).__name__ for each in callbacks] == [
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


def test_the_two_sides_take_turns_and_each_step_is_timed_apart(prepared, monkeypatch):
    order, step = [], bench.MultiTaskModule.training_step
    monkeypatch.setattr(bench.MultiTaskModule, "training_step", lambda *a: order.append("ours") or step(*a))

    def loop():
        for _ in bench.loop_by_hand(prepared, 2):
            order.append("theirs")
            yield

    clock = bench.steps_of_trainer(prepared, 2, loop())
    steps = 2 + bench.WARM_UP + 1
    assert order == ["theirs", "ours"] * steps
    assert (len(clock.ours), len(clock.theirs)) == (steps - 1, steps)
    assert min(clock.ours + clock.theirs) > 0


def test_the_loop_by_hand_trains_a_copy(prepared):
    before = {name: p.clone() for name, p in prepared.module.model.named_parameters()}
    assert sum(1 for _ in bench.loop_by_hand(prepared, 1)) == 1 + bench.WARM_UP + 1
    assert all(torch.equal(p, before[name]) for name, p in prepared.module.model.named_parameters())


def test_the_report_leaves_the_warm_up_out(capsys):
    bench.report("a / b", 1.5, [([9.0] * bench.WARM_UP + [0.3] * 3, [7.0] * bench.WARM_UP + [0.2] * 4)] * 2)
    assert (
        "300.00 ms   200.00 ms   ratio 1.500  (rounds' quartiles 1.500 .. 1.500; goal <= 1.5)"
        in capsys.readouterr().out
    )
