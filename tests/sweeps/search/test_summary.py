import pytest
import yaml
from optuna.trial import TrialState

from mmfusion.sweeps.search.active_trial import ActiveTrial, jobs_of
from mmfusion.sweeps.search.objectives import Objective
from mmfusion.sweeps.search.study import OVERRIDES, VALUES
from mmfusion.sweeps.search.summary import summarize_search, trial_line
from tests.sweeps.search.fake_pool import GONE, open_study

LOSS, ACCURACY = Objective("val/loss", "min"), Objective("val/a/accuracy", "max")
WORDS = ["trusted_modules=[]", "--config-dir", "my configs"]
TRAIN = "mmfusion train --config-dir 'my configs'"


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """A study and its folder below the working directory."""
    monkeypatch.chdir(tmp_path)

    def make(*objectives):
        _, space, sampling, study, folder = open_study(tmp_path / "sweep", {"x": "interval(0, 1)"}, objectives)

        def trial(*values, state=TrialState.COMPLETE, overrides=None, seeds=None):
            """One that has come to these values; its overrides are unlike those of others, if none are given."""
            requested = study.ask(sampling, 100)
            study.parameters(requested, space, ["base=1"])
            if overrides is not None:
                requested.set_user_attr(OVERRIDES, overrides)
            if seeds is not None:
                requested.set_user_attr(VALUES, {str(seed): list(values) for seed in seeds})
            if state is not None:
                study.tell(requested.number, state, list(values) or None)
            return requested

        return study, folder, trial

    return make


def end(study, folder, limit, failed=(), gave_up=False):
    return summarize_search(study, folder, WORDS, failed, limit, gave_up)


@pytest.mark.parametrize(("objective", "best"), [(LOSS, 1), (ACCURACY, 0)])
def test_the_best_is_written_and_said(opened, capsys, objective, best):
    study, folder, trial = opened(objective)
    for value in (0.5, 0.25, 0.375):
        trial(value, overrides=["base=1", f"x={value}"])
    outcome = end(study, folder, 3)
    assert [item.number for item in outcome.best] == [best]
    assert outcome.is_complete
    value = (0.5, 0.25)[best]
    comment, *lines = (folder.path / "best.yaml").read_text().splitlines()
    assert comment == f"# Trial {best}: {objective.metric} {value:g}. {TRAIN} @sweep/best.yaml"
    assert yaml.safe_load("\n".join(lines)) == ["base=1", f"x={value}"]
    printed = capsys.readouterr().err
    assert "mmfusion: 3 of 3 trials finished, 0 of them pruned; study study in sweep\n" in printed
    assert f"train it again: {TRAIN} @sweep/best.yaml\n" in printed
    assert "goes on" not in printed
    assert printed.endswith("compare them: mmfusion compare sweep\n")


def test_what_is_not_finished_is_told_apart(opened, capsys):
    study, folder, trial = opened(LOSS)
    trial(0.5)
    trial(state=TrialState.PRUNED)
    failed = trial(state=None)
    study.fail(failed.number, "RuntimeError: no memory\nmore of it")
    left = trial(state=None)
    left.set_user_attr("sweeper", GONE)
    outcome = end(study, folder, 5, failed=[failed.number])
    assert outcome.is_complete
    printed = capsys.readouterr().err
    assert "2 of 5 trials finished, 1 of them pruned, 1 failed; " in printed
    assert "failed: trial 2: RuntimeError: no memory\n" in printed
    assert "more of it" not in printed
    assert "trial 3 is still at work (" in printed
    assert "the same command again goes on" in printed


def test_failures_and_nothing_found_are_no_complete_search(opened):
    study, folder, trial = opened(LOSS)
    assert not end(study, folder, 3).is_complete
    trial(state=TrialState.PRUNED)
    assert not end(study, folder, 3).is_complete
    assert not (folder.path / "best.yaml").exists()
    trial(0.5)
    assert end(study, folder, 3).is_complete
    assert not end(study, folder, 3, gave_up=True).is_complete


def test_a_mean_over_seeds_says_so(opened):
    study, folder, trial = opened(LOSS)
    trial(0.123456789, seeds=[3, 1])
    end(study, folder, 1)
    assert (
        (folder.path / "best.yaml").read_text().startswith("# Trial 0: val/loss 0.123457; means over the seeds 3, 1. ")
    )


def test_the_pareto_set_is_what_nothing_beats_in_the_first_objectives_order(opened, capsys):
    study, folder, trial = opened(LOSS, ACCURACY)
    for values in ((0.5, 0.9), (0.2, 0.4), (0.6, 0.8), (0.3, 0.7)):  # the third is beaten by the first
        trial(*values)
    outcome = end(study, folder, 4)
    assert [item.number for item in outcome.best] == [1, 3, 0]
    assert {file.name for file in (folder.path / "pareto").iterdir()} == {"0.yaml", "1.yaml", "3.yaml"}
    printed = capsys.readouterr().err
    assert "Pareto set: 3 trials" in printed
    assert "trial 3: val/loss 0.3, val/a/accuracy 0.7: base=1 x=" in printed
    assert f"train one again: {TRAIN} @sweep/pareto/<trial>.yaml" in printed
    trial(0.1, 0.95)  # beats them all
    end(study, folder, 5)
    assert [file.name for file in (folder.path / "pareto").iterdir()] == ["4.yaml"]


def test_trials_of_one_and_the_same_run_stand_once(opened):
    study, folder, trial = opened(LOSS, ACCURACY)
    for _ in range(2):
        trial(0.5, 0.9, overrides=["x=1"])
    trial(0.2, 0.4, overrides=["x=2"])
    assert [item.number for item in end(study, folder, 3).best] == [2, 0]


def test_a_line_a_trial(opened):
    study, folder, trial = opened(LOSS)
    trial(0.25)
    second = trial(0.5)
    overrides = ["base=1", "x=0.75"]

    def line(**how):
        return trial_line(ActiveTrial(second, overrides, jobs_of(folder, 1, overrides, None), **how), study, 9, base=1)

    assert line(values={"": [0.5]}) == "[2/9] trial 1 val/loss 0.5 (best 0.25, trial 0): x=0.75"
    assert line(pruned="pruned after epoch 2") == "[2/9] trial 1 pruned after epoch 2: x=0.75"
    assert line(error="ValueError: no\nmore") == "[2/9] trial 1 failed: ValueError: no: x=0.75"
    trial(0.0)
    best = ActiveTrial(trial(-1.0), overrides, jobs_of(folder, 3, overrides, None), values={"": [-1.0]})
    assert trial_line(best, study, 9, base=1) == "[4/9] trial 3 val/loss -1: x=0.75", "the best needs no other"
