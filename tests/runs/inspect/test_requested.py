import pytest

from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.requested import Requested

COLUMNS = ("note", "age", "ward", "label")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Requested(tasks=["labl"]), r"--task: t\.csv has no column 'labl'; did you mean 'label'"),
        (Requested(groups=["wards"]), r"--group: t\.csv has no column 'wards'; did you mean 'ward'"),
        (Requested(splits=["folds"]), r"--split: t\.csv has no column 'folds'"),
        (Requested(inputs=["nota"]), r"--input: t\.csv has no column 'nota'; did you mean 'note'"),
        (Requested(kinds={"nto": "text"}), r"--kind: t\.csv has no column 'nto'"),
        (Requested(kinds={"note": "txt"}), r"--kind note=txt: there is no such kind; did you mean 'text'"),
        (Requested(kinds={"note": "video"}), "--kind note=video: videos are not read; take frames"),
        (Requested(groups=["age", "ward"]), "--group: expected one column, found 'age' and 'ward'"),
        (Requested(splits=["age", "ward"]), "--split: expected one column"),
        (Requested(tasks=["age"], ignore=["age"]), "column 'age' is given twice, by --task and by --ignore"),
        (Requested(inputs=["age"], groups=["age"]), "column 'age' is given twice, by --input and by --group"),
        (Requested(tasks=["age"], kinds={"age": "text"}), "given twice, by --task and by --kind age=text"),
        (Requested(inputs=["age"], kinds={"age": "binary"}), "given twice, by --kind age=binary and by --input"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, message):
    with pytest.raises(DataError, match=message):
        given.check("t.csv", COLUMNS)


def test_a_kind_may_be_added_to_what_a_column_becomes():
    given = Requested(tasks=["label"], inputs=["note"], kinds={"note": "text", "label": "binary", "age": "regression"})
    given.check("t.csv", COLUMNS)
    assert given.targets() == ["label", "age"]
    assert given.modalities() == ["note"]
