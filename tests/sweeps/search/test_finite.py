"""Searches that try every combination once."""

import pytest
from optuna.trial import TrialState

from tests.sweeps.search.fake_pool import GONE, by_x, interrupting, make, open_study, states, value_of

COMPLETE, FAIL = TrialState.COMPLETE, TrialState.FAIL


@pytest.mark.parametrize("sampler", ["grid", "brute_force"])
def test_a_finite_space_is_tried_once(tmp_path, sampler):
    written = {"x": "1,2", "y": {"space": "range(0, 3)", "when": "x=2"}}
    search, again = (make(tmp_path, written=written, n_trials=50, sampler=sampler) for _ in range(2))
    search.run()
    assert len(search.runner.started) == 4
    tried = sorted((trial.params["x"], trial.params.get("y")) for trial in search.study.trials())
    assert tried == [(1, None), (2, 0), (2, 1), (2, 2)]
    again.run()
    assert again.runner.started == []


def test_an_interrupted_grid_is_completed(tmp_path):
    written = {"x": "range(0, 5)"}
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, interrupting(1), written, n_trials=9, sampler="grid").run()
    again = make(tmp_path, written=written, n_trials=9, sampler="grid")
    again.run()
    assert sorted(t.params["x"] for t in again.study.trials() if t.state == COMPLETE) == list(range(5))


def test_a_grid_whose_process_died_before_it_was_told_its_parameters_has_no_hole(tmp_path):
    written = {"x": "range(0, 3)"}
    _, _, sampling, study, _ = open_study(tmp_path, written, sampler="grid")
    study.ask(sampling, 9, GONE)
    again = make(tmp_path, written=written, n_trials=9, sampler="grid")
    again.run()
    assert sorted(t.params["x"] for t in again.study.trials() if t.state == COMPLETE) == [0, 1, 2]


def test_what_failed_in_a_grid_is_tried_again_by_the_next_command_alone(tmp_path):
    def one_fails(job, announced):
        return {"status": "failed", "error": "no luck"} if value_of(job, "x") == "1" else by_x(job, announced)

    written = {"x": "range(0, 3)"}
    first = make(tmp_path, one_fails, written, n_trials=9, sampler="grid")
    first.run()
    assert sorted(states(first), key=str) == sorted([COMPLETE, COMPLETE, FAIL], key=str)
    assert first.gave_up
    again = make(tmp_path, written=written, n_trials=9, sampler="grid")
    # Another process, as far as it knows.
    again._owner = {**again._owner, "born": "later"}
    again.run()
    assert [value_of(job, "x") for job in again.runner.started] == ["1"]
    assert not again.gave_up
