import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.report.configs import ABSENT
from mmfusion.report.groups import by_seed, group_runs, mean_interval, metric_values, paired_by_seed
from tests.report.memory_runs import grid, make_run

METRIC = "test/largest/accuracy"


def two_by_two(seeds=2):
    return [
        make_run(
            f"{f}-{w}-{s}", {METRIC: 0.5 + 0.1 * (f == "gated") + 0.01 * s}, {"fusion": f, "loss_weighting": w}, seed=s
        )
        for f in ("concat", "gated")
        for w in ("equal", "gradnorm")
        for s in range(seeds)
    ]


def test_groups_by_all_that_differs_or_by_what_is_named():
    found = group_runs(two_by_two())
    assert (found.by, found.within) == (["fusion", "loss_weighting"], [])
    assert [len(group.runs) for group in found.groups] == [2, 2, 2, 2]
    assert {"fusion": "gated", "loss_weighting": "equal"} in [group.settings for group in found.groups]
    found = group_runs(two_by_two(), ["fusion"])
    assert (found.by, found.within) == (["fusion"], ["loss_weighting"])
    assert [len(group.runs) for group in found.groups] == [4, 4]
    assert len(group_runs(two_by_two(), ["optimizer"]).groups) == 1  # it does not differ: all are one


def test_seeds_are_averaged_over_what_varies_within():
    group = group_runs(two_by_two(), ["fusion"]).groups[0]
    values = {run.id: value for run, value in zip(group.runs, (0.1, 0.2, 0.3, 0.6), strict=True)}
    by_hand = {0: (0.1 + 0.3) / 2, 1: (0.2 + 0.6) / 2}
    assert by_seed(group, values) == pytest.approx(by_hand)
    assert mean_interval(by_seed(group, values)).n == 2


def test_a_seed_that_was_repeated_counts_once_and_a_run_without_one_stands_for_itself():
    runs = [*grid({"concat": [0.5, 0.7]}), make_run("again", {METRIC: 0.6}, {"fusion": "concat"}, seed=1)]
    runs.append(make_run("none", {METRIC: 0.9}, {"fusion": "concat"}, seed=None))
    (group,) = group_runs(runs).groups
    assert by_seed(group, metric_values(runs, METRIC)) == pytest.approx({0: 0.5, 1: 0.65, "none": 0.9})


def test_pairs_are_made_of_what_both_have():
    runs = two_by_two()
    values = metric_values(runs, METRIC)
    values["concat-equal-0"] = 9.0
    del values["gated-equal-0"]  # so concat-equal-0 has no partner
    first, second = group_runs(runs, ["fusion"]).groups
    a, b = paired_by_seed(first, second, values)
    assert a == pytest.approx({0: 0.5, 1: 0.51})
    assert b == pytest.approx({0: 0.6, 1: 0.61})


def test_only_completed_runs_have_values():
    runs = [*grid({"concat": [0.5]}), make_run("f", {METRIC: 0.9}, {"fusion": "concat"}, seed=1, status="failed")]
    assert metric_values(runs, METRIC) == {"concat-0": 0.5}
    (group,) = group_runs(runs).groups
    assert group.others == {"failed": 1}
    assert mean_interval({}) is None


@pytest.mark.parametrize("name", ["loss_weighting", "optimizer.lr", "lr"])
def test_short_names(name):
    runs = two_by_two()
    runs[0].config["optimizer"]["lr"] = 0.5
    expected = {"loss_weighting": "loss_weighting"}.get(name, "optimizer.lr")
    assert group_runs(runs, [name]).by == [expected]


def test_group_slash_and_section():
    runs = [make_run("a", typed=["modality=dropout"]), make_run("b"), make_run("c", without=["encoder.image"])]
    runs[0].config["modality"]["dropout"] = 0.3
    assert group_runs(runs, ["modality"]).by == ["modality.dropout"]
    found = group_runs(runs, ["encoder/image"])
    assert {group.settings["encoder.image"] for group in found.groups} == {"cnn", ABSENT}


def test_keys_that_are_not_there():
    runs = two_by_two()
    with pytest.raises(ConfigError, match="--by fusoin: the configs have no such key; did you mean 'fusion'"):
        group_runs(runs, ["fusoin"])
    with pytest.raises(ConfigError, match="nothing below modality differs"):
        group_runs(runs, ["modality"])
    runs[0].config["encoder"]["image"]["dim"] = 1
    runs[1].config["encoder"]["speech"]["dim"] = 1
    with pytest.raises(ConfigError, match=r"which of them, encoder\.image\.dim, encoder\.speech\.dim"):
        group_runs(runs, ["dim"])
