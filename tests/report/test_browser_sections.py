"""What Python wrote for the page: sections, and the conclusion of a study."""

import pytest

from mmfusion.config.instantiate import trusting
from mmfusion.report.html import write_html
from mmfusion.report.sections._base import ReportSection, Section, SectionTable
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import write_grid
from tests.report.conftest import PHONE
from tests.report.example_sweeps import NASTY
from tests.report.page_content import texts, until

pytestmark = pytest.mark.xdist_group("browser")

CONCLUSION = f"""\
# study=fusion: 2 variants, 3 seeds

**No difference shown between concat and gated.**

## Numbers

|  | accuracy ↑ | n |
| --- | ---: | ---: |
| con\\|cat | 0.80 ± 0.01 | 3 |
| {NASTY} | 0.81 ± 0.01 | 3 |

- Means over seeds.

## Jobs

- 6 of 6 jobs completed.
- {NASTY}
"""


class Nasty(ReportSection):
    """Text that must stay text, and two charts."""

    def section(self, runs):
        figure = {"data": [{"type": "bar", "x": [1, 2], "y": [1.0, float("nan")]}], "layout": {"height": 240}}
        title = f"{NASTY} of {len(runs)}"
        return Section(
            title, [NASTY], [SectionTable([NASTY, "n"], [[NASTY, "1"]])], [figure, {"data": [], "layout": {}}]
        )


def test_sections_of_all_runs_and_of_a_sweep_and_the_conclusion_of_a_study(tmp_path, visit):
    for name, choices in (("study", ["concat", "gated"]), ("two", ["sum"])):
        write_grid(tmp_path / name, {"fusion": choices}, 1, lambda choice, seed: {"test/largest/accuracy": 0.8})
    (tmp_path / "study" / "conclusion.md").write_text(CONCLUSION)
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
    conclusion = page.locator("#conclusion")
    assert not conclusion.is_visible()
    assert page.locator("#overview .words").is_visible()

    # The answer stands open, and what it rests on can be opened.
    page.select_option("#sweep", "=study")
    until(page, "!document.querySelector('#conclusion').hidden")
    assert conclusion.locator("h2").inner_text() == "study=fusion: 2 variants, 3 seeds"
    assert conclusion.locator(".answer").inner_text() == "No difference shown between concat and gated."
    assert texts(conclusion, "summary") == ["Numbers", "Jobs"]
    assert not conclusion.locator("table").is_visible()
    conclusion.locator("summary").first.click()
    assert texts(conclusion, "th") == ["", "accuracy ↑", "n"]
    assert texts(conclusion, "td") == ["con|cat", "0.80 ± 0.01", "3", NASTY, "0.81 ± 0.01", "3"]
    conclusion.locator("summary").nth(1).click()
    assert texts(conclusion.locator("details").nth(1), "li") == ["6 of 6 jobs completed.", NASTY]
    # One conclusion is enough: beside the study's, the table has none of its own.
    assert "one seed" not in page.locator("#overview").inner_text()
    assert "Conclusion" in texts(page, "#nav a")
    phone = visit(tmp_path / "page.html", size=PHONE)
    phone.locator("#conclusion summary").first.click()
    assert phone.evaluate("document.documentElement.scrollWidth") == PHONE[0]
