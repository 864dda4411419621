import numpy as np
import pytest

from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.series import Series


def fitted(cells, root=None, **options):
    kind = Series(**options)
    kind.fit(cells, root)
    return kind


def test_csv_columns_in_the_first_files_order(tmp_path):
    (tmp_path / "a.csv").write_text("speed,angle\n1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("angle,extra,speed\n6,0,5\n")
    kind = fitted(["a.csv", "b.csv"], tmp_path)
    assert kind.for_encoder() == {"channels": 2}
    assert kind.decode("a.csv", tmp_path).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert kind.decode("b.csv", tmp_path).tolist() == [[5.0, 6.0]]


def test_chosen_fields(tmp_path):
    (tmp_path / "a.csv").write_text("t,speed,angle\n0,1,2\n")
    assert fitted(["a.csv"], tmp_path, fields=["angle", "t"]).decode("a.csv", tmp_path).tolist() == [[2.0, 0.0]]
    with pytest.raises(DecodeError, match=r"a\.csv: has no column 'angel'; did you mean 'angle'"):
        Series(fields=["angel"]).decode("a.csv", tmp_path)


def test_arrays_and_files(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6).reshape(3, 2))
    kind = fitted(["a.npy"], tmp_path)
    assert kind.decode("a.npy", tmp_path).tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert kind.decode(np.ones((1, 2)), None).shape == (1, 2)
    assert fitted([np.ones(5)]).decode([1.0, 2.0], None).tolist() == [[1.0], [2.0]]


def test_wrong_number_of_channels_names_both():
    with pytest.raises(DecodeError, match=r"expected \[L, 2\] numbers, found \[4, 3\]"):
        fitted([np.ones((3, 2))]).decode(np.ones((4, 3)), None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", "holds no steps"),
        ("a,b\n1,\n", "not finite: an empty cell"),
        ("a,b\n1,x\n", "column 'b': expected a number, found 'x'"),
        ("", "cannot be read"),
    ],
)
def test_broken_csv(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DecodeError, match=rf"a\.csv: {message}"):
        Series().decode("a.csv", tmp_path)


@pytest.mark.parametrize(
    "text",
    ["t;x\n0;1,5\n1;2\n2;-0,25\n", "sep=;\nt;x\n0;1,5\n1;2\n2;-0,25\n", "t\tx\n0\t1.5\n1\t2\n2\t-.25\n"],
)
def test_files_with_another_delimiter_and_decimal_commas(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    kind = Series()
    kind.fit(["a.csv"], tmp_path)
    assert kind.fields == ["t", "x"]
    assert kind.decode("a.csv", tmp_path).tolist() == [[0, 1.5], [1, 2], [2, -0.25]]


def test_points_beside_commas_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("t;x\n0.5;1,5\n1.5;2,5\n")
    with pytest.raises(DecodeError, match=r"a\.csv: column 't' has decimal points, and others commas"):
        Series().decode("a.csv", tmp_path)
