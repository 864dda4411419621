"""Every option of every group is trained for two batches through the real run; those that go together in one run."""

from pathlib import Path

import pytest
import torch

from mmfusion.config.compose import load_config
from mmfusion.config.folders import own_folder
from mmfusion.runs.train import train_config
from tests.e2e.options import NEVER, OPTIONS
from tests.helpers.all_kinds import write_all_kinds
from tests.helpers.once import once
from tests.helpers.pairwise import combinations

ENCODERS = {
    "encoder/image": "image",
    "encoder/text": "note",
    "encoder/speech": "voice",
    "encoder/tabular": "vitals",
    "encoder/features": "vector",
    "encoder/series": "signal",
}
"""Group to the modality of the table that has such an encoder."""
REAL = {
    "digits3_agree": "digits3",
    "digits3_agree_with_holes": "digits3",
    "digits3_calc": "digits3",
    "vqa_rad": "vqa_rad",
    "speech_to_intent": "speech_to_intent",
}
SHORT = [
    *("trainer.max_epochs=1", "trainer.limit_train_batches=2", "trainer.limit_val_batches=1"),
    *("trainer.limit_test_batches=1", "trainer.num_sanity_val_steps=0"),
    *("report.plots=false", "report.subsets=leave_one_out"),  # all 63 subsets of six modalities take the time
]
TINY_DIGITS = ["data.rows.train=64", "data.rows.val=16", "data.rows.test=16", "data.loader.batch_size=16"]
ALONE = ("data", "debug", "experiment", "task")
OF_MANY_RUNS = ("hydra/launcher", "hydra/sweeper", "hparams_search", "study")  # tests/sweeps and tests/studies run them
ELSEWHERE = {"ddp", "fsdp"} | ({"gpu"} if not torch.cuda.is_available() else set())  # tests/runs/test_launchers.py
TOGETHER = {
    group: [option for option in options if option not in ELSEWHERE]
    for group, options in OPTIONS.items()
    if group not in (*ALONE, *OF_MANY_RUNS)
}


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory) -> Path:
    return once(tmp_path_factory, "all_kinds", write_all_kinds) / "conf"


def run(overrides, all_kinds, folder):
    overrides = [*overrides, f"paths.run={folder / 'run'}"]
    result = train_config(load_config(overrides, [all_kinds]), overrides, show=False)
    assert result.status == "completed"
    assert (folder / "run" / "result.json").is_file()
    return result


@pytest.mark.parametrize(
    "chosen", combinations(TOGETHER, never=NEVER, strength=1), ids=lambda row: "-".join(row.values())
)
def test_trains_for_two_batches(chosen, all_kinds, tmp_path):
    overrides = []
    for group, option in chosen.items():
        name = ENCODERS.get(group, group)
        place = group if group in (name, f"encoder/{name}") else f"{group}@encoder.{name}"
        overrides.append(f"{place}=[{option}]" if group == "logger" else f"{place}={option}")
    result = run(["experiment=all_kinds", *overrides, *SHORT], all_kinds, tmp_path)
    tested = {name.split("/")[1] for name in result.metrics if name.startswith("test/")}
    assert tested >= {"kind", "flag", "tags", "size"}


def test_the_table_has_every_kind_of_modality_and_task(all_kinds):
    config = load_config(["experiment=all_kinds"], [all_kinds])
    assert set(ENCODERS) == {group for group in OPTIONS if group.startswith("encoder/")}
    assert {node["_target_"] for node in config["task"].values()} == {
        load_config([f"+task@task.one={option}"])["task"]["one"]["_target_"] for option in OPTIONS["task"]
    }


def test_every_source_has_an_experiment():
    text = "".join(path.read_text() for path in (own_folder() / "experiment").glob("*.yaml"))
    assert [name for name in OPTIONS["data"] if f"override /data: {name}\n" not in text] == []


@pytest.mark.parametrize("name", OPTIONS["experiment"])
def test_an_experiment_trains_for_two_batches(name, all_kinds, tmp_path, request):
    few = TINY_DIGITS
    if name in REAL:
        folder = request.getfixturevalue("shared_data") / REAL[name]
        # No use decoding all for a few batches.
        few = [f"data.root={folder}", "data.loader.batch_size=16", "data.loader.cache=none"]
    result = run([f"experiment={name}", *few, *SHORT], all_kinds, tmp_path)
    assert any(name.startswith("test/") for name in result.metrics)


@pytest.mark.parametrize("name", OPTIONS["debug"])
def test_a_debug_option_says_itself_how_long_to_train(name, all_kinds, tmp_path):
    fewer = ["trainer.max_epochs=1"] if name in ("overfit", "anomaly") else []  # a hundred epochs are too many here
    run(["experiment=all_kinds", f"debug={name}", *fewer, "report.subsets=none"], all_kinds, tmp_path)
