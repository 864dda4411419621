import errno

import pytest
import torch
from pytorch_lightning import Callback

from mmfusion.config.names import MONITOR
from mmfusion.store.files import BEST, LAST
from mmfusion.training.callbacks.checkpoint import Checkpoints, load_module_state
from mmfusion.training.callbacks.monitor import Goal, Monitor
from mmfusion.training.noise import quiet
from tests.training.small import QUIET, loader, make_batch, make_module, make_trainer

pytestmark = QUIET
GOAL = Goal({"val/loss": 1.0}, "min")


class Script(Callback):
    """Puts given values in place of the monitored number, one a validation, and keeps the weights of that moment."""

    def __init__(self, values):
        self.values = list(values)
        self.weights = []

    def on_validation_end(self, trainer, module):
        if not trainer.sanity_checking:
            trainer.callback_metrics[MONITOR] = torch.tensor(self.values[len(self.weights)])
            self.weights.append({k: v.clone() for k, v in module.state_dict().items()})


def fit(tmp_path, values, module=None, options=None, **trainer_options):
    script, kept = Script(values), Checkpoints(tmp_path, GOAL, **(options or {}))
    trainer_options |= {"max_epochs": len(values), "num_sanity_val_steps": 1}
    trainer = make_trainer(tmp_path, callbacks=[Monitor(GOAL), script, kept], **trainer_options)
    with quiet():
        trainer.fit(module or make_module(), loader([make_batch(8)]), loader([make_batch(8, 1)]))
    return script, kept, trainer


def same(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


def test_best_and_last_hold_the_weights_of_their_moments(tmp_path):
    script, kept, _ = fit(tmp_path, [3.0, 1.0, 2.0])
    assert same(load_module_state(tmp_path / BEST), script.weights[1])
    assert same(load_module_state(tmp_path / LAST), script.weights[2])
    assert not same(script.weights[1], script.weights[2])
    assert (kept.best_value, kept.best_epoch, kept.best_step) == (1.0, 1, 1)
    assert kept.best_metrics["val/monitor"] == 1.0
    assert kept.chosen() == tmp_path / BEST
    assert sorted(file.name for file in tmp_path.iterdir()) == [BEST, LAST]


def test_nan_is_never_best(tmp_path):
    script, kept, _ = fit(tmp_path, [float("nan"), 5.0, float("nan")])
    assert (kept.best_value, kept.best_epoch) == (5.0, 1)
    assert same(load_module_state(tmp_path / BEST), script.weights[1])


@pytest.mark.parametrize(
    ("options", "files"),
    [({"best": False}, [LAST]), ({"last": False}, [BEST]), ({"best": False, "last": False}, [])],
)
def test_only_what_is_wanted_is_kept(tmp_path, options, files):
    _, kept, _ = fit(tmp_path, [1.0], options=options)
    assert [file.name for file in tmp_path.iterdir()] == files
    assert kept.chosen() == (tmp_path / files[0] if files else None)


def test_a_rehearsal_leaves_nothing(tmp_path):
    _, kept, _ = fit(tmp_path, [1.0], fast_dev_run=True)
    assert list(tmp_path.iterdir()) == []
    assert kept.chosen() is None


def test_a_full_disk_is_named_and_leaves_the_checkpoint_before_it(tmp_path, monkeypatch):
    script, kept, trainer = fit(tmp_path, [1.0])

    def full(path, **options):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(trainer, "save_checkpoint", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*best\.ckpt'") as caught:
        kept.save(trainer, tmp_path / BEST)
    assert caught.value.errno == errno.ENOSPC
    assert same(load_module_state(tmp_path / BEST), script.weights[0])
    assert sorted(file.name for file in tmp_path.iterdir()) == [BEST, LAST]


def test_a_checkpoint_is_tensors_and_plain_values_alone(tmp_path):
    _, kept, _ = fit(tmp_path, [2.0, 1.0], module=make_module("uncertainty"))
    content = torch.load(tmp_path / BEST, weights_only=True)
    (state,) = (value for key, value in content["callbacks"].items() if key.startswith("Checkpoints"))
    other = Checkpoints(tmp_path, GOAL)
    other.load_state_dict(state)
    assert other.state_dict() == kept.state_dict()


def test_a_payload_is_not_executed(tmp_path):
    class Payload:
        def __reduce__(self):
            return (exec, ("raise SystemExit('executed')",))

    torch.save({"state_dict": Payload()}, tmp_path / BEST)
    with pytest.raises(Exception, match=r"[Ww]eights.only"):
        load_module_state(tmp_path / BEST)
