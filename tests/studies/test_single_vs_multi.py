import random

import pytest

from mmfusion.report.statistics import Interval
from mmfusion.studies.contrasts import Contrast
from mmfusion.studies.single_vs_multi import SingleVsMultiStudy, transfer_rows, transfer_section
from tests.studies.study_folders import NOISE, results, rows, section, study_jobs_of

BASE = {"sum": 2.0, "largest": 0.5, "parity": 0.4}
LAST = {"sum": "mae", "largest": "accuracy", "parity": "accuracy"}
THREE = {"task": {name: {"_target_": "mmfusion.tasks.classification.Classification"} for name in BASE}}
HELP = {("sum", "largest"): 0.10, ("largest", "sum"): 0.20, ("parity", "sum"): -0.05}
"""Share by which a task is better with the other; nothing for the rest."""


def metrics(variant, seed):
    own = {}
    for task in variant.parts:
        change = sum(HELP.get((task, other), 0.0) for other in variant.parts)
        spread = 1 + random.Random(f"{variant.name} {task} {seed}").gauss(0, 0.004)
        better = 1 - change if task == "sum" else 1 + change
        own[f"test/{task}/{LAST[task]}"] = BASE[task] * better * spread
    return own


def concluded(tmp_path, metrics=metrics, seeds=5, pairs=True, **sections):
    study_jobs = study_jobs_of(SingleVsMultiStudy(seeds, pairs), **sections)
    return study_jobs.study.conclude(results(tmp_path / "study", study_jobs, metrics))


def test_each_alone_every_pair_and_all():
    study_jobs = study_jobs_of(SingleVsMultiStudy(5, True), **THREE)
    assert {variant.name: variant.overrides for variant in study_jobs.variants} == {
        "sum": ("~task.largest", "~task.parity"),
        "largest": ("~task.sum", "~task.parity"),
        "parity": ("~task.sum", "~task.largest"),
        "sum+largest": ("~task.parity",),
        "sum+parity": ("~task.largest",),
        "largest+parity": ("~task.sum",),
        "sum+largest+parity": (),
    }
    assert [variant.name for variant in study_jobs_of(SingleVsMultiStudy(5, True)).variants] == [
        "sum",
        "largest",
        "sum+largest",
    ]
    assert len(study_jobs_of(SingleVsMultiStudy(5, False), **THREE).variants) == 4


@pytest.mark.parametrize(
    ("metric", "of"),
    [("val/sum/mae", {"largest"}), ({"val/sum/mae": 1, "val/largest/accuracy": 1}, set()), ("val/loss", set())],
)
def test_a_task_that_is_not_watched_is_watched_by_its_loss(metric, of):
    study_jobs = study_jobs_of(SingleVsMultiStudy(5, True), callbacks={"monitor": {"metric": metric, "mode": "auto"}})
    for variant in study_jobs.variants:
        replaced = "callbacks.monitor.metric=val/loss" in variant.overrides
        assert replaced == (variant.name in of)
        assert replaced == ("callbacks.monitor.mode=auto" in variant.overrides)


def test_what_learning_together_is_worth(tmp_path):
    conclusion = concluded(tmp_path)
    # (10 % + 20 %) / 2, up to the noise
    (line,) = conclusion.headline
    assert line.startswith("Learning all tasks together is better than each alone: Δm = +1")
    assert line.endswith("% (p < 0.001, d = 52); sum and largest gain by it.")
    delta, mae, accuracy = section(conclusion, "All tasks together")
    assert delta.startswith("Δm = +1")
    assert delta.endswith("judged by sum mae and largest accuracy.")
    assert mae.startswith("sum mae: better with all tasks than alone, +")
    assert accuracy.startswith("largest accuracy: better with all tasks than alone, +")
    table = rows(conclusion, "Numbers")
    assert table[0][:5] == ["", "sum mae ↓", "largest accuracy ↑", "Δm %", "n"]
    assert table[1][:4][2:] == ["–", "–"]
    assert float(table[3][3].split()[0]) == pytest.approx(15, abs=0.5)


def test_who_helps_whom(tmp_path):
    conclusion = concluded(tmp_path, **THREE)
    table = rows(conclusion, "Transfer")
    assert table[0] == ["", "with sum", "with largest", "with parity"]
    by_task = {row[0]: row[1:] for row in table[1:]}
    assert by_task["sum mae"][0] == "–"
    assert by_task["sum mae"][1].startswith(("+10.", "+9."))
    assert by_task["sum mae"][1].endswith("*")
    assert by_task["largest accuracy"][0].startswith(("+20.", "+19."))
    assert by_task["parity accuracy"][0].startswith(("-5.", "-4."))
    assert by_task["parity accuracy"][0].endswith("*")
    assert not by_task["sum mae"][2].endswith("*")
    assert section(conclusion, "Transfer")[1] == "A difference is shown for 3 of 6 entries, those with a star."
    head, *lines = conclusion.transfer
    assert head == ["task", "with", "metric", "change_percent", "low", "high", "n", "p_holm"]
    assert len(lines) == 6
    first = next(line for line in lines if line[:2] == ["sum", "largest"])
    assert first[2] == "test/sum/mae"
    assert first[3] == pytest.approx(10, abs=1)
    assert first[4] < first[3] < first[5]
    assert (first[6], first[7] < 0.05) == (5, True)
    assert "all 10 tests" in section(conclusion, "How")[0]


def test_of_two_tasks_all_together_is_the_pair(tmp_path):
    conclusion = concluded(tmp_path)
    assert [row[0] for row in rows(conclusion, "Transfer")[1:]] == ["sum mae", "largest accuracy"]
    assert "all 3 tests" in section(conclusion, "How")[0]
    without = concluded(tmp_path / "without", pairs=False)
    assert not without.transfer
    assert not [part for part in without.sections if part.title.startswith("Transfer")]


def test_no_difference_shown_is_said(tmp_path):
    def alike(variant, seed):
        own = 1 + NOISE[seed] + 0.01 * ((seed * 7 + 3 * len(variant.name)) % 5 - 2)
        return {f"test/{task}/{LAST[task]}": BASE[task] * own for task in variant.parts}

    conclusion = concluded(tmp_path, alike, **THREE)
    (line,) = conclusion.headline
    assert line.startswith("No difference shown between learning all tasks together and each alone: Δm = ")
    assert section(conclusion, "Transfer")[1] == "No difference shown for any of the 6 entries."


def test_a_loss_is_a_loss(tmp_path):
    def worse(variant, seed):
        many = 0.2 if len(variant.parts) > 1 else 0.0
        own = 1 - many + NOISE[seed] + 0.001 * ((seed * 7 + 3 * len(variant.name)) % 5 - 2)
        return {f"test/{task}/accuracy": BASE[task] * own for task in variant.parts}

    (line,) = concluded(tmp_path, worse).headline
    assert line.startswith("Learning all tasks together is worse than each alone: Δm = -")
    assert line.endswith("; sum and largest lose by it.")


def test_too_few_seeds_show_nothing(tmp_path):
    conclusion = concluded(tmp_path, seeds=2)
    (line,) = conclusion.headline
    assert line.startswith("No difference shown: 2 seeds cannot show any.")
    assert section(conclusion, "All tasks together")[0].startswith("Δm = +1")
    assert "2 shared seeds" in section(conclusion, "All tasks together")[0]


def test_seeds_that_one_side_lacks_are_left_out(tmp_path):
    def some(variant, seed):
        return "ValueError: no" if variant.name == "sum" and seed == 0 else metrics(variant, seed)

    conclusion = concluded(tmp_path, some)
    assert "over 4 seeds" in section(conclusion, "All tasks together")[0]
    assert "sum is judged by 4 of 5 seeds; tests take the seeds that both sides have." in section(conclusion, "Jobs")


def test_without_single_runs_there_is_no_delta(tmp_path):
    def some(variant, seed):
        return "ValueError: no" if variant.name == "sum" else metrics(variant, seed)

    conclusion = concluded(tmp_path, some)
    assert list(conclusion.headline) == ["Δm cannot be told."]
    lines = section(conclusion, "All tasks together")
    assert lines[0] == "Δm is not known: no seed has all tasks together and each of them alone."
    assert lines[1] == "sum: not known, alone or with all."


def test_nothing_to_be_relative_to(tmp_path):
    def zero(variant, seed):
        return metrics(variant, seed) | ({"test/sum/mae": 0.0} if variant.name == "sum" else {})

    conclusion = concluded(tmp_path, zero)
    assert section(conclusion, "All tasks together")[0] == (
        "Δm is not known: sum: alone it reaches 0, and a relative change needs a number above 0."
    )


METRICS = {"sum": "test/sum/mae", "largest": "test/largest/accuracy"}
SHOWN = Contrast(5, Interval(3.104, 1.206, 5), 0.01)
WORSE = Contrast(5, Interval(-2.5, 4.0, 5), 0.4)
ONE = Contrast(1, Interval(1.0, None, 1), None, "1 shared seed, and a test needs 3")
NONE = Contrast(0, None, None, "0 shared seeds, and a test needs 3")


def test_a_change_has_its_sign_its_interval_and_a_star_if_it_is_shown():
    entries = {("sum", "parity"): SHOWN, ("sum", "largest"): ONE, ("largest", "sum"): WORSE}
    entries["largest", "parity"] = NONE
    matrix = transfer_section(["sum", "largest", "parity"], METRICS, entries)
    (table,) = matrix.tables
    assert list(map(list, (table.head, *table.rows))) == [
        ["", "with sum", "with largest", "with parity"],
        ["sum mae", "–", "+1.00", "+3.10 ± 1.21*"],
        ["largest accuracy", "-2.50 ± 4.00", "–", "–"],
    ]
    assert matrix.lines[1] == "A difference is shown for 1 of 4 entries, those with a star."


def test_lines_of_the_file_leave_out_what_is_not_known():
    assert transfer_rows(METRICS, {("sum", "largest"): SHOWN, ("largest", "sum"): ONE, ("sum", "parity"): NONE})[
        1:
    ] == [
        ["sum", "largest", "test/sum/mae", 3.104, 3.104 - 1.206, 3.104 + 1.206, 5, 0.01],
        ["largest", "sum", "test/largest/accuracy", 1.0, None, None, 1, None],
    ]
