import sys
from importlib import import_module

import pytest

from mmfusion.training.search.trial import TRIAL_VARIABLE, Announcement, announced
from tests.helpers.forks import finish, log, start_ranks


def test_what_is_announced_arrives(monkeypatch):
    sent = Announcement("study.journal", "s", 3, [{"metric": "val/loss", "direction": "min"}], {"name": "median"})
    monkeypatch.delenv(TRIAL_VARIABLE, raising=False)
    assert announced() is None
    for name, value in sent.environment().items():
        monkeypatch.setenv(name, value)
    assert announced() == sent


def heavy_modules(path):
    """Write which of them are imported with what a run and a sweep import."""
    for name in ("mmfusion.runs.train", "mmfusion.sweeps.multirun", "hydra_plugins.mmfusion_search"):
        import_module(name)
    path.write_text(" ".join({"optuna", "sqlalchemy"} & sys.modules.keys()))


@pytest.mark.xdist_group("forks")
def test_a_run_outside_of_a_search_does_not_pay_for_optuna(tmp_path):
    assert finish(start_ranks(heavy_modules, [(tmp_path / "heavy",)], tmp_path)) == [0], log(tmp_path, 0)
    assert (tmp_path / "heavy").read_text() == ""
