"""The dashboard in a real browser: what comes while one looks at it."""

import pytest

from tests.report.conftest import served
from tests.report.example_sweeps import write_grid_sweep, write_job
from tests.report.page_content import until

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def dashboard(tmp_path):
    """A sweep's folder, and the port of a dashboard of the one above it; it ends after the pages that look at it."""
    folder = tmp_path / "outputs" / "fusion-weighting"
    write_grid_sweep(folder)
    with served(tmp_path / "outputs") as port:
        yield folder, port


def test_jobs_points_and_settings_come_without_a_reload_and_choices_stay(dashboard, visit):
    folder, port = dashboard
    page = visit(f"http://127.0.0.1:{port}/")

    def until_rows(count):
        until(page, f"document.querySelectorAll('#table tbody tr[data-key]').length === {count}")

    until(page, "document.querySelector('#live').textContent === 'live, 27 runs'")
    page.evaluate("window.untouched = true")
    page.uncheck("#fold")
    page.fill("#filter", "fusion=gated")
    page.click('th button[data-column="own:seed"]')
    until_rows(9)
    ticked = page.locator("#table tbody tr").nth(4)
    key = ticked.get_attribute("data-key")
    ticked.locator("input").check()

    write_job(folder, 27, "gated", "uncertainty", 27)  # with a seed of its own
    until_rows(10)
    seeds = [int(text) for text in page.locator('#table td[data-name="Seed"]').all_inner_texts()]
    assert seeds == sorted(seeds)
    assert seeds[-1] == 27
    assert page.locator(f'#table tr[data-key="{key}"] input').is_checked()
    assert page.input_value("#filter") == "fusion=gated"

    # The run that goes on has more points, and fails while it is open; then it is started again and completes.
    page.fill("#filter", "fusion=sum loss_weighting=gradnorm seed=2")
    until_rows(1)
    page.locator("#untick").click()
    page.locator("#curves").scroll_into_view_if_needed()
    longest = "Math.max(...(document.querySelector('#curves-chart').data ?? []).flatMap((trace) => trace.x))"
    until(page, f"{longest} === 1590")
    page.click("#table tbody tr")
    assert "running" in page.inner_text("#drawer header")
    write_job(folder, 26, "sum", "gradnorm", 2, "failed")
    until(page, "document.querySelector('#drawer header').textContent.includes('failed')")
    assert "exit code 139" in page.inner_text("#drawer pre.error")
    page.keyboard.press("Escape")
    write_job(folder, 26, "sum", "gradnorm", 2)
    until(page, f"{longest} === 3990")
    until(page, "document.querySelector('#table td.status').textContent.includes('completed')")

    # Ticked configurations stay ticked when a new setting tells them apart.
    page.check("#fold")
    page.fill("#filter", "fusion=gated loss_weighting=equal")
    until_rows(1)
    page.locator("#table tbody input").check()
    write_job(folder, 28, "gated", "equal", 0, **{"head.dropout": 0.3})
    until_rows(2)
    assert "dropout" in page.inner_text("#table thead")
    assert page.locator("#table tbody tr.ticked").count() == 1
    assert page.evaluate("window.untouched")
