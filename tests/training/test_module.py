from __future__ import annotations

import pytest
import torch
from pytorch_lightning import Callback

from mmfusion.batch import Batch
from mmfusion.training.gradients import PLACES
from mmfusion.training.module import MultiTaskModule
from tests.helpers.pairwise import pairwise
from tests.training import small
from tests.training.ddp_worker import share

pytestmark = small.QUIET
NAMES = sorted(path.stem for path in small.WEIGHTINGS.glob("*.yaml"))


def batches(count: int = 3, rows: int = 8) -> list[Batch]:
    data = [small.make_batch(rows, seed) for seed in range(count)]
    data[1].labelled["age"][:] = False
    data[0].labelled["kind"][2:] = False
    data[-1].present["a"][1:4] = False
    return data


def fit(module: MultiTaskModule, folder, data: list[Batch] | None = None, **options) -> list:
    history = small.History()
    options = {"max_epochs": 1, **options}
    callbacks = [history, *options.pop("callbacks", [])]
    trainer = small.make_trainer(folder, callbacks=callbacks, **options)
    trainer.fit(module, small.loader(data or batches()))
    return history.records


def test_a_step_is_that_of_a_loop_by_hand(tmp_path):
    module = small.make_module("static")
    module.weighting.weights.copy_(torch.tensor([0.5, 2.0, 3.0]))
    model = small.make_model()
    optimizer = small.sgd(model, module.weighting)
    records = fit(module, tmp_path)
    for batch, record in zip(batches(), records, strict=True):
        outputs = model(batch)
        optimizer.zero_grad()
        total = torch.zeros(())
        for i, (name, task) in enumerate(small.make_tasks().items()):
            has = batch.labelled[name]
            # A task without labels has gradients of zero, not none: a head's momentum carries on.
            loss = task.loss(outputs[name][has], batch.targets[name][has]).sum() / has.sum().clamp(min=1)
            torch.testing.assert_close(record.losses[i], loss.detach())
            total = total + [0.5, 2.0, 3.0][i] * loss
        total.backward()
        optimizer.step()
    for (name, result), expected in zip(module.model.named_parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(result, expected, msg=name)


def step(module: MultiTaskModule, batch: Batch) -> None:
    """One forward and backward pass without Lightning's loop."""
    module.trainer = small.make_trainer(".")
    module.training_step(batch, 0).backward()


@pairwise(
    weighting=NAMES,
    fusion=["concat", "decision", "hybrid"],
    placeholders=[False, True],
    missing=["nothing", "a modality", "a task", "all tasks"],
)
def test_every_parameter_has_a_finite_gradient_whatever_is_missing(weighting, fusion, placeholders, missing):
    batch = small.make_batch(4)
    if missing == "a modality":
        batch.present["b"][:] = False
    for name in {"a task": ["kind"], "all tasks": list(small.TASKS)}.get(missing, []):
        batch.labelled[name][:] = False
    module = small.make_module(weighting, "shared", fusion=fusion, placeholders=placeholders)
    step(module, batch)
    assert not [name for name, p in module.named_parameters() if p.grad is None or not p.grad.isfinite().all()]


def test_the_record_of_a_step(tmp_path):
    first, second, third = fit(small.make_module("gradnorm"), tmp_path)
    assert first.labels.tolist() == [2, 8, 8]
    assert second.active.tolist() == [True, True, False]
    assert second.weights[2] == second.losses[2] == second.gradient_norms[2] == 0
    assert third.present.tolist() == [5, 8]
    assert third.cosines.shape == (3, 3)
    assert third.weights.sum().item() == pytest.approx(3.0)
    assert not any(x.requires_grad for x in vars(third).values())


def test_gradients_may_be_taken_for_the_log_alone(tmp_path):
    records = fit(small.make_module("equal", gradients_every_n_steps=2), tmp_path, batches(4))
    assert [record.gradient_norms is not None for record in records] == [True, False, True, False]
    expected = fit(small.make_module("equal"), tmp_path, batches(4))
    assert all(torch.equal(a.losses, b.losses) for a, b in zip(records, expected, strict=True))
    assert all(record.cosines is None for record in expected)


# ---- steps of several batches


def halves(data: list[Batch]) -> list[Batch]:
    return [share(batch, half, 2) for batch in data for half in (0, 1)]


@pytest.mark.parametrize("weighting", NAMES)
def test_two_halves_whose_gradients_are_accumulated_train_as_the_whole(tmp_path, weighting):
    data = [small.make_batch(8, seed) for seed in range(3)]
    whole, halved = small.make_module(weighting), small.make_module(weighting)
    expected = fit(whole, tmp_path, data, max_epochs=3)
    records = fit(halved, tmp_path, halves(data), max_epochs=3, accumulate_grad_batches=2)[1::2]
    for a, b in zip(records, expected, strict=True):
        torch.testing.assert_close(a.weights, b.weights, rtol=1e-4, atol=1e-6)
    for name, value in whole.named_parameters():
        torch.testing.assert_close(halved.get_parameter(name), value, rtol=1e-4, atol=1e-6, msg=name)
    assert (expected[-1].weights != expected[0].weights).any() == (weighting in ("dwa", "gradnorm", "uncertainty"))


def test_weights_stand_still_within_a_step_and_move_once_after_it(tmp_path):
    module = small.make_module("gradnorm", "shared")
    data = halves([small.make_batch(8, seed) for seed in range(3)])[:-1]  # the epoch's last step has one batch
    records = fit(module, tmp_path, data, accumulate_grad_batches=2)
    used = torch.stack([record.weights for record in records])
    assert torch.equal(used[0], used[1])
    assert torch.equal(used[2], used[3])
    assert len(used.unique(dim=0)) == 3
    assert module.weighting.steps.tolist() == [3.0, 3.0, 3.0]
    torch.testing.assert_close(used.sum(1), torch.full((5,), 3.0))


def test_gradients_for_the_log_are_taken_in_the_batch_that_is_logged(tmp_path):
    data = halves([small.make_batch(8, seed) for seed in range(4)])[:-1]
    records = fit(small.make_module("equal", gradients_every_n_steps=3), tmp_path, data, accumulate_grad_batches=2)
    # Steps 0 and 3: the second batch of the first, and the only one of the last.
    assert [i for i, record in enumerate(records) if record.gradient_norms is not None] == [1, 6]


@pytest.mark.parametrize("place", PLACES)
def test_a_frozen_front_has_gradients_at_the_representation_only(tmp_path, place):
    model = small.make_model()
    for part in (model.encoders, model.fusion):
        part.requires_grad_(False)
    options = {"model": model, "weighting": small.make_weighting("gradnorm"), "optimizer": small.sgd}
    if place != "representation":
        with pytest.raises(ValueError, match="use gradients_of=representation"):
            MultiTaskModule(gradients_of=place, **options)
        return
    record = fit(MultiTaskModule(gradients_of=place, **options), tmp_path)[0]
    assert (record.gradient_norms > 0).all()


# ---- what is logged


def test_an_epochs_means_and_what_was_seen(tmp_path):
    module = small.make_module()
    records = fit(module, tmp_path, max_epochs=2)[3:]
    logged = module.trainer.callback_metrics
    labels = torch.stack([record.labels for record in records])
    losses = torch.stack([record.losses for record in records])
    means = (losses * labels).sum(0) / labels.sum(0)
    for i, name in enumerate(small.TASKS):
        torch.testing.assert_close(logged[f"train/{name}/loss"], means[i])
        assert logged[f"train/{name}/labels"] == labels[:, i].sum()
    assert (logged["train/present/a"], logged["train/present/b"], logged["train/rows"]) == (21, 24, 24)


def test_names_of_validation_and_test_metrics(tmp_path):
    module = small.make_module(subsets="leave_one_out")
    trainer = small.make_trainer(tmp_path, max_epochs=1)
    trainer.fit(module, small.loader(batches()), small.loader(batches()))
    logged = set(trainer.callback_metrics)
    assert logged >= {"val/loss", "val/kind/loss", "val/kind/accuracy", "val/age/mae", "val/age/labels", "val/rows"}
    (tested,) = trainer.test(module, small.loader(batches()), verbose=False)
    assert {"test/loss", "test/age/rmse", "test[a]/age/rmse", "test[b]/kind/f1", "test[a+b]/rows"} <= tested.keys()
    assert tested["test[a]/rows"] == 21
    assert all(key.startswith(("test/", "test[")) for key in tested)


def test_an_epoch_without_a_label_has_no_loss_of_that_task(tmp_path):
    (batch := small.make_batch(8)).labelled["age"][:] = False
    fit(module := small.make_module(), tmp_path, [batch])
    logged = module.trainer.callback_metrics
    assert logged["train/age/labels"] == 0
    assert "train/age/loss" not in logged


# ---- resuming


class SaveAt(Callback):
    """Writes one checkpoint at a given hook's n-th call."""

    def __init__(self, hook: str, call: int, path) -> None:
        self.left, self.path = call, path
        setattr(self, hook, self.save)

    def save(self, trainer, module, *rest) -> None:
        self.left -= 1
        if self.left == 0:
            trainer.save_checkpoint(self.path)


@pytest.mark.filterwarnings("ignore:You're resuming from a checkpoint that ended before the epoch ended")
@pytest.mark.parametrize(
    ("weighting", "hook", "call"),
    [
        ("dwa", "on_train_batch_end", 6),
        ("dwa", "on_train_epoch_end", 2),
        ("gradnorm", "on_train_batch_end", 8),
        ("gradnorm", "on_validation_end", 2),
        ("uncertainty", "on_train_epoch_end", 2),
    ],
)
def test_a_resumed_run_goes_on_bit_for_bit(tmp_path, weighting, hook, call):
    data, path = batches(), tmp_path / "saved.ckpt"

    def run(**options):
        module, history = small.make_module(weighting), small.History()
        callbacks = [history, *options.pop("callbacks", [])]
        trainer = small.make_trainer(tmp_path, max_epochs=4, callbacks=callbacks)
        trainer.fit(module, Resumable(data), small.loader(data[:1]), **options)
        return module, history

    straight, seen = run(callbacks=[SaveAt(hook, call, path)])
    resumed, rest = run(ckpt_path=path, weights_only=True)
    assert 0 < len(rest.records) < len(seen.records)
    assert torch.equal(rest.stacked("weights"), seen.stacked("weights")[-len(rest.records) :])
    assert torch.equal(rest.stacked("losses"), seen.stacked("losses")[-len(rest.records) :])
    for key, value in straight.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[key], value, rtol=0, atol=0, equal_nan=True)
    assert len(seen.stacked("weights").unique(dim=0)) > 3  # the weights do move


class Resumable:
    """Batches that go on where they stopped."""

    def __init__(self, data: list[Batch]) -> None:
        self.data, self.start, self.done = data, 0, 0

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self):
        start, self.start = self.start, 0
        for i in range(start, len(self.data)):
            self.done = i + 1
            yield self.data[i]

    def state_dict(self) -> dict[str, int]:
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.start = state["done"] % len(self.data)


def test_each_rank_draws_its_own_dropout_and_rank_0_goes_on_with_the_run_s_seed(monkeypatch):
    module, draws = small.make_module("equal"), {}
    for seed in (0, 1, 2, 3):
        for rank in (0, 1, 2):
            monkeypatch.setattr(MultiTaskModule, "global_rank", rank)
            torch.manual_seed(seed)
            module.on_fit_start()
            draws[seed, rank] = tuple(torch.rand(4).tolist())
    torch.manual_seed(3)
    assert draws[3, 0] == tuple(torch.rand(4).tolist())
    assert len(set(draws.values())) == 12  # no rank of one seed draws what another seed's does


def test_a_batch_is_moved_without_waiting_for_a_gpu(monkeypatch):
    calls = []
    monkeypatch.setattr(Batch, "to", lambda batch, device, non_blocking=False: calls.append((device, non_blocking)))
    for device in ("cuda", "cpu"):
        small.make_module().transfer_batch_to_device(small.make_batch(2), torch.device(device), 0)
    assert calls == [(torch.device("cuda"), True), (torch.device("cpu"), False)]
