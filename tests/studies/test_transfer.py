"""What the tests of `single_vs_multi` do not show of its matrix."""

from mmfusion.report.statistics import Interval
from mmfusion.studies.contrasts import Contrast
from mmfusion.studies.transfer import rows, section

METRICS = {"sum": "test/sum/mae", "largest": "test/largest/accuracy"}
SHOWN = Contrast(Interval(3.104, 1.206, 5), 5, 0.01)
WORSE = Contrast(Interval(-2.5, 4.0, 5), 5, 0.4)
ONE = Contrast(Interval(1.0, None, 1), 1, None, "1 shared seed, and a test needs 3")
NONE = Contrast(None, 0, None, "0 shared seeds, and a test needs 3")


def test_a_change_has_its_sign_its_interval_and_a_star_if_it_is_shown():
    entries = {("sum", "parity"): SHOWN, ("sum", "largest"): ONE, ("largest", "sum"): WORSE}
    entries["largest", "parity"] = NONE
    matrix = section(["sum", "largest", "parity"], METRICS, entries)
    (table,) = matrix.tables
    assert list(map(list, (table.head, *table.rows))) == [
        ["", "with sum", "with largest", "with parity"],
        ["sum mae", "–", "+1.00", "+3.10 ± 1.21*"],
        ["largest accuracy", "-2.50 ± 4.00", "–", "–"],
    ]
    assert matrix.lines[1] == "A difference is shown for 1 of 4 entries, those with a star."


def test_lines_of_the_file_leave_out_what_is_not_known():
    assert rows(METRICS, {("sum", "largest"): SHOWN, ("largest", "sum"): ONE, ("sum", "parity"): NONE})[1:] == [
        ["sum", "largest", "test/sum/mae", 3.104, 3.104 - 1.206, 3.104 + 1.206, 5, 0.01],
        ["largest", "sum", "test/largest/accuracy", 1.0, "", "", 1, ""],
    ]
