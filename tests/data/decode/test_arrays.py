import numpy as np
import pytest
import torch

from mmfusion.data.decode.arrays import as_tensor, cell_name, in_memory, read_array
from mmfusion.data.errors import DecodeError
from mmfusion.data.kinds.features import Features
from mmfusion.data.kinds.series import Series

STEPS = np.arange(6.0).reshape(3, 2)


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / "a.npy", STEPS)
    np.savez(tmp_path / "two.npz", x=STEPS, other=STEPS[0])
    np.savez(tmp_path / "one.npz", x=STEPS)
    (tmp_path / "a.csv").write_text("up,down\n0,1\n2,3\n4,5\n")
    (tmp_path / "a.tsv").write_text("up\tdown\n0\t1\n2\t3\n4\t5\n")
    return tmp_path


def read(cell, root=None, key=None, max_values=100, suffixes=Series.suffixes):
    return read_array(cell, root, key, max_values, suffixes)


@pytest.mark.parametrize("cell", [STEPS, torch.from_numpy(STEPS), STEPS.tolist(), "a.npy", "one.npz"])
def test_what_holds_numbers(files, cell):
    array, names = read(cell, files)
    assert names == []
    np.testing.assert_array_equal(array, STEPS)


def test_a_csv_has_named_columns(files):
    for name in ("a.csv", "a.tsv"):
        array, names = read(name, files)
        assert names == ["up", "down"]
        np.testing.assert_array_equal(array, STEPS)
    with pytest.raises(DecodeError, match=r"a\.csv: expected a \.npy or \.npz file, found suffix '\.csv'"):
        read("a.csv", files, suffixes=Features.suffixes)


def test_an_array_of_several_is_named_by_its_key(files):
    np.testing.assert_array_equal(read("two.npz", files, key="other")[0], STEPS[0])
    with pytest.raises(DecodeError, match=r"two\.npz: holds 2 arrays, \['other', 'x'\]; say which by key"):
        read("two.npz", files)
    with pytest.raises(DecodeError, match=r"two\.npz: has no array 'othr'; did you mean 'other'"):
        read("two.npz", files, key="othr")


@pytest.mark.parametrize("cell", [STEPS, "a.npy", "one.npz", "a.csv"])
def test_too_many_values_are_refused(files, cell):
    result = (
        "176 bytes" if isinstance(cell, str) and cell.endswith("z") else "6 values"
    )  # of an archive the size is known before it is read
    with pytest.raises(DecodeError, match=rf"{result}, the most allowed is 5.* \(max_values\)"):
        read(cell, files, max_values=5)


def test_a_huge_file_is_refused_by_what_its_header_says(tmp_path):
    header = np.lib.format.header_data_from_array_1_0(np.zeros(1)) | {"shape": (10**12,)}
    with (tmp_path / "huge.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(b"0" * 64)
    with pytest.raises(DecodeError, match=r"huge\.npy: "):  # nothing of this size is allocated
        read("huge.npy", tmp_path, max_values=1000)
    (tmp_path / "long.csv").write_text("x\n" + "0\n" * 5000)
    with pytest.raises(DecodeError, match=r"long\.csv: 10002 bytes, the most allowed is 100 values"):
        read("long.csv", tmp_path)


def test_objects_are_never_unpickled(tmp_path):
    class Payload:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'executed')!r}, 'w').close()",))

    for name, save in (("a.npy", np.save), ("a.npz", np.savez)):
        save(tmp_path / name, np.array([Payload()], dtype=object), allow_pickle=True)
        with pytest.raises(DecodeError, match="cannot be read"):
            read(name, tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.npy", None, "there is no such file"),
        ("a.txt", b"1", r"expected a \.npy, \.npz, \.csv or \.tsv file, found suffix '\.txt'"),
        ("a.npy", b"nonsense", "cannot be read"),
        ("a.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order'", "cannot be read"),
        ("a.npz", b"nonsense", "cannot be read|is no .npz"),
        ("a.csv", b"x\n1\none\n", r"column 'x': expected a number, found 'one'"),
        ("a.csv", b"x,y\n1\n1,2,3\n", "cannot be read"),
    ],
)
def test_files_that_are_not_what_they_seem(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DecodeError, match=rf"{name}: .*({message})"):
        read(name, tmp_path)


@pytest.mark.parametrize("values", [[1.0, np.nan], [np.inf], [1e300]])
def test_numbers_that_are_not_finite(values):
    with pytest.raises(DecodeError, match="a: not finite"):
        as_tensor(np.array(values), "a")


def test_what_is_no_number():
    with pytest.raises(DecodeError, match="a: expected numbers, found <U1"):
        as_tensor(np.array(["x"]), "a")
    with pytest.raises(DecodeError, match="a list of lists of unequal length"):
        in_memory([[1], [2, 3]])


def test_names_of_cells():
    assert [cell_name(cell) for cell in (STEPS, torch.zeros(4), [1, 2], "a.npy")] == [
        "an array of [3, 2]",
        "an array of [4]",
        "a list of 2",
        "a.npy",
    ]


@pytest.mark.parametrize("text", ["0.5,1\n2,3\n4,5\n", "1,1,1\n2,3,4\n", "-1e3\n2\n"])
def test_a_csv_without_names_would_lose_its_first_step(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DecodeError, match=r"a\.csv: expected a first line with the columns' names, found the numbers"):
        read("a.csv", tmp_path)
    (tmp_path / "a.csv").write_text("x0,1\n2,3\n")
    assert read("a.csv", tmp_path)[1] == ["x0", "1"]
