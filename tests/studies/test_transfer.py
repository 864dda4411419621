from mmfusion.report.statistics import Interval
from mmfusion.studies.contrasts import Contrast
from mmfusion.studies.transfer import percent, rows, section

METRICS = {"sum": "test/sum/mae", "largest": "test/largest/accuracy"}
SHOWN = Contrast(Interval(3.104, 1.206, 5), 5, 0.01)
WORSE = Contrast(Interval(-2.5, 4.0, 5), 5, 0.4)
ONE = Contrast(Interval(1.0, None, 1), 1, None, "1 shared seed, and a test needs 3")
NONE = Contrast(None, 0, None, "0 shared seeds, and a test needs 3")


def test_a_change_has_its_sign_and_interval():
    assert percent(SHOWN) == "+3.10 ± 1.21"
    assert percent(WORSE) == "-2.50 ± 4.00"
    assert percent(ONE) == "+1.00"
    assert percent(Contrast(Interval(0.0, 0.5, 3), 3, 1.0)) == "0.00 ± 0.50"
    assert percent(NONE) == "–"


def test_the_row_is_judged_and_the_column_was_learned_too():
    found = section(["sum", "largest"], METRICS, {("sum", "largest"): SHOWN, ("largest", "sum"): WORSE})
    (table,) = found.tables
    assert list(table.head) == ["", "with sum", "with largest"]
    assert [list(row) for row in table.rows] == [
        ["sum mae", "–", "+3.10 ± 1.21*"],
        ["largest accuracy", "-2.50 ± 4.00", "–"],
    ]
    assert found.lines[1] == "A difference is shown for 1 of 2 entries, those with a star."


def test_without_a_difference_there_is_no_star():
    found = section(["sum", "largest"], METRICS, {("sum", "largest"): ONE, ("largest", "sum"): NONE})
    assert [list(row) for row in found.tables[0].rows] == [["sum mae", "–", "+1.00"], ["largest accuracy", "–", "–"]]
    assert found.lines[1] == "No difference shown for any of the 2 entries."


def test_a_task_that_was_not_tested_has_a_column_and_no_row():
    found = section(["sum", "largest", "parity"], METRICS, {("sum", "parity"): SHOWN})
    assert [row[0] for row in found.tables[0].rows] == ["sum mae", "largest accuracy"]
    assert found.tables[0].rows[0][3] == "+3.10 ± 1.21*"


def test_lines_of_the_file_leave_out_what_is_not_known():
    entries = {("sum", "largest"): SHOWN, ("largest", "sum"): ONE, ("sum", "parity"): NONE}
    assert rows(METRICS, entries) == [
        ["task", "with", "metric", "change_percent", "low", "high", "n", "p_holm"],
        ["sum", "largest", "test/sum/mae", 3.104, 3.104 - 1.206, 3.104 + 1.206, 5, 0.01],
        ["largest", "sum", "test/largest/accuracy", 1.0, "", "", 1, ""],
    ]
