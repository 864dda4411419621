import pytest

from mmfusion.data.errors import DataError
from mmfusion.runs.inspect.plan import ColumnRequests

COLUMNS = ("note", "age", "ward", "label")


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        (ColumnRequests(tasks=["labl"]), r"--task: t\.csv has no column 'labl'; did you mean 'label'"),
        (ColumnRequests(groups=["wards"]), r"--group: t\.csv has no column 'wards'; did you mean 'ward'"),
        (ColumnRequests(splits=["folds"]), r"--split: t\.csv has no column 'folds'"),
        (ColumnRequests(inputs=["nota"]), r"--input: t\.csv has no column 'nota'; did you mean 'note'"),
        (ColumnRequests(kinds={"nto": "text"}), r"--kind: t\.csv has no column 'nto'"),
        (ColumnRequests(kinds={"note": "txt"}), r"--kind note=txt: there is no such kind; did you mean 'text'"),
        (ColumnRequests(kinds={"note": "video"}), "--kind note=video: videos are not read; take frames"),
        (ColumnRequests(groups=["age", "ward"]), "--group: expected one column, found 'age' and 'ward'"),
        (ColumnRequests(splits=["age", "ward"]), "--split: expected one column"),
        (ColumnRequests(tasks=["age"], ignore=["age"]), "column 'age' is given twice, by --task and by --ignore"),
        (ColumnRequests(inputs=["age"], groups=["age"]), "column 'age' is given twice, by --input and by --group"),
        (ColumnRequests(tasks=["age"], kinds={"age": "text"}), "given twice, by --task and by --kind age=text"),
        (ColumnRequests(inputs=["age"], kinds={"age": "binary"}), "given twice, by --kind age=binary and by --input"),
    ],
)
def test_what_cannot_be_meant_is_refused(requests, message):
    with pytest.raises(DataError, match=message):
        requests.check("t.csv", COLUMNS)


def test_a_kind_may_be_added_to_what_a_column_becomes():
    requests = ColumnRequests(
        tasks=["label"], inputs=["note"], kinds={"note": "text", "label": "binary", "age": "regression"}
    )
    requests.check("t.csv", COLUMNS)
    assert requests.targets() == ["label", "age"]
    assert requests.modalities() == ["note"]
