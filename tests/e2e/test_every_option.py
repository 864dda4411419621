"""Every YAML of every group is composed, checked, instantiated and trained for two batches, through the real run."""

from pathlib import Path

import pytest
import torch

from mmfusion.config.compose import load_config
from mmfusion.config.folders import groups, own_folder
from mmfusion.runs.train import train
from tests.helpers.all_kinds import write_all_kinds

NAMES = {
    "image": "image",
    "text": "note",
    "speech": "voice",
    "tabular": "vitals",
    "features": "vector",
    "series": "signal",
}
TASKS = {"classification": "kind", "binary": "flag", "multilabel": "tags", "regression": "size"}
REAL = {
    "digits3_agree": "digits3",
    "digits3_agree_with_holes": "digits3",
    "digits3_calc": "digits3",
    "vqa_rad": "vqa_rad",
    "speech_to_intent": "speech_to_intent",
}
SHORT = [
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "trainer.limit_val_batches=1",
    "trainer.limit_test_batches=1",
    "trainer.num_sanity_val_steps=0",
    "report.plots=false",
]
# What is known of some of the modalities alone is tested where it depends on the option.
SUBSETS = {"data", "experiment", "fusion", "modality", "sharing"}
TINY_DIGITS = ["data.rows.train=64", "data.rows.val=16", "data.rows.test=16", "data.loader.batch_size=16"]
# What only a sweep, a search or a study reads, and no training: tests/sweeps and tests/studies run them.
OF_MANY_RUNS = {"hydra/launcher", "hydra/sweeper", "hparams_search", "study"}
# Options of several processes: tests/runs/test_launchers.py starts them.
ELSEWHERE = {("trainer", "ddp"), ("trainer", "fsdp")}

OPTIONS = [
    (group, option)
    for group, options in sorted(groups([own_folder()]).items())
    for option in sorted(options)
    if group and (group, option) not in ELSEWHERE
]


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory) -> Path:
    return write_all_kinds(tmp_path_factory.mktemp("all_kinds"))


def overrides_for(group: str, option: str, shared: Path) -> list[str]:
    """What makes a run use this option, on the smallest data that has what it needs."""
    if group == "experiment" and option in REAL:
        if not shared.is_dir():
            pytest.skip("needs the real data in ../shared/data")
        few = ["data.loader.batch_size=16", "data.loader.cache=none"]  # no use decoding all for a few batches
        return [f"experiment={option}", f"data.root={shared / REAL[option]}", *few]
    if (group, option) in (("experiment", "seed"), ("data", "latent")):
        return ["experiment=seed", *TINY_DIGITS]
    if (group, option) in (("experiment", "digits"), ("data", "digits")):
        return ["experiment=digits", *TINY_DIGITS]
    if (group, option) == ("trainer", "gpu") and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    base = ["experiment=all_kinds"]
    kind = group.removeprefix("encoder/")
    if group.startswith("encoder/"):
        dropped = [f"~encoder.{name}" for other, name in NAMES.items() if other not in (kind, "tabular")]
        place = group if NAMES[kind] == kind else f"{group}@encoder.{NAMES[kind]}"
        return [*base, f"{place}={option}", *dropped]
    if group == "task":
        return [*base, *(f"~task.{name}" for other, name in TASKS.items() if other != option)]
    if group == "logger":
        return [*base, f"logger=[{option}]"]
    if group == "data":
        return base
    return [*base, f"{group}={option}"]


@pytest.mark.parametrize(("group", "option"), OPTIONS, ids=lambda value: value.replace("/", "-"))
def test_trains_for_two_batches(group, option, all_kinds, tmp_path, request):
    shared = request.config.rootpath.parent / "shared" / "data"
    overrides = [*overrides_for(group, option, shared), f"paths.run={tmp_path / 'run'}"]
    # A debug option says itself how long to train; a hundred epochs are too many here.
    overrides += SHORT if group != "debug" else ["trainer.max_epochs=2"] if option == "overfit" else []
    if group in OF_MANY_RUNS:
        load_config(overrides, [all_kinds])
        return
    if group not in SUBSETS:
        overrides.append("report.subsets=none")
    if group == "scheduler" and option == "plateau":
        overrides += ["trainer.check_val_every_n_epoch=1"]
    result = train(load_config(overrides, [all_kinds]), overrides, show=False)
    assert result.status == "completed"
    assert (tmp_path / "run" / "result.json").is_file()
    if group != "debug":
        assert any(name.startswith("test/") for name in result.metrics)
