import optuna
import pytest

from mmfusion.store.sweep import Sweep
from mmfusion.sweeps.search.active_trial import ONLY, ActiveTrial, jobs_of


@pytest.fixture
def folder(tmp_path):
    folder = Sweep(tmp_path / "sweep")
    folder.open(kind="search")
    return folder


def work_of(jobs, **more):
    return ActiveTrial(optuna.create_study().ask(), ["lr=1"], jobs, **more)


def test_without_seeds_the_job_has_the_trials_number(folder):
    for seeds in (None, []):
        jobs = jobs_of(folder, 5, ["lr=1"], seeds)
        assert list(jobs) == [ONLY]
        assert (jobs[ONLY].number, jobs[ONLY].overrides) == (5, ("lr=1",))


def test_trials_with_seeds_take_numbers_that_no_other_trial_takes(folder):
    made = [jobs_of(folder, number, ["lr=1"], [7, 0, 3]) for number in range(3)]
    assert [job.number for jobs in made for job in jobs.values()] == list(range(9))
    assert {seed: job.overrides for seed, job in made[1].items()} == {
        "7": ("lr=1", "seed=7"),
        "0": ("lr=1", "seed=0"),
        "3": ("lr=1", "seed=3"),
    }
    assert len({job.hash for job in made[1].values()}) == 3
    assert work_of(made[1]).first == "7", "the order of the seeds is kept"


def test_values_are_means_over_seeds_objective_by_objective(folder):
    work = work_of(jobs_of(folder, 0, ["lr=1"], [1, 2]))
    work.values = {"2": [1.0, 10.0], "1": [2.0, 40.0]}
    assert work.mean() == [1.5, 25.0]


def test_a_trial_is_not_judged_by_some_of_its_seeds(folder):
    work = work_of(jobs_of(folder, 0, ["lr=1"], [1, 2]), values={"1": [2.0]})
    with pytest.raises(AssertionError, match="all its seeds"):
        work.mean()


@pytest.mark.parametrize(
    ("state", "is_over"),
    [
        ({}, True),
        ({"running": {"1"}}, False),
        ({"held": ["2"]}, False),
        ({"held": ["2"], "pruned": "pruned after epoch 1"}, True),
        ({"held": ["2"], "error": "no luck"}, True),
        ({"running": {"1"}, "error": "no luck"}, False),
    ],
)
def test_a_trial_is_over_when_nothing_runs_or_will(folder, state, is_over):
    assert work_of(jobs_of(folder, 0, ["lr=1"], [1, 2]), **state).is_over == is_over
