import numpy as np
import polars as pl
import pytest

from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.kinds.text import Text
from mmfusion.runs.validation.odd_values import missing_spellings, rounded_numbers, similar_levels
from mmfusion.tasks.regression import Regression
from tests.runs.validated_table import TEXT, check, table_of


def similar(columns, kind):
    table = table_of(columns, ["train"] * 3 + ["test"])
    kind.fit(list(zip(*(columns[name][:-1] for name in kind.columns), strict=True)), None)
    return similar_levels(table, {"table": kind, "words": Text(column="words")})


def test_levels_that_look_alike_are_named_whatever_their_split():
    columns = {
        "ward": pl.Series(["a", "b", "b", "B"]), "sex": pl.Series(["m", "f", "m", "f"]),
        "dose": pl.Series(["1", "1.0", "2", "2"]), "words": pl.Series(["One", "one", "ONE", "two"]),
    }  # fmt: skip
    (ward,) = similar(columns, Tabular(numeric=["dose"], categorical=["ward", "sex"]))
    assert ward.startswith("table: column ward: 'B' and 'b' are different levels that differ only in letter case")
    (dose,) = similar(columns, Tabular(categorical=["dose", "sex"]))
    assert dose.startswith("table: column dose: '1' and '1.0' are different levels")
    columns |= {"ward": pl.Series(["a", "b", None, "ab"]), "code": np.array([1.0, 2.0, 10.0, np.nan])}
    assert similar(columns, Tabular(categorical=["ward", "code"])) == []


def test_ids_as_inputs_and_targets_are_named_and_levels_are_not():
    cells = pl.Series([2**53 + i for i in range(4)])
    table = table_of({"i": cells, "c": cells, "y": cells})
    kind = Tabular(numeric=["i"], categorical=["c"])
    kind.fit([(i, i) for i in cells], None)
    messages = rounded_numbers(table, {"tab": kind}, {"y": Regression()})
    assert [message.partition(": ")[0] for message in messages] == ["tab, column 'i'", "task y, column 'y'"]


@pytest.mark.parametrize(
    ("classes", "not_empty", "advice"),
    [
        (["cat", "N/A"], None, "'N/A' is a class and looks like an empty cell; if it means one, add it to data.empty"),
        (["DE", "NA"], {"country": ["NA"]}, "if it means one, take it out of data.not_empty"),
        (["cat", "dog"], None, None),
    ],
)
def test_a_class_that_looks_like_an_empty_cell(classes, not_empty, advice):
    messages = missing_spellings({}, {"label": {"train": dict.fromkeys(classes, 3)}}, not_empty)
    assert messages == [] if advice is None else advice in messages[0]


def only_text(**options):
    return {"modalities": {"text": TEXT | options}}


def test_the_share_of_unknown_words_in_each_split(tmp_path, rows):
    for i, row in enumerate(rows):
        row["text"] = f"这只猫很可爱{'甲乙丙丁戊'[i % 5]}" if i < 60 else f"red{i} blue{i} green stone"
    report, printed = check(tmp_path, rows, data=only_text(), encoder={"text": {}})
    assert report.unknown == {"text": {"train": 0.0, "val": 1.0, "test": 1.0}}
    (warning,) = [warning for warning in report.warnings if "vocabulary" in warning]
    assert warning.startswith(
        "text: many words are not in the vocabulary of the training split's 11 words: 100% in val"
    )
    assert "data.modalities.text.tokens=characters reads them by character" in warning
    assert "unknown words in train / val / test" in printed
    assert "0.0% / 100.0% / 100.0%" in printed
    report, _ = check(tmp_path, rows, data=only_text(tokens="characters"), encoder={"text": {}})
    assert report.unknown["text"]["val"] > 0.9
    assert report.warnings[0].endswith("are the splits' texts of one language and one source?")


def test_words_that_training_drops_are_not_a_matter_of_the_splits(tmp_path, rows):
    for i, row in enumerate(rows):
        row["text"] = f"word{i} stone"
    report, _ = check(tmp_path, rows, data=only_text(min_count=2), encoder={"text": {}})
    assert report.unknown["text"] == {"train": 0.5, "val": 0.5, "test": 0.5}
    assert "so are 50% in training: lower min_count or raise max_words of data.modalities.text" in report.warnings[0]


def test_known_words_are_no_matter(tmp_path, rows):
    report, _ = check(tmp_path, rows)
    assert report.unknown == {"text": {"train": 0.0, "val": 0.0, "test": 0.0}}
    assert not report.warnings
