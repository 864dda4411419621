"""Options whose working only a whole run shows: determinism, compilation, precision, what a run is judged by."""

import csv
import shutil

import polars as pl
import pytest
import torch
import torch._functorch.config
from torch._dynamo.utils import counters

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.runs.train import train_config
from mmfusion.training.callbacks.checkpoint import load_module_state
from tests.helpers.all_kinds import write_all_kinds
from tests.helpers.once import once
from tests.runs.small_experiment import small_config

# Image, text and speech are left.
MEDIA = ["experiment=all_kinds", "~encoder.vitals", "~encoder.vector", "~encoder.signal"]
MEDIA += ["trainer.deterministic=true", "loss_weighting=gradnorm", "modality=dropout"]
SHORT = [
    *(f"trainer.limit_{split}_batches={count}" for split, count in (("train", 3), ("val", 1), ("test", 1))),
    *("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.num_sanity_val_steps=0"),
    *("trainer.log_every_n_steps=1", "report.plots=false", "report.subsets=none"),
]


@pytest.fixture(scope="module")
def of_media(tmp_path_factory):
    """A run on image, text and speech with further overrides, and what it logged."""
    conf = once(tmp_path_factory, "all_kinds", write_all_kinds) / "conf"

    def run(*overrides):
        folder = tmp_path_factory.mktemp("media") / "run"
        result = train_config(load_config([*MEDIA, *SHORT, f"paths.run={folder}", *overrides], [conf]), show=False)
        return result, pl.read_csv(folder / "metrics.csv", infer_schema_length=None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        yield run
    torch.use_deterministic_algorithms(False)  # which Lightning sets for the whole process


@pytest.fixture(scope="module")
def first(of_media):
    return of_media()


@pytest.fixture
def compiled_no_longer():
    """Takes back what compilation leaves in the process."""
    torch.compiler.reset()
    counters.clear()
    with torch._functorch.config.patch(donated_buffer=True):
        yield
    torch.compiler.reset()


def steps(log: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The column `step/<task>/<kind>` of each task, one row a step."""
    names = [name for name in log.columns if name.startswith("step/") and name.endswith(f"/{kind}")]
    return log.select(names).filter(pl.any_horizontal(pl.all().is_not_null()))


def test_deterministic_runs_of_one_seed_agree_to_the_last_bit(of_media, first):
    assert torch.are_deterministic_algorithms_enabled()  # nothing that was used lacks a deterministic form
    second, _ = of_media()
    a, b = (load_module_state(run.path / "checkpoints" / "last.ckpt") for run in (first[0], second))
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert first[0].metrics == second.metrics


def test_bfloat16_trains_image_text_and_speech_with_gradnorm(of_media, first):
    full, expected = first
    half, logged = of_media("trainer.precision=bf16-mixed")
    assert half.status == "completed"
    for kind in ("loss", "gradient_norm"):
        a, b = (steps(log, kind).to_torch() for log in (expected, logged))
        assert a.shape == b.shape == (3, 4), kind
        assert b.isfinite().all()
        assert not torch.equal(a, b)
        torch.testing.assert_close(a[0], b[0], rtol=0.1, atol=0.02)
    weights = steps(logged, "weight").to_torch()
    torch.testing.assert_close(weights.sum(1), torch.full((3,), 4.0, dtype=weights.dtype))
    assert (weights[0] != weights[2]).any()
    saved = load_module_state(half.path / "checkpoints" / "last.ckpt")
    assert {x.dtype for x in saved.values() if x.is_floating_point()} == {torch.float32}
    assert full.metrics.keys() == half.metrics.keys()


# Dynamo hides the first by itself, which is too late where warnings are errors; the second is torch's own import.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.filterwarnings("ignore:`torch.jit.script_method` is deprecated")
@pytest.mark.parametrize("backend", ["aot_eager", pytest.param("inductor", marks=pytest.mark.full)])
def test_a_compiled_run_gives_what_an_eager_one_gives(conf_dir, tmp_path, compiled_no_longer, backend):
    if backend == "inductor" and shutil.which("g++") is None:
        pytest.skip("needs a C++ compiler")
    small = [*SHORT, "~encoder.a", "~encoder.c", "~task.flag", "loss_weighting=gradnorm", "data.loader.batch_size=30"]
    small += ["encoder.b.dropout=0.0"]  # inductor draws its own
    eager = train_config(small_config(conf_dir, *small, f"paths.run={tmp_path / 'eager'}"), show=False)
    assert not counters["stats"]
    options = ["compile.enabled=true", f"compile.backend={backend}", f"paths.run={tmp_path / 'compiled'}"]
    compiled = train_config(small_config(conf_dir, *small, *options), show=False)
    assert counters["stats"]["unique_graphs"] >= 2  # `represent` and `decide`
    assert compiled.metrics.keys() == eager.metrics.keys()
    for name, value in eager.metrics.items():
        assert compiled.metrics[name] == pytest.approx(value, rel=1e-3, abs=1e-4), name


def test_what_no_validation_row_is_labelled_for_cannot_be_gone_by(conf_dir, tmp_path):
    with (conf_dir.parent / "small.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (tmp_path / "unlabelled.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | ({"flag": ""} if row["split"] == "val" else {}) for row in rows)
    options = [f"data.path={tmp_path / 'unlabelled.csv'}", "callbacks.monitor.metric=val/flag/accuracy", *SHORT]
    with pytest.raises(ConfigError, match=r"'val/flag/accuracy' will never be known.*a label of 'flag'.*kind, level$"):
        train_config(small_config(conf_dir, *options, f"paths.run={tmp_path / 'run'}"), show=False)
    assert not (tmp_path / "run" / "metrics.csv").exists()  # it had not begun
    result = train_config(
        small_config(conf_dir, *options, "trainer.overfit_batches=1"), show=False
    )  # training rows are validated
    assert result.validation["val/flag/labels"] > 0
