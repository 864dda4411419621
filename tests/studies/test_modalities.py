import pytest

from mmfusion.studies.modalities import ModalitiesStudy
from tests.studies.study_folders import NOISE, results, rows, section, study_jobs_of

WORTH = {"image": 0.30, "speech": 0.15, "text": 0.0}
SUBSETS = ["image", "speech", "text", "image+speech", "image+text", "speech+text", "image+speech+text"]


def accuracy(parts, seed, name=""):
    own = NOISE[seed] + 0.001 * ((seed * 7 + len(name)) % 5 - 2)
    return 0.4 + sum(WORTH[part] for part in parts) + own


def metrics(variant, seed):
    """Each modality adds its worth; a modality that is missing at test hurts less after dropout."""
    own = {"test/largest/accuracy": accuracy(variant.parts, seed, variant.name)}
    for gone in variant.parts if len(variant.parts) > 1 else ():
        kept = [part for part in variant.parts if part != gone]
        loss = 0.0 if variant.dropout or gone == "text" else 0.1
        own[f"test[{'+'.join(kept)}]/largest/accuracy"] = accuracy(kept, seed, variant.name) - loss
    return own


def concluded(tmp_path, metrics, seeds=5, subsets="all", dropout=0.2):
    study_jobs = study_jobs_of(ModalitiesStudy(seeds, subsets, dropout))
    return study_jobs.study.conclude(results(tmp_path / "study", study_jobs, metrics))


def test_every_subset_is_trained_and_those_of_several_with_dropout_too():
    study_jobs = study_jobs_of(ModalitiesStudy(5, "all", 0.2))
    names = [*SUBSETS, *(f"{name}, dropout 0.2" for name in SUBSETS[3:])]
    of = {variant.name: variant.overrides for variant in study_jobs.variants}
    assert sorted(of) == sorted(names)
    assert of["image"] == ("~encoder.speech", "~encoder.text", "modality.dropout=0.0")
    assert of["image+text, dropout 0.2"] == ("~encoder.speech", "modality.dropout=0.2")
    assert of["image+speech+text"] == ("modality.dropout=0.0",)
    assert study_jobs.jobs()[:11] == [(variant, 0) for variant in study_jobs.variants]


@pytest.mark.parametrize("rule", ["refuse", "skip"])
def test_on_request_fewer_subsets_and_a_row_without_any_modality_that_is_left_is_skipped(rule):
    data = {"loader": {"rows_without_modality": rule}}
    variants = study_jobs_of(ModalitiesStudy([3], "leave_one_out", None), data=data).variants
    assert [variant.name for variant in variants] == ["image+speech", "image+text", "speech+text", "image+speech+text"]
    for variant in variants:
        assert ("data.loader.rows_without_modality=skip" in variant.overrides) == (rule == "refuse")


def test_what_each_modality_is_worth(tmp_path):
    conclusion = concluded(tmp_path, metrics)
    assert conclusion.headline[0].startswith("By largest accuracy: image (0.30")
    assert conclusion.headline[0].endswith("are worth having; no difference shown for text.")
    image, speech, text = section(conclusion, "What each modality is worth")
    assert image.startswith("largest accuracy gains 0.30")
    assert image.endswith("p < 0.001, d = 76, by image (higher is better).")
    assert speech.startswith("largest accuracy gains 0.1")
    assert text.startswith("largest accuracy: no difference shown with or without text (")
    table = rows(conclusion, "Numbers")
    assert [row[0] for row in table[1:]][:4] == ["image", "speech", "text", "image+speech"]
    assert table[1][1].startswith("0.70")


def test_whether_dropout_helps_where_something_is_missing(tmp_path):
    conclusion = concluded(tmp_path, metrics)
    assert conclusion.headline[1] == (
        "Modality dropout, by largest accuracy: no difference shown with nothing and text missing; "
        "helps with image and speech missing."
    )
    table = rows(conclusion, "Does modality dropout help")
    assert table[0] == ["at test", "gain", "p", "dropout", "trained without", "with dropout 0.2"]
    assert [row[0].removeprefix("largest accuracy ") for row in table[1:]] == [
        "with all", "without image", "without speech", "without text",
    ]  # fmt: skip
    assert [row[3] for row in table[1:]] == ["no difference shown", "helps", "helps", "no difference shown"]
    assert table[2][1].startswith("0.1")
    assert "all 7 tests" in section(conclusion, "How")[0]


def test_a_modality_that_hurts_is_told(tmp_path):
    def without_text(variant, seed):
        return {"test/sum/mae": accuracy(variant.parts, seed, variant.name)}

    conclusion = concluded(tmp_path, without_text)
    assert conclusion.headline[0] == "By sum mae: it is better without image and speech; no difference shown for text."
    assert section(conclusion, "What each modality is worth")[0].startswith("sum mae loses 0.30")
    hidden = section(conclusion, "Does modality dropout help")
    assert hidden[0] == "Not known where something is missing: no run was tested so (report.subsets)."


def test_too_few_seeds_show_nothing(tmp_path):
    conclusion = concluded(tmp_path, metrics, seeds=2)
    assert len(conclusion.headline) == 1
    assert conclusion.headline[0].startswith("No difference shown: 2 seeds cannot show any.")
    assert "2 shared seeds, and a test needs 3" in section(conclusion, "What each modality is worth")[0]
    assert section(conclusion, "Does modality dropout help")[0] == (
        "Not tested (2 shared seeds, and a test needs 3): largest accuracy with all, largest accuracy without image, "
        "largest accuracy without speech, largest accuracy without text."
    )


def test_failed_models_leave_gaps_that_are_told(tmp_path):
    def some(variant, seed):
        broken = variant.name == "image+text" or (variant.dropout and len(variant.parts) == 3)
        return "RuntimeError: no" if broken else metrics(variant, seed)

    conclusion = concluded(tmp_path, some)
    assert section(conclusion, "What each modality is worth")[1] == (
        "largest accuracy: no difference shown with or without speech (0 shared seeds, and a test needs 3)."
    )
    assert section(conclusion, "Jobs")[0] == "45 of 55 jobs completed."
    study_jobs = study_jobs_of(ModalitiesStudy(5, "all", None))
    without = study_jobs.study.conclude(results(tmp_path / "without", study_jobs, metrics))
    assert section(without, "Does modality dropout help") == [
        "Not asked: there is no model of all modalities with dropout and without."
    ]


@pytest.mark.parametrize(
    ("subsets", "dropout", "message"),
    [("al", 0.2, r"^subsets: 'al': did you mean 'all'"), ("all", 1.0, r"^dropout: .* or null, found 1$")],
)
def test_what_makes_no_sense_is_refused(subsets, dropout, message):
    with pytest.raises(ValueError, match=message):
        ModalitiesStudy(5, subsets, dropout)
