import os
from datetime import timedelta

import pytest
import torch
import yaml
from pytorch_lightning.strategies import DDPStrategy

from mmfusion.config.errors import ConfigError
from mmfusion.training.noise import quiet
from mmfusion.training.optimizers import adamw
from mmfusion.training.sharding import FullySharded
from mmfusion.training.trainer import (
    build_trainer,
    check_backend,
    check_trainer,
    progress_of,
    reconcile,
)
from tests.training.small import QUIET, loader, make_batch, make_module

pytestmark = QUIET


@pytest.fixture
def cfg(repo):
    return {**yaml.safe_load((repo / "conf/trainer/default.yaml").read_text()), "accelerator": "cpu"}


def build(cfg, tmp_path, **changes):
    with quiet():
        return build_trainer({**cfg, **changes}, [], [], tmp_path)


def test_options_reach_lightning(cfg, tmp_path):
    trainer = build(cfg, tmp_path, max_epochs=3, accumulate_grad_batches=2, gradient_clip_val=0.5, log_every_n_steps=0)
    assert (trainer.max_epochs, trainer.accumulate_grad_batches, trainer.gradient_clip_val) == (3, 2, 0.5)
    assert (trainer.log_every_n_steps, trainer.precision, trainer.world_size) == (0, "32-true", 1)
    assert not any(
        type(c).__name__ in ("ModelSummary", "ModelCheckpoint", "TQDMProgressBar") for c in trainer.callbacks
    )


def test_ddp_on_a_cpu_uses_gloo(cfg, tmp_path):
    strategy = build(cfg, tmp_path, strategy="ddp", devices=2, timeout_s=60).strategy
    assert isinstance(strategy, DDPStrategy)
    assert (strategy.process_group_backend, strategy.num_processes) == ("gloo", 2)
    assert strategy._timeout == timedelta(seconds=60)
    assert strategy._ddp_kwargs == {"find_unused_parameters": False, "gradient_as_bucket_view": True}
    automatic = [build(cfg, tmp_path, devices=devices).strategy for devices in (1, 2)]
    assert [isinstance(strategy, DDPStrategy) for strategy in automatic] == [False, True]


def test_torchrun_knows_how_many_processes_there_are(cfg, tmp_path, monkeypatch):
    environment = {
        "TORCHELASTIC_RUN_ID": "1",
        "LOCAL_WORLD_SIZE": "2",
        "WORLD_SIZE": "4",
        "RANK": "0",
        "LOCAL_RANK": "0",
    }
    for name, value in {**environment, "GROUP_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    trainer = build(cfg, tmp_path, devices=1)
    assert (trainer.num_devices, trainer.num_nodes, trainer.world_size) == (2, 2, 4)


def test_fsdp_runs_on_cpus_too(cfg, tmp_path):
    strategy = build(cfg, tmp_path, strategy="fsdp", devices=2, timeout_s=60).strategy
    assert isinstance(strategy, FullySharded)
    assert (strategy.process_group_backend, strategy.num_processes) == ("gloo", 2)
    assert strategy._timeout == timedelta(seconds=60)


def test_fp16_needs_a_gpu(cfg, tmp_path):
    with pytest.raises(ConfigError, match="use bf16-mixed or fp32 on a CPU"):
        build(cfg, tmp_path, precision="16-mixed")


def test_bfloat16_clips_the_gradients_of_a_fused_optimizer(cfg, tmp_path):
    trainer = build(cfg, tmp_path, precision="bf16-mixed", gradient_clip_val=0.01, max_epochs=1, log_every_n_steps=1)
    module = make_module(optimizer=lambda model, _: adamw(fused=True)([{"params": list(model.parameters())}]))
    trainer.fit(module, loader([make_batch(4)]))
    assert trainer.precision == "bf16-mixed"
    norm = torch.stack([p.grad.norm() for p in module.parameters() if p.grad is not None]).norm()
    assert norm == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize(("precision", "algorithm"), [("fp32", "value"), ("fp32", "norm"), ("bf16-mixed", "norm")])
def test_gradients_are_clipped_by_value_and_by_norm(cfg, tmp_path, precision, algorithm):
    def gradient(**changes):
        trainer = build(cfg, tmp_path, precision=precision, max_epochs=1, log_every_n_steps=1, **changes)
        module = make_module(optimizer=lambda model, _: torch.optim.SGD(model.parameters(), lr=0.1))
        trainer.fit(module, loader([make_batch(4)]))
        return torch.cat([p.grad.flatten() for p in module.parameters()])

    whole, limit = gradient(), 0.02
    clipped = gradient(gradient_clip_val=limit, gradient_clip_algorithm=algorithm)
    expected = whole.clamp(-limit, limit) if algorithm == "value" else whole * limit / whole.norm()
    assert whole.abs().max() > 2 * limit
    torch.testing.assert_close(clipped, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("precision", "clip", "wanted", "expected"),
    [
        ("16-mixed", 1.0, "auto", False), ("16-mixed", None, "auto", "auto"), ("fp32", 1.0, "auto", "auto"),
        ("16-mixed", 1.0, True, True),
    ],
)  # fmt: skip
def test_fused_is_given_up_where_it_cannot_clip_unless_wanted(precision, clip, wanted, expected):
    cfg = {"trainer": {"precision": precision, "gradient_clip_val": clip}, "optimizer": {"lr": 1.0, "fused": wanted}}
    assert reconcile(cfg)["optimizer"] == {"lr": 1.0, "fused": expected}
    assert cfg["optimizer"]["fused"] == wanted


def test_threads(cfg, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    before = torch.get_num_threads()
    try:
        build(cfg, tmp_path, threads=2)
        assert torch.get_num_threads() == 2
        assert os.environ["OMP_NUM_THREADS"] == "1"
        build(cfg, tmp_path, threads=2, devices=2)
        assert os.environ["OMP_NUM_THREADS"] == "2"
    finally:
        torch.set_num_threads(before)


def test_a_profilers_report_goes_to_the_folder(cfg, tmp_path):
    trainer = build(cfg, tmp_path, profiler="simple", max_epochs=1)
    with quiet():
        trainer.fit(make_module(), loader([make_batch(4)]))
    assert (tmp_path / "fit-profile.txt").stat().st_size > 0


@pytest.mark.parametrize(
    ("wanted", "terminal", "shown"),
    [("auto", True, True), ("auto", False, "lines"), (True, False, True), (False, True, False)],
)
def test_progress_is_for_terminals(monkeypatch, wanted, terminal, shown):
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert progress_of({"enable_progress_bar": wanted}) == shown


def test_what_this_machine_lacks_is_an_error_before_anything_is_written(cfg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^trainer: .*gpu"), quiet():
        check_trainer({**cfg, "accelerator": "gpu", "devices": 99, "profiler": "simple"})
    with quiet():
        check_trainer({**cfg, "profiler": "simple"})
    assert not list(tmp_path.iterdir())


def test_a_backend_of_compile_that_is_not_there():
    check_backend("inductor")
    check_backend("mypackage.backend")
    with pytest.raises(ConfigError, match=r"^compile.backend: there is no 'inducter'; did you mean 'inductor'"):
        check_backend("inducter")


def test_training_must_have_an_end(cfg, tmp_path):
    with pytest.raises(ConfigError, match="set max_epochs or max_steps"):
        build(cfg, tmp_path, max_epochs=None)
    assert build(cfg, tmp_path, max_epochs=None, max_steps=5).max_steps == 5
