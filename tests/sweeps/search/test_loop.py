import json
import multiprocessing
import statistics

import pytest
from optuna.trial import TrialState

from mmfusion.sweeps.search.objectives import Objective
from mmfusion.sweeps.search.study import ERROR, OVERRIDES, RETRY, SAME, VALUES
from mmfusion.training.search.trial import TRIAL_VARIABLE
from tests.sweeps.search.fake_pool import by_x, completed, interrupting, killed, make, reporting, states, value_of

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


def test_trials_are_told_what_their_jobs_came_to(tmp_path, capsys):
    search = make(tmp_path, n_trials=4)
    search.run()
    trials = search.study.trials()
    assert states(search) == [COMPLETE] * 4
    assert [trial.value for trial in trials] == [trial.params["x"] for trial in trials]
    for trial in trials:
        job = json.loads((tmp_path / str(trial.number) / "job.json").read_text())
        assert job["overrides"] == ["base=1", f"x={trial.params['x']!r}"] == trial.user_attrs[OVERRIDES]
        assert (job["number"], job["trial"]) == (trial.number, trial.number)
    received = json.loads(search.runner.environments[2][TRIAL_VARIABLE])
    assert (received["trial"], received["study"], received["storage"]) == (2, "study", str(tmp_path / "study.journal"))
    assert "[4/4] trial 3 val/monitor " in capsys.readouterr().err


@pytest.mark.parametrize("storage", ["study.journal", "sqlite:///study.db"])
def test_the_same_again_starts_nothing_and_more_trials_go_on_as_if_never_interrupted(tmp_path, storage):
    started, params = [], []
    for name, n_trials in (("parts", 3), ("parts", 3), ("parts", 5), ("whole", 5)):
        search = make(tmp_path / name, n_trials=n_trials, storage=storage)
        search.run()
        started.append([job.number for job in search.runner.started])
        params.append([trial.params for trial in search.study.trials()])
        search.study.close()
    assert started == [[0, 1, 2], [], [3, 4], [0, 1, 2, 3, 4]]
    assert params[2] == params[3]
    assert (tmp_path / "whole" / storage.rpartition("/")[2]).exists()


def test_what_fails_does_not_count(tmp_path, capsys):
    def second_fails(job, announced):
        return {"status": "failed", "error": "RuntimeError: no luck\nmore"} if job.number == 1 else by_x(job, announced)

    search = make(tmp_path, second_fails, n_trials=3)
    search.run()
    assert states(search) == [COMPLETE, FAIL, COMPLETE, COMPLETE]
    assert search.failed == [1]
    assert search.study.trials()[1].user_attrs[ERROR] == "RuntimeError: no luck\nmore"
    assert "trial 1 failed: RuntimeError: no luck: x=" in capsys.readouterr().err


def test_too_many_failures_end_the_search(tmp_path, capsys):
    search = make(
        tmp_path, lambda job, _: {"status": "failed", "error": "no luck"}, n_trials=9, max_failures=1, slots=1
    )
    search.run()
    assert states(search) == [FAIL] * 2
    assert "2 trials have failed (max_failures=1): starting no other" in capsys.readouterr().err


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_run_without_the_number_has_failed(tmp_path, value):
    search = make(tmp_path, lambda job, _: completed(value), n_trials=1, max_failures=0)
    search.run()
    assert states(search) == [FAIL]
    assert "has no val/monitor that is a number" in search.study.trials()[0].user_attrs[ERROR]


def test_pruned_trials_count_and_keep_their_last_value(tmp_path, capsys):
    search = make(tmp_path, reporting, n_trials=12, pruner={"name": "median", "n_startup_trials": 3}, slots=1)
    search.run()
    trials = search.study.trials()
    pruned = [trial for trial in trials if trial.state == PRUNED]
    assert len(pruned) + states(search).count(COMPLETE) == 12
    assert 2 <= len(pruned) <= 9
    assert all(trial.value == 1 - trial.params["x"] for trial in pruned)
    assert "trial 11" in capsys.readouterr().err


def test_seeds_are_averaged(tmp_path):
    def by_seed(job, announced):
        return completed(float(value_of(job, "x")) + int(value_of(job, "seed")))

    search = make(tmp_path, by_seed, n_trials=2, seeds=[0, 1, 5])
    search.run()
    first, second = search.study.trials()
    assert first.value == pytest.approx(first.params["x"] + statistics.mean([0, 1, 5]))
    assert first.user_attrs[VALUES] == {str(seed): [first.params["x"] + seed] for seed in (0, 1, 5)}
    assert [job.number for job in search.runner.started] == list(range(6))
    assert [job.overrides[-1] for job in search.runner.started[3:]] == ["seed=0", "seed=1", "seed=5"]
    assert json.loads((tmp_path / "4/job.json").read_text())["trial"] == second.number == 1
    assert [TRIAL_VARIABLE in item for item in search.runner.environments] == [True, False, False] * 2


def test_the_first_seed_decides_whether_the_others_run(tmp_path):
    search = make(
        tmp_path, reporting, n_trials=8, seeds=[3, 4, 5], pruner={"name": "median", "n_startup_trials": 2}, slots=2
    )
    search.run()
    for trial in search.study.trials():
        ran = [value_of(job, "seed") for job in search.runner.started if job.number // 3 == trial.number]
        assert ran == (["3"] if trial.state == PRUNED else ["3", "4", "5"])
    assert PRUNED in states(search)
    assert COMPLETE in states(search)


def test_a_seed_that_fails_fails_the_trial(tmp_path):
    def one_fails(job, announced):
        return {"status": "failed", "error": "no luck"} if job.number == 1 else by_x(job, announced)

    search = make(tmp_path, one_fails, n_trials=1, seeds=[0, 1, 2], slots=1)
    search.run()
    assert states(search) == [FAIL, COMPLETE]
    assert [job.number for job in search.runner.started] == [0, 1, 3, 4, 5], "its third seed is not run"


def test_an_interrupted_search_repeats_what_it_had_asked_for(tmp_path):
    search = make(tmp_path, interrupting(2), n_trials=5)
    with pytest.raises(KeyboardInterrupt):
        search.run()
    assert states(search) == [COMPLETE, COMPLETE, FAIL, FAIL, TrialState.WAITING, TrialState.WAITING]
    requested = [trial.params for trial in search.study.trials()[2:4]]
    again = make(tmp_path, n_trials=5)
    again.run()
    trials = again.study.trials()
    assert [trial.params for trial in trials[4:6]] == requested
    assert [trial.user_attrs[RETRY] for trial in trials[4:6]] == [2, 3]
    assert states(again) == [COMPLETE, COMPLETE, FAIL, FAIL, COMPLETE, COMPLETE, COMPLETE]
    assert not (tmp_path / "2").exists()
    assert (tmp_path / "attempts/2-1/job.json").exists()


@pytest.mark.parametrize(
    "sampler", ["random", {"name": "tpe", "n_startup_trials": 2}, pytest.param("gp", marks=pytest.mark.full)]
)
def test_an_interruption_changes_nothing_of_what_one_at_a_time_draws(tmp_path, sampler):
    given = {"n_trials": 7, "slots": 1, "sampler": sampler, "written": {"x": "interval(0, 1)", "y": "interval(0, 9)"}}
    whole = make(tmp_path / "whole", **given)
    whole.run()
    for _ in range(2):
        search = make(tmp_path / "parts", interrupting(2), **given)
        with pytest.raises(KeyboardInterrupt):
            search.run()
    again = make(tmp_path / "parts", **given)
    again.run()
    assert len(again.study.trials()) == 9
    assert [trial.params for trial in again.study.finished()] == [trial.params for trial in whole.study.trials()]


def test_a_search_with_pruning_that_is_killed_is_completed(tmp_path):
    """Within a trial that has reported, by SIGKILL, and once more by Ctrl-C."""
    changes = {"n_trials": 20, "pruner": {"name": "median", "n_startup_trials": 4}}
    process = multiprocessing.get_context("spawn").Process(target=killed, args=(tmp_path, 7), kwargs=changes)
    process.start()
    process.join()
    assert process.exitcode == -9
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, interrupting(4, reporting), **changes).run()
    search = make(tmp_path, reporting, **changes)
    search.run()
    finished = search.study.finished()
    assert len(finished) == 20
    assert {trial.state for trial in finished} == {COMPLETE, PRUNED}
    assert states(search).count(FAIL) == len(search.study.trials()) - 20 >= 2
    repeated = [trial.user_attrs[RETRY] for trial in search.study.trials() if RETRY in trial.user_attrs]
    assert sorted(repeated) == [trial.number for trial in search.study.trials() if trial.state == FAIL]
    assert {int(path.parent.name) for path in tmp_path.glob("*/result.json")} == {trial.number for trial in finished}
    again = make(tmp_path, reporting, **changes)
    again.run()
    assert again.runner.started == []


def test_seeds_that_had_ended_are_not_run_again(tmp_path):
    search = make(tmp_path, interrupting(2), n_trials=1, seeds=[0, 1, 2], slots=1)
    with pytest.raises(KeyboardInterrupt):
        search.run()
    again = make(tmp_path, n_trials=1, seeds=[0, 1, 2])
    again.run()
    assert [value_of(job, "seed") for job in again.runner.started] == ["2"]
    trial = again.study.trials()[1]
    assert trial.value == pytest.approx(trial.params["x"])
    assert (tmp_path / "0/result.json").exists()
    assert (tmp_path / "1/result.json").exists()


def test_what_has_been_run_is_not_run_again(tmp_path):
    search = make(tmp_path, written={"x": "0.25,0.5"}, n_trials=8)
    search.run()
    assert states(search) == [COMPLETE] * 8
    assert len(search.runner.started) == 2
    assert {trial.value for trial in search.study.trials() if SAME in trial.user_attrs} <= {0.25, 0.5}
    for trial in search.study.trials():
        assert trial.value == trial.params["x"]


def test_a_pruned_twin_is_pruned(tmp_path):
    search = make(
        tmp_path, reporting, {"x": "0.75,0.5"}, slots=1, n_trials=8, pruner={"name": "threshold", "upper": 0.4}
    )
    search.run()
    assert {(t.params["x"], t.state) for t in search.study.trials()} == {(0.75, COMPLETE), (0.5, PRUNED)}
    assert len(search.runner.started) == 2


def test_several_objectives_are_not_announced_for_pruning(tmp_path):
    def two(job, announced):
        assert announced is None
        x = float(value_of(job, "x"))
        return completed(x, **{"val/a/loss": x, "val/b/mae": 1 - x})

    objectives = (Objective("val/a/loss", "min"), Objective("val/b/mae", "min"))
    search = make(tmp_path, two, objectives=objectives, n_trials=5, sampler={"name": "nsgaii", "population_size": 2})
    search.run()
    assert len(search.study.optuna.best_trials) == 5
    assert all(trial.values == [trial.params["x"], 1 - trial.params["x"]] for trial in search.study.trials())


def test_after_the_time_is_up_nothing_starts(tmp_path):
    search = make(tmp_path, n_trials=5, timeout_s=0)
    search.run()
    assert search.runner.started == []
