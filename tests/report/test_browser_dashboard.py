"""The dashboard in a real browser: what comes while one looks at it."""

import re
import signal
import subprocess
import sys

import pytest

from tests.helpers.waiting import PATIENCE, ended
from tests.report.conftest import until
from tests.report.example_sweeps import add_job, write_grid_sweep, write_job

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def served(tmp_path, repo):
    """A folder and the address of its dashboard, in a process of its own."""
    write_grid_sweep(tmp_path / "outputs" / "fusion-weighting")
    command = [sys.executable, "-m", "mmfusion", "dashboard", str(tmp_path / "outputs"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=repo)
    with ended(process):
        address = re.search(r"(http://[\d.:]+) ", process.stdout.readline())[1]
        yield tmp_path / "outputs" / "fusion-weighting", f"{address}/"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")


def test_new_jobs_and_points_come_without_a_reload_and_choices_stay(served, visit):
    folder, address = served
    page = visit(address)
    until(page, "document.querySelector('#live').textContent === 'live, 27 runs'")
    page.evaluate("window.untouched = true")
    page.uncheck("#fold")
    page.fill("#filter", "fusion=gated")
    page.click('th button[data-column="own:seed"]')
    until(page, "document.querySelectorAll('#table tbody tr[data-key]').length === 9")
    ticked = page.locator("#table tbody tr").nth(4)
    key = ticked.get_attribute("data-key")
    ticked.locator("input").check()

    add_job(folder, 27)  # gated, with a seed of its own
    until(page, "document.querySelectorAll('#table tbody tr[data-key]').length === 10")
    seeds = [int(text) for text in page.locator('#table td[data-name="Seed"]').all_inner_texts()]
    assert seeds == sorted(seeds)
    assert seeds[-1] == 27
    assert page.locator(f'#table tr[data-key="{key}"] input').is_checked()
    assert page.input_value("#filter") == "fusion=gated"

    # The run that goes on has more points, then completes.
    page.fill("#filter", "status=running")
    until(page, "document.querySelectorAll('#table tbody tr[data-key]').length === 1")
    page.locator("#untick").click()
    page.locator("#curves").scroll_into_view_if_needed()
    longest = "Math.max(...(document.querySelector('#curves-chart').data ?? []).flatMap((trace) => trace.x))"
    until(page, f"{longest} === 1590")
    write_job(folder, 26, "sum", "gradnorm", 2)
    page.fill("#filter", "fusion=sum loss_weighting=gradnorm seed=2")
    until(page, f"{longest} === 3990")
    until(page, "document.querySelector('#table td.status').textContent.includes('completed')")
    assert page.evaluate("window.untouched")


def test_an_open_run_is_told_on(served, visit):
    folder, address = served
    page = visit(address)
    until(page, "document.querySelector('#live').textContent === 'live, 27 runs'")
    page.uncheck("#fold")
    page.fill("#filter", "status=running")
    until(page, "document.querySelectorAll('#table tbody tr[data-key]').length === 1")
    page.click("#table tbody tr")
    assert "running" in page.inner_text("#drawer header")
    write_job(folder, 26, "sum", "gradnorm", 2, "failed")
    until(page, "document.querySelector('#drawer header').textContent.includes('failed')")
    assert "exit code 139" in page.inner_text("#drawer pre.error")


def test_ticked_configurations_stay_ticked_when_a_new_setting_tells_them_apart(served, visit):
    folder, address = served
    page = visit(address)
    until(page, "document.querySelector('#live').textContent === 'live, 27 runs'")
    page.fill("#filter", "fusion=gated loss_weighting=equal")
    until(page, "document.querySelectorAll('#table tbody tr[data-key]').length === 1")
    page.locator("#table tbody input").check()
    write_job(folder, 27, "gated", "equal", 0, **{"head.dropout": 0.3})
    until(page, "document.querySelectorAll('#table tbody tr[data-key]').length === 2")
    assert "dropout" in page.inner_text("#table thead")
    assert page.locator("#table tbody tr.ticked").count() == 1
