import subprocess
import sys

from mmfusion.training.search.trial import TRIAL_VARIABLE, Announcement, announced


def test_what_is_announced_arrives(monkeypatch):
    sent = Announcement("study.journal", "s", 3, [{"metric": "val/loss", "direction": "min"}], {"name": "median"})
    monkeypatch.delenv(TRIAL_VARIABLE, raising=False)
    assert announced() is None
    for name, value in sent.environment().items():
        monkeypatch.setenv(name, value)
    assert announced() == sent


def test_a_run_outside_of_a_search_does_not_pay_for_optuna(repo):
    rooms = ("mmfusion.runs.train", "mmfusion.sweeps.multirun", "hydra_plugins.mmfusion_search")
    code = f"import sys, {', '.join(rooms)}; print(*{{'optuna', 'sqlalchemy'}} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
