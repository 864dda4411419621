import numpy as np
import polars as pl
import pytest

from mmfusion.report.confusion import BINS, read_predictions, reliability, summarise
from mmfusion.runs.confusion_counts import MOST_CLASSES


def error(bins):
    """The expected calibration error, as the metric has it."""
    return sum(abs(came - promised) for _, promised, came in bins) / sum(rows for rows, _, _ in bins)


def test_a_classification_is_counted_true_by_predicted_in_the_order_of_its_classes():
    table = pl.DataFrame(
        {
            "animal": ["dog", "cat", "dog", "cat"],
            "animal_p": [0.9, 0.8, 0.6, 0.7],
            "animal_p_dog": [0.9, 0.2, 0.6, 0.3],
            "animal_p_cat": [0.1, 0.8, 0.4, 0.7],
            "animal_true": ["dog", "dog", "cat", None],
        }
    )
    found = summarise(table)["animal"]
    assert found["classes"] == ["dog", "cat"]
    assert found["counts"] == [[1, 1], [1, 0]]
    assert (found["rows"], found["right"], found["of"]) == (3, 1, 2)
    assert found["promise"] == "confidence"
    assert error(found["bins"]) == pytest.approx((0.1 + 0.8 + 0.6) / 3)


def test_a_binary_task_promises_its_positive_class():
    table = pl.DataFrame(
        {"ill": ["yes", "no", "no"], "ill_p_yes": [0.75, 0.25, 0.25], "ill_true": ["yes", "no", "yes"]}
    )
    found = summarise(table)["ill"]
    assert found["classes"] == ["no", "yes"]
    assert found["counts"] == [[1, 0], [1, 1]]
    assert found["promise"] == "probability of yes"
    assert [row for row in found["bins"] if row[0]] == [[2, 0.5, 1], [1, 0.75, 1]]


def test_several_labels_are_calibrated_together_and_have_no_confusion():
    table = pl.DataFrame(
        {"tags": ["a", "none"], "tags_p_a": [0.9, 0.1], "tags_p_b": [0.2, 0.1], "tags_true": [[1, 0], [0, 1]]}
    )
    found = summarise(table)["tags"]
    assert "counts" not in found
    assert sum(row[0] for row in found["bins"]) == 4
    assert sum(row[2] for row in found["bins"]) == 2


def test_a_regression_and_a_task_without_labels_have_neither():
    none = pl.Series([None], dtype=pl.String)
    assert summarise(pl.DataFrame({"age": [3.0], "age_true": [4.0], "kind": ["a"], "kind_true": none})) == {}


def test_a_task_whose_name_looks_like_anothers_probability_is_not_taken_for_it():
    first = {"sum": ["a", "b"], "sum_p_a": [0.9, 0.2], "sum_true": ["a", "b"]}
    found = summarise(pl.DataFrame({**first, "sum_p_b": ["x", "y"], "sum_p_b_true": ["x", "x"]}))
    assert found["sum"]["promise"] == "probability of a"
    assert found["sum_p_b"]["right"] == 1


def test_of_very_many_classes_the_most_frequent_are_shown_and_the_number_is_said():
    names = [f"class {i:02}" for i in range(40)]
    true = [name for i, name in enumerate(names) for _ in range(1 + i)]
    found = summarise(pl.DataFrame({"t": true, "t_true": true}))["t"]
    assert found["of"] == 40
    assert found["classes"] == names[-MOST_CLASSES:]
    assert found["right"] == found["rows"] == len(true)


def test_the_ends_of_the_scale_fall_into_the_outer_bins_and_nan_into_none():
    bins = reliability(np.array([0.0, 1.0, 1.0, np.nan]), np.array([False, True, False, True]))
    assert len(bins) == BINS
    assert bins[0] == [1, 0.0, 0]
    assert bins[-1] == [2, 2.0, 1]
    assert sum(row[0] for row in bins) == 3


def test_no_file_is_nothing_and_a_damaged_one_is_named(tmp_path):
    path = tmp_path / "predictions.parquet"
    assert read_predictions(path) == {}
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(ValueError, match=r"predictions\.parquet cannot be read"):
        read_predictions(path)
