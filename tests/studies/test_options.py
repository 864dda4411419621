import pytest

from mmfusion.studies.fusion import FusionStudy
from mmfusion.studies.results import LeftOut
from tests.studies.study_folders import NOISE, results, rows, section, study_jobs_of

FUSIONS = ["concat", "sum", "gated"]
LEVEL = {"concat": 0.80, "sum": 0.801, "gated": 0.88}


def measured(levels):
    def metrics(variant, seed):
        level = levels[variant.name]
        # The seed's own part differs a little from variant to variant, or differences would have no spread.
        own = NOISE[seed] + 0.001 * ((seed * 7 + len(variant.name)) % 5 - 2)
        return {"test/largest/accuracy": level + own, "test/sum/mae": 2.0 - level + own}

    return metrics


def concluded(tmp_path, metrics, seeds=5, **more):
    study_jobs = study_jobs_of(FusionStudy(seeds, FUSIONS), **more)
    return study_jobs.study.conclude(results(tmp_path / "study", study_jobs, metrics))


def test_a_difference_is_shown_with_size_interval_and_p(tmp_path):
    found = concluded(tmp_path, measured(LEVEL))
    assert found.title == "study=made_up: 3 variants, 5 seeds"
    assert list(found.headline) == [
        "gated has the best mean rank over 2 metrics.",
        "By sum mae, gated is better than concat and sum.",
        "By largest accuracy, gated is better than concat and sum.",
    ]
    lines = section(found, "largest accuracy (higher is better)")
    assert lines[0].startswith("Best: gated with 0.880 ± 0.00")
    assert lines[0].endswith("(n = 5).")
    assert lines[1].startswith("gated is better than concat by 0.0800 ± 0.00")
    assert lines[1].endswith("p < 0.001, d = 26.")
    assert lines[3] == "No difference shown in 1 further pair."
    assert section(found, "sum mae (lower is better)")[0].startswith("Best: gated with 1.12")
    table = rows(found, "Numbers")
    assert table[0] == ["", "sum mae ↓", "largest accuracy ↑", "mean rank", "n", "time", "param.", "memory"]
    assert table[1][0] == "gated"
    assert table[1][3:] == ["1.0", "5", "40 s", "800 k", "1.0 GiB"]
    assert "all 6 tests (every pair of variants, 2 metrics)" in section(found, "How")[0]
    assert "Time of one run: 40 s." in section(found, "Cost")
    assert "All runs together: 10 min." in section(found, "Cost")


def test_no_difference_shown_is_said(tmp_path):
    found = concluded(tmp_path, measured({"concat": 0.8, "sum": 0.8, "gated": 0.8003}))
    assert len(found.headline) == 1
    assert found.headline[0].startswith("No difference shown between concat, sum and gated (lowest corrected p: ")
    assert not any("is better than" in line for each in found.sections for line in each.lines)
    assert section(found, "largest")[1].startswith("No difference shown between ")


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_show_nothing_however_large_the_difference(tmp_path, seeds):
    found = concluded(tmp_path, measured({"concat": 0.1, "sum": 0.5, "gated": 0.9}), seeds=seeds)
    (line,) = found.headline
    assert line.startswith(f"No difference shown: {seeds} seed{'s' if seeds > 1 else ''} cannot show any.")
    assert section(found, "largest")[0].startswith("Best: gated with 0.")
    assert section(found, "How") == ["No test could be made (every pair of variants, 2 metrics)."]


def test_failed_and_missing_jobs_are_named_and_lower_n(tmp_path):
    whole = measured(LEVEL)

    def metrics(variant, seed):
        if variant.name == "gated" and seed < 2:
            return "RuntimeError: no memory\nmore of it" if seed else None
        return whole(variant, seed)

    found = concluded(tmp_path, metrics)
    assert section(found, "Jobs") == [
        "13 of 15 jobs completed.",
        "gated, seed 0: it has not been started",
        "gated, seed 1: failed: RuntimeError: no memory",
        "gated is judged by 3 of 5 seeds; tests take the seeds that both sides have.",
    ]
    assert rows(found, "Numbers")[1][4] == "3"
    assert found.headline[0].startswith("gated has the best mean rank")


def test_a_variant_of_which_nothing_completed_is_not_judged(tmp_path):
    whole = measured(LEVEL)
    found = concluded(tmp_path, lambda v, seed: "ValueError: no" if v.name == "gated" else whole(v, seed))
    assert found.headline[0].startswith("No difference shown between")
    assert rows(found, "Numbers")[-1][:5] == ["gated", "–", "–", "–", "0"]
    assert "gated is not judged at all; tests take the seeds that both sides have." in section(found, "Jobs")
    nothing = concluded(tmp_path / "nothing", lambda v, seed: "ValueError: no")
    assert list(nothing.headline) == ["Nothing can be said: no job completed."]


def test_without_a_test_nothing_is_said(tmp_path):
    found = concluded(tmp_path, lambda variant, seed: {})
    assert list(found.headline) == [
        "Nothing can be said: no run has a test metric. Is there a test split, and trainer.limit_test_batches?"
    ]
    assert section(found, "Jobs") == ["15 of 15 jobs completed."]


def test_what_was_impossible_is_named(tmp_path):
    found = concluded(tmp_path, measured(LEVEL), left_out=[LeftOut("bottleneck", "fusion: it works on tokens")])
    assert section(found, "Jobs")[1] == "bottleneck is left out: fusion: it works on tokens"


def test_equal_means_share_the_first_place(tmp_path):
    found = concluded(tmp_path, measured({"concat": 0.8, "sum": 0.8, "gated": 0.8}), seeds=1)
    ranks = {row[0]: row[3] for row in rows(found, "Numbers")[1:]}
    assert set(ranks) == set(FUSIONS)
    tied = concluded(tmp_path / "tied", lambda v, seed: {"test/largest/accuracy": 0.5}, seeds=3)
    assert section(tied, "largest")[0] == "Best: concat, sum and gated, each with a mean of 0.500."
