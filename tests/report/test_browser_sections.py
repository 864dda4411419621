"""Sections that Python made, on the page."""

import pytest

from mmfusion.config.instantiate import trusting
from mmfusion.report.html import write_html
from mmfusion.report.sections._base import ReportSection, Section, Table
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import write_grid
from tests.report.conftest import until
from tests.report.example_sweeps import NASTY

pytestmark = pytest.mark.xdist_group("browser")


class Nasty(ReportSection):
    """Text that must stay text, and two charts."""

    def section(self, runs):
        figure = {"data": [{"type": "bar", "x": [1, 2], "y": [1.0, float("nan")]}], "layout": {"height": 240}}
        title = f"{NASTY} of {len(runs)}"
        return Section(title, [NASTY], [Table([NASTY, "n"], [[NASTY, "1"]])], [figure, {"data": [], "layout": {}}])


def test_text_tables_and_charts_of_all_runs_and_of_a_sweep(tmp_path, visit):
    for name, choices in (("one", ["concat", "gated"]), ("two", ["sum"])):
        write_grid(tmp_path / name, {"fusion": choices}, 1, lambda choice, seed: {"test/largest/accuracy": 0.8})
    with trusting([__name__]):
        sections = {"nasty": {"_target_": f"{__name__}.Nasty"}}
        write_html(find_runs([tmp_path]), tmp_path / "page.html", "page", sections=sections)
    page = visit(tmp_path / "page.html")
    section = page.locator("#section-nasty")
    assert section.locator("h2").inner_text() == f"{NASTY} of 3"
    assert section.locator("p").first.inner_text() == NASTY
    assert section.locator("table").inner_text().split("\n")[-1].split("\t") == [NASTY, "1"]
    assert page.locator("nav a").last.inner_text() == f"{NASTY} of 3"
    section.scroll_into_view_if_needed()
    until(page, "document.querySelectorAll('#section-nasty .bars path').length > 0")
    page.select_option("#sweep", "=two")
    until(page, "document.querySelector('#section-nasty h2').textContent.endsWith(' of 1')")
    assert page.locator("#section-nasty").count() == 1
