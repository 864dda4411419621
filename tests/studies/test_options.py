import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.studies.fusion import FusionStudy
from mmfusion.studies.weighting import WeightingStudy
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


def concluded(tmp_path, metrics, seeds=5):
    study_jobs = study_jobs_of(FusionStudy(seeds, FUSIONS))
    return study_jobs.study.conclude(results(tmp_path / "study", study_jobs, metrics))


@pytest.mark.parametrize(
    ("study", "options"), [(FusionStudy, ("gated", "concat")), (WeightingStudy, ("gradnorm", "equal"))]
)
def test_a_variant_an_option_in_the_order_requested(study, options):
    config, known = {"task": {"label": {}, "dose": {}}}, {study.group: dict.fromkeys(options)}
    own = study([4, 2], options)
    assert [(variant.name, variant.overrides) for variant in own.variants(config, known)] == [
        (option, (f"{study.group}={option}",)) for option in options
    ]
    assert own.seeds == [4, 2]
    assert own.varies == own.by == (study.group,)
    assert (own_folder() / study.group).is_dir(), "what is varied is a group"
    with pytest.raises(ConfigError, match=rf"group {study.group} has no option 'x{options[0]}'; did you mean"):
        study(5, [*options, f"x{options[0]}"]).variants(config, known)
    with pytest.raises(ValueError, match=rf"^{study.group}: expected at least two different options"):
        study(5, [options[0]] * 2)


def test_a_difference_is_shown_with_size_interval_and_p(tmp_path):
    conclusion = concluded(tmp_path, measured(LEVEL))
    assert conclusion.title == "study=made_up: 3 variants, 5 seeds"
    assert list(conclusion.headline) == [
        "gated has the best mean rank over 2 metrics.",
        "By sum mae, gated is better than concat and sum.",
        "By largest accuracy, gated is better than concat and sum.",
    ]
    lines = section(conclusion, "largest accuracy (higher is better)")
    assert lines[0].startswith("Best: gated with 0.880 ± 0.00")
    assert lines[0].endswith("(n = 5).")
    assert lines[1].startswith("gated is better than concat by 0.0800 ± 0.00")
    assert lines[1].endswith("p < 0.001, d = 26.")
    assert lines[3] == "No difference shown in 1 further pair."
    assert section(conclusion, "sum mae (lower is better)")[0].startswith("Best: gated with 1.12")
    table = rows(conclusion, "Numbers")
    assert table[0] == ["", "sum mae ↓", "largest accuracy ↑", "mean rank", "n", "time", "param.", "memory"]
    assert table[1][0] == "gated"
    assert table[1][3:] == ["1.0", "5", "40 s", "800 k", "1.0 GiB"]
    assert "all 6 tests (every pair of variants, 2 metrics)" in section(conclusion, "How")[0]


def test_no_difference_shown_is_said(tmp_path):
    conclusion = concluded(tmp_path, measured({"concat": 0.8, "sum": 0.8, "gated": 0.8003}))
    assert len(conclusion.headline) == 1
    assert conclusion.headline[0].startswith("No difference shown between concat, sum and gated (lowest corrected p: ")
    assert not any("is better than" in line for part in conclusion.sections for line in part.lines)
    assert section(conclusion, "largest")[1].startswith("No difference shown between ")


def test_too_few_seeds_show_nothing_however_large_the_difference(tmp_path):
    conclusion = concluded(tmp_path, measured({"concat": 0.1, "sum": 0.5, "gated": 0.9}), seeds=2)
    (line,) = conclusion.headline
    assert line.startswith("No difference shown: 2 seeds cannot show any.")
    assert section(conclusion, "largest")[0].startswith("Best: gated with 0.")
    assert section(conclusion, "How") == ["No test could be made (every pair of variants, 2 metrics)."]


def test_failed_and_missing_jobs_are_named_and_lower_n(tmp_path):
    whole = measured(LEVEL)

    def metrics(variant, seed):
        if variant.name == "gated" and seed < 2:
            return "RuntimeError: no memory\nmore of it" if seed else None
        return whole(variant, seed)

    conclusion = concluded(tmp_path, metrics)
    assert section(conclusion, "Jobs") == [
        "13 of 15 jobs completed.",
        "gated, seed 0: it has not been started",
        "gated, seed 1: failed: RuntimeError: no memory",
        "gated is judged by 3 of 5 seeds; tests take the seeds that both sides have.",
    ]
    assert rows(conclusion, "Numbers")[1][4] == "3"
    assert conclusion.headline[0].startswith("gated has the best mean rank")


def test_a_variant_of_which_nothing_completed_is_not_judged(tmp_path):
    whole = measured(LEVEL)
    conclusion = concluded(tmp_path, lambda v, seed: "ValueError: no" if v.name == "gated" else whole(v, seed))
    assert conclusion.headline[0].startswith("No difference shown between")
    assert rows(conclusion, "Numbers")[-1][:5] == ["gated", "–", "–", "–", "0"]
    assert "gated is not judged at all; tests take the seeds that both sides have." in section(conclusion, "Jobs")
    nothing = concluded(tmp_path / "nothing", lambda v, seed: "ValueError: no")
    assert list(nothing.headline) == ["Nothing can be said: no job completed."]


def test_equal_means_share_the_first_place(tmp_path):
    conclusion = concluded(tmp_path, measured({"concat": 0.8, "sum": 0.8, "gated": 0.8}), seeds=1)
    ranks = {row[0]: row[3] for row in rows(conclusion, "Numbers")[1:]}
    assert set(ranks) == set(FUSIONS)
    tied = concluded(tmp_path / "tied", lambda v, seed: {"test/largest/accuracy": 0.5}, seeds=3)
    assert section(tied, "largest")[0] == "Best: concat, sum and gated, each with a mean of 0.500."
