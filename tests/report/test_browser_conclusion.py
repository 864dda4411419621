"""What a study concludes, on the page."""

import pytest

from mmfusion.report.html import write_html
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import write_grid
from tests.report.conftest import PHONE
from tests.report.example_sweeps import NASTY

pytestmark = pytest.mark.xdist_group("browser")

TEXT = f"""\
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


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    sweep = write_grid(
        folder / "study-fusion", {"fusion": ["concat", "gated"]}, 3, lambda choice, seed: {"test/largest/accuracy": 0.8}
    )
    (sweep / "conclusion.md").write_text(TEXT)
    write_html(find_runs([sweep]), folder / "report.html", "study=fusion")
    (sweep / "conclusion.md").unlink()
    write_html(find_runs([sweep]), folder / "plain.html", "a sweep")
    return folder


@pytest.mark.parametrize("size", [(1366, 900), PHONE])
def test_the_answer_stands_open_and_what_it_rests_on_can_be_opened(visit, report, size):
    page = visit(report / "report.html", size=size)
    conclusion = page.locator("#conclusion")
    assert conclusion.locator("h2").inner_text() == "study=fusion: 2 variants, 3 seeds"
    assert conclusion.locator(".answer").inner_text() == "No difference shown between concat and gated."
    assert conclusion.locator("summary").all_inner_texts() == ["Numbers", "Jobs"]
    assert not conclusion.locator("table").is_visible()
    conclusion.locator("summary").first.click()
    assert conclusion.locator("th").all_inner_texts() == ["", "accuracy ↑", "n"]
    assert conclusion.locator("td").all_inner_texts() == ["con|cat", "0.80 ± 0.01", "3", NASTY, "0.81 ± 0.01", "3"]
    conclusion.locator("summary").nth(1).click()
    assert conclusion.locator("details").nth(1).locator("li").all_inner_texts() == ["6 of 6 jobs completed.", NASTY]
    assert not page.locator("#overview .words").is_visible()  # one conclusion is enough
    assert "Conclusion" in page.locator("#nav a").all_inner_texts()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_sweep_that_is_no_study_has_none(visit, report):
    page = visit(report / "plain.html")
    assert not page.locator("#conclusion").is_visible()
    assert page.locator("#overview .words").is_visible()
    assert "Conclusion" not in page.locator("#nav a").all_inner_texts()
