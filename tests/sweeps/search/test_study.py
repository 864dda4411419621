import pytest
from optuna.trial import TrialState

from mmfusion.config.errors import ConfigError
from mmfusion.sweeps.search.objectives import Objective
from mmfusion.sweeps.search.study import ERROR, OVERRIDES
from tests.sweeps.search.fake_pool import make, open_study

X = {"x": "interval(0, 1)", "kind": "a,b"}


def opened(tmp_path, written=X, **changes):
    return open_study(tmp_path, written, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"objectives": (Objective("val/loss", "min"),)},
            r"^hydra.sweeper.objectives: this study has .*monitor",
        ),
        (
            {"seeds": [0, 1]},
            r"^hydra.sweeper.seeds: this study has None, not \[0, 1\]; give another hydra.sw",
        ),
        ({"written": X | {"kind": "a,b,c"}}, r"^kind=a,b,c: this study has Categorical.*'a', 'b'"),
        ({"written": X | {"x": "tag(log, interval(0.1, 1))"}}, r"^x=tag\(log, interval\(0.1, 1\)\): this study"),
        ({"resume": False}, r"hydra.sweeper.resume=false, and the study 'study' in .*study.journal has 1 trials"),
    ],
)
def test_a_study_that_asked_something_else_is_not_gone_on_with(tmp_path, changes, message):
    make(tmp_path, lambda job, _: {"status": "completed", "monitor": {"best": 1}}, X, n_trials=1).run()
    with pytest.raises(ConfigError, match=message):
        opened(tmp_path, **changes)


def test_a_wider_interval_and_further_keys_may_be_searched(tmp_path):
    make(tmp_path, lambda job, _: {"status": "completed", "monitor": {"best": 1}}, X, n_trials=1).run()
    opened(tmp_path, written={"x": "interval(0, 5)", "kind": "a,b", "z": "1,2"})


def test_no_more_are_asked_for_than_there_are_to_be(tmp_path):
    _, _, sampling, study, _ = opened(tmp_path)
    first, second = study.ask(sampling, 2), study.ask(sampling, 2)
    assert (first.number, second.number) == (0, 1)
    assert study.ask(sampling, 2) is None, "those at work count"
    study.fail(0, "no luck")
    assert study.trials()[0].user_attrs[ERROR] == "no luck"
    assert study.ask(sampling, 2).number == 2, "those that failed do not"


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", none)
    _, _, sampling, study, _ = opened(tmp_path)
    assert study.ask(sampling, 1).number == 0
    assert not (tmp_path / "study.journal.lock").is_symlink()


def test_what_is_told_first_stands(tmp_path):
    _, _, sampling, study, _ = opened(tmp_path)
    trial = study.ask(sampling, 1)
    assert study.tell(trial.number, TrialState.COMPLETE, [0.5])
    assert not study.tell(trial.number, TrialState.FAIL)
    assert not study.fail(trial.number, "late")
    assert not study.give_back(trial.number, "late")
    assert [item.state for item in study.trials()] == [TrialState.COMPLETE]


def test_a_trial_that_was_told_nothing_is_not_repeated(tmp_path):
    _, _, sampling, study, _ = opened(tmp_path)
    trial = study.ask(sampling, 1)
    assert OVERRIDES not in trial.user_attrs
    study.give_back(trial.number, "interrupted")
    assert [item.state for item in study.trials()] == [TrialState.FAIL]


def test_a_trial_that_was_told_a_part_keeps_it(tmp_path):
    _, space, sampling, study, _ = opened(tmp_path)
    trial = study.ask(sampling, 1)
    value = trial.suggest_float("x", 0.0, 1.0)
    study.give_back(trial.number, "interrupted")
    again = study.ask(sampling, 1)
    assert study.parameters(again, space, [])[0] == f"x={value!r}"


def test_a_trial_just_asked_for_is_not_taken_for_one_left_behind(tmp_path, monkeypatch):
    _, _, _, study, _ = opened(tmp_path)
    study.optuna.ask()  # killed before it put its name there
    assert study.running(may_be_left=True) == []
    monkeypatch.setattr("mmfusion.sweeps.search.study._NAMED_S", -1.0)
    ((trial, owner),) = study.running(may_be_left=True)
    assert (trial.number, owner) == (0, None)
    search = make(tmp_path, written=X, n_trials=1)
    search.take_over()
    assert [item.state for item in study.trials()] == [TrialState.FAIL]
