import pytest
import torch

from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks.monitor import Goal, Monitor
from mmfusion.training.callbacks.plateau import MovePlateau
from mmfusion.training.noise import quiet
from mmfusion.training.schedulers import plateau
from tests.training.small import QUIET, loader, make_batch, make_module, make_trainer

pytestmark = QUIET


def rates(tmp_path, monitor="val/loss", steps=4, **options) -> list[float]:
    """The learning rate of each step over the first; a validation without improvement divides it by 10."""
    used: list[float] = []

    class Watch(MovePlateau):
        def on_train_batch_start(self, trainer, module, *rest):
            used.append(module.optimizers().param_groups[0]["lr"])

    module = make_module(
        optimizer=lambda model, _: torch.optim.SGD(model.parameters(), lr=1e-3),
        scheduler=plateau(monitor, patience=0, threshold=0.99),  # no later one is good enough
    )
    callbacks = [Monitor(Goal({"val/loss": 1.0}, "min")), Watch()]
    trainer = make_trainer(tmp_path, callbacks=callbacks, **{"max_epochs": 1, **options})
    with quiet():
        trainer.fit(module, loader([make_batch(4, seed) for seed in range(steps)]), loader([make_batch(4)]))
    validations = trainer.num_training_batches // trainer.val_check_batch
    assert trainer.lr_scheduler_configs[0].scheduler.last_epoch == (len(used) // steps) * validations
    return [rate / 1e-3 for rate in used]


def test_it_moves_after_each_validation(tmp_path):
    assert rates(tmp_path, val_check_interval=0.25) == pytest.approx([1.0, 1.0, 0.1, 0.01])
    assert rates(tmp_path, steps=2, max_epochs=3) == pytest.approx([1.0, 1.0, 1.0, 1.0, 0.1, 0.1])


def test_it_moves_by_the_number_that_checkpoints_go_by_and_while_gradients_accumulate(tmp_path):
    used = rates(tmp_path, "val/monitor", val_check_interval=0.25, accumulate_grad_batches=4, num_sanity_val_steps=1)
    assert used == pytest.approx([1.0, 1.0, 0.1, 0.01])


def test_an_unknown_metric_is_refused_before_the_first_step(tmp_path):
    with pytest.raises(ConfigError, match=r"scheduler\.monitor: 'val/kind/acuracy' was not logged; did you mean"):
        rates(tmp_path, "val/kind/acuracy", num_sanity_val_steps=1)


def test_without_validation_it_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"a plateau schedule goes by validation.*limit_val_batches=0"):
        rates(tmp_path, limit_val_batches=0)


def test_a_metric_without_a_value_moves_nothing(tmp_path, caplog):
    module = make_module(
        optimizer=lambda model, _: torch.optim.SGD(model.parameters(), lr=1e-3),
        scheduler=plateau("val/age/r2", patience=0),
    )
    callbacks = [Monitor(Goal({"val/loss": 1.0}, "min")), MovePlateau()]
    trainer = make_trainer(tmp_path, callbacks=callbacks, max_epochs=3)
    with quiet():
        trainer.fit(module, loader([make_batch(4)]), loader([make_batch(1)]))  # one row has no R²
    assert trainer.lr_scheduler_configs[0].scheduler.last_epoch == 0
    assert "val/age/r2 is not a number; this validation does not move the learning rate" in caplog.text
