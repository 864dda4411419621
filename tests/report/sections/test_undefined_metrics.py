from mmfusion.report.sections.undefined_metrics import UndefinedMetrics
from tests.report.memory_runs import make_run

WHY = {"test/y/auroc": "all 3 rows with a label have the same one, no"}


def test_each_metric_with_its_reason_and_how_many_runs_it_is_of():
    runs = [make_run("a", undefined=WHY), make_run("b", undefined=WHY | {"test/y/f1": "<b>"}), make_run("c")]
    section = UndefinedMetrics().section(runs)
    (table,) = section.tables
    assert table.rows == [["test/y/auroc", "2", WHY["test/y/auroc"]], ["test/y/f1", "1", "<b>"]]
    assert UndefinedMetrics().section(runs[2:]) is None
