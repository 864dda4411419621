"""Of many problems of one kind, set-up names the first ten and says how many there are."""

from dataclasses import replace

import pytest

from mmfusion.data.errors import DataError
from mmfusion.data.sources.manifest import ManifestSource
from tests.data.media import make_data

FAULTY = range(0, 39, 3)  # thirteen rows, of training, validation and test


def refused(table, **options):
    data = make_data(table, **options)
    with pytest.raises(DataError) as error:
        data.setup()
    return str(error.value).splitlines()


def changed(table, name, cells):
    column = [cells.get(row, cell) for row, cell in enumerate(table.columns[name])]
    return replace(table, columns={**table.columns, name: column})


def check(lines, expected, count=13):
    assert lines[0].endswith(f"{count} problems")
    assert [line.split(": ")[0].strip() for line in lines[1:-1]] == expected[:10]
    assert lines[-1].strip() == f"… and {count - 10} more"


@pytest.mark.parametrize("policy", ["raise", "skip", "absent"])
def test_paths_that_leave_the_root(table, policy):
    bad = changed(table, "image", {row: f"../{row}.png" for row in FAULTY})
    lines = refused(bad, on_error=policy, max_error_rate=1.0)
    check(lines, [f"rows.csv, line {row + 2}, column 'image'" for row in FAULTY])
    assert all("outside the media root" in line for line in lines[1:-1])


def test_ids_of_a_users_table_that_are_there_twice(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["name,split", *(f"r{row // 2},train" for row in range(24))]))
    with pytest.raises(DataError) as error:
        ManifestSource(str(path), id="name").read()
    check(str(error.value).splitlines(), [f"rows.csv, line {2 * pair + 3}, column 'name'" for pair in range(12)], 12)
