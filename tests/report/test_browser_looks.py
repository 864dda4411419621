"""How the page looks: dark and light, on a phone, with names that are markup, and with nothing to show."""

import re

import pytest

from mmfusion.report.html import own_script, write_html
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import config, write_run
from tests.report.conftest import PHONE, until
from tests.report.example_sweeps import NASTY
from tests.report.page_content import draw_all, settle

pytestmark = pytest.mark.xdist_group("browser")


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_dark_is_the_systems_choice_or_the_persons(reports, visit):
    light, dark = visit(reports / "grid.html"), visit(reports / "grid.html", dark=True)
    assert background(light) != background(dark)
    light.click("#theme")
    assert background(light) == background(dark)
    name = "() => getComputedStyle(document.querySelector('#ranking-chart .name')).fill"
    settle(light)
    for page in (light, dark):
        page.wait_for_selector("#ranking-chart .name")
    assert light.evaluate(name) == dark.evaluate(name)
    ink = "document.querySelector('#curves-chart')._fullLayout?.font.color"
    for page in (light, dark):
        page.locator("#curves").scroll_into_view_if_needed()
        until(page, ink)
    assert light.evaluate(ink) == dark.evaluate(ink)
    light.reload()
    light.wait_for_selector("#table tbody tr")
    assert background(light) == background(dark)


def test_on_a_phone_a_row_is_a_card_that_opens(reports, visit):
    page = visit(reports / "grid.html", size=PHONE)
    assert not page.locator("#table thead").is_visible()
    row = page.locator("#table tbody tr").first
    assert row.bounding_box()["width"] > 0.8 * PHONE[0]
    page.select_option("#sortby", "key:fusion")
    page.click("#direction")
    settle(page)
    row.tap()
    assert page.locator("#drawer").bounding_box()["width"] == PHONE[0]
    body = page.locator("#drawer .body")
    assert body.evaluate("(node) => node.scrollWidth - node.clientWidth") <= 0
    seeds = [chip.bounding_box() for chip in body.locator(".facets .chip").all()]
    assert len({box["y"] for box in seeds}) == 1, "side by side"
    # No word is broken: with words alone to break at, the cell is no wider.
    names = body.locator("table:not(#diff) td:first-child")
    assert names.evaluate_all("(cells) => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).length") == 0


def test_what_looks_like_markup_is_text_in_every_chart(reports, visit, tmp_path):
    bold = "<b>x</b>"
    metrics = {f"test/{bold}/accuracy": 0.5, "test/sum/mae": 1.0, f"test[{bold}]/sum/mae": 2.0}
    predictions = {bold: [NASTY, "y"], f"{bold}_true": ["y", NASTY], f"{bold}_p": [0.5, 0.7]}
    for number, name in enumerate((NASTY, bold, "plain")):
        cfg = config({"head.activation": name, "trainer.max_epochs": number}, name=name)
        cfg["encoder"] = {bold: {}, NASTY: {}}
        curves = f"step,epoch,val/{bold}/accuracy,step/{bold}/weight\n0,0,0.1,1\n1,0,0.2,1\n".encode()
        write_run(tmp_path / name.replace("/", "_"), cfg, metrics, curves=curves, predictions=predictions)
    write_html(find_runs([tmp_path]), tmp_path / "report.html", NASTY)
    page = visit(tmp_path / "report.html")
    draw_all(page)
    page.click("#table tbody tr")
    assert page.locator("img").count() == page.locator("b").count() == 0
    assert page.title() == page.inner_text("h1") == NASTY
    for chart in ("ranking", "curves", "parallel", "heat", "weights", "worth", "confusion"):
        words = page.locator(f"#{chart}-chart").text_content()
        assert "<b>x</b>" in words or "<img" in words or "</script" in words, chart


def test_the_pages_own_script_leaves_no_name_behind(reports, visit, chromium):
    page = visit(reports / "empty.html")
    own = re.findall(r"^(?:function|const|let|class) (\w+)", own_script(), flags=re.M)
    assert len(own) > 100
    blank = chromium.new_page()
    left = "(names) => names.filter((name) => name in window && !(window[name] instanceof Element))"  # ids are there
    assert page.evaluate(left, own) == blank.evaluate(left, own)
    blank.close()


def test_no_runs_is_said(reports, visit):
    page = visit(reports / "empty.html")
    assert "There is no run here yet" in page.inner_text("#table")
    assert page.locator("main > section:visible").count() == 2
