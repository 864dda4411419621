from __future__ import annotations

import pytest

from mmfusion.runs.validation.findings import Report
from mmfusion.runs.validation.missing import missing_spellings


@pytest.mark.parametrize(
    ("classes", "not_empty", "advice"),
    [
        (["cat", "N/A"], None, "'N/A' is a class and looks like an empty cell; if it means one, add it to data.empty"),
        (["DE", "NA"], {"country": ["NA"]}, "if it means one, take it out of data.not_empty"),
        (["cat", "dog"], None, None),
    ],
)
def test_a_class_that_looks_like_an_empty_cell(classes, not_empty, advice):
    report = Report(classes={"label": {"train": dict.fromkeys(classes, 3)}})
    found = missing_spellings({}, report, not_empty)
    assert found == [] if advice is None else advice in found[0]
