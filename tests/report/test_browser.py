"""The report as a person uses it, in a real browser: on a laptop and a phone, light and dark."""

import itertools
import re

import pytest

from mmfusion.report.html import own_script, write_html
from mmfusion.store.find import find_runs
from tests.helpers.run_folders import config, write_run
from tests.report.conftest import LAPTOP, PHONE
from tests.report.example_sweeps import NASTY
from tests.report.page_content import CHARTS, column, draw_all, means, settle, texts, until

pytestmark = pytest.mark.xdist_group("browser")

ACCURACY, MAE = "largest accuracy ↑", "sum mae ↓"


def test_rows_are_sorted_ranked_by_another_metric_and_shown_run_by_run(reports, visit):
    page = visit(reports / "grid.html")
    assert means(page, ACCURACY) == sorted(means(page, ACCURACY), reverse=True)
    assert "±" in column(page, ACCURACY)[0]
    assert "n = 3" in texts(page, "#table tbody td.status")[0]
    before = column(page, "fusion")
    for descending in (False, True):
        page.click('th button[data-column="metric:test/sum/mae"]')
        settle(page)
        assert means(page, MAE) == sorted(means(page, MAE), reverse=descending)
    assert page.locator('th[aria-sort="descending"]').inner_text().split()[:3] == ["sum", "mae", "↓"]
    page.click('th button[data-column="key:fusion"]')
    settle(page)
    assert column(page, "fusion") == ["concat"] * 3 + ["gated"] * 3 + ["sum"] * 3
    page.select_option("#metric", "test/sum/mae")
    settle(page)
    assert "Best by sum mae" in page.inner_text("#overview")
    assert means(page, MAE) == sorted(means(page, MAE))
    assert column(page, "fusion") != before
    until(page, "document.querySelector('#ranking-chart').innerText.includes('sum mae (lower is better)')")
    page.uncheck("#fold")
    settle(page)
    assert page.locator("#table tbody tr").count() == 27
    assert sorted(column(page, "Seed")) == ["0"] * 9 + ["1"] * 9 + ["2"] * 9
    states = [text.split()[-1] for text in texts(page, "#table tbody td.status")]
    assert [states.count(state) for state in ("completed", "failed", "running", "stopped")] == [23, 2, 1, 1]


def test_the_filter_takes_words_settings_numbers_and_status(reports, visit):
    page = visit(reports / "grid.html")

    def rows(text):
        page.fill("#filter", text)
        settle(page)
        return page.locator("#table tbody tr[data-key]").count()

    good = sum(mean > 0.86 for mean in means(page, ACCURACY))
    expected = {"": 9, "gated": 3, "fusion=gated loss_weighting!=equal": 2, "accuracy>0.86": good}
    expected |= {"status=failed": 2, "seed=1": 9, "colour=red": 9, "nothing-like-it": 0}
    assert {text: rows(text) for text in expected} == expected
    assert "No run passes the filter" in page.inner_text("#table")
    rows("colour=red")
    assert "There is no key colour" in page.inner_text("#filtersays")
    page.fill("#filter", "")
    # A chip that is pressed while the page changes keeps its click.
    page.hover('.chip[data-facet="fusion"] >> text=sum')
    page.mouse.down()
    page.evaluate("document.getElementById('filter').dispatchEvent(new Event('input', { bubbles: true }))")
    settle(page)
    page.mouse.up()
    settle(page)
    assert column(page, "fusion") == ["sum"] * 3
    assert texts(page, '.chip[data-facet="fusion"][aria-pressed="true"]') == ["sum"]
    page.click('.chip[data-facet="loss_weighting"] >> text=equal')
    settle(page)
    assert (column(page, "fusion"), column(page, "loss_weighting")) == (["sum"], ["equal"])
    page.click("#unfilter")
    settle(page)
    assert page.locator("#table tbody tr").count() == 9


def test_a_run_opened_by_a_link_or_a_click_shows_its_config_against_another_and_its_error_as_text(reports, visit):
    page = visit(reports / "grid.html", hash_="#run=fusion-weighting%2F5")
    page.wait_for_selector("#drawer[open]")
    assert "fusion-weighting/5" in page.inner_text("#drawer")
    page.keyboard.press("Escape")
    assert not page.locator("#drawer").is_visible()
    page.uncheck("#fold")
    page.fill("#filter", "fusion=concat loss_weighting=equal seed=0")
    settle(page)
    page.click("#table tbody tr")
    page.select_option("#other", "fusion-weighting/13")  # gated, uncertainty, seed 1
    differ = {row.split("\t")[0]: row.split("\t")[1:] for row in texts(page, "#diff tbody tr")}
    assert differ["seed"] == ["0", "1"]
    assert differ["fusion._target_"] == ["mmfusion.fusion.concat.Concat", "mmfusion.fusion.gated.Gated"]
    assert (differ["fusion.align"], differ["loss_weighting.initial"]) == (["true", "–"], ["–", "0"])
    assert "data.loader.batch_size" not in differ
    page.check("#whole")
    assert "data.loader.batch_size" in page.inner_text("#diff")
    page.keyboard.press("Escape")

    page.fill("#filter", "status=failed 139")
    settle(page)
    page.click("#table tbody tr")
    assert {"exit code 139", NASTY} <= {part for part in ("exit code 139", NASTY) if part in page.inner_text(".error")}
    assert page.inner_text("#drawer pre.log").splitlines() == ["started", "reading data", "epoch 3: 30%", NASTY]
    assert page.locator("#drawer img").count() == 0


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_every_chart_of_a_grid_is_drawn_and_nothing_is_wider_than_the_screen(reports, visit, size):
    page = visit(reports / "grid.html", size=size)
    draw_all(page)
    drawn = {name for name in CHARTS if page.locator(f"#{name}-chart svg").count()}
    assert drawn == set(CHARTS) - {"importance"}
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert texts(page, ".empty:visible") == []
    assert "Conclusion" not in texts(page, "#nav a")
    # Colours say nothing without either figures or a scale.
    map_, figures = page.evaluate("document.querySelector('#subsets-chart').data")
    assert map_["showscale"] or len(figures["text"]) == 63
    assert "those of two seeds, far wider, are left out" in page.inner_text("#pareto-says")
    bars = page.evaluate("document.querySelector('#pareto-chart').data.flatMap((each) => each.error_x?.array ?? [])")
    assert (len(bars), bars.count(0)) == (9, 4)  # four configurations have two completed seeds
    (a_row_is_a_card if size == PHONE else the_front_and_a_dragged_range)(page)


def a_row_is_a_card(page):
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


def the_front_and_a_dragged_range(page):
    pairs = list(zip(means(page, ACCURACY), means(page, MAE), strict=True))
    front = sum(not any(c >= a and d <= b and (c, d) != (a, b) for c, d in pairs) for a, b in pairs)
    assert page.inner_text("#pareto-says").startswith(f"{front} configuration")
    assert front > 1
    grip = page.locator('#parallel-chart rect[data-axis="key:fusion"]')
    grip.evaluate("(node) => node.scrollIntoView({ block: 'center', behavior: 'instant' })")
    box = grip.bounding_box()
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * 0.25, steps=3)
    page.mouse.up()
    settle(page)
    assert set(column(page, "fusion")) == {"concat"}
    page.click("#unbrush")
    settle(page)
    assert set(column(page, "fusion")) == {"concat", "gated", "sum"}


def test_curves_are_of_ticked_rows_smoothed_and_drawn_over_epochs_whatever_link_led_to_the_page(reports, visit):
    page = visit(reports / "grid.html", hash_="#run=%")  # damaged: it leads nowhere
    assert not page.locator("#drawer").is_visible()
    page.locator("#curves").scroll_into_view_if_needed()
    page.select_option("#curve-seeds", "each")
    page.select_option("#curve-name", "step/sum/loss")
    until(page, "document.querySelector('#curves-chart').data?.some((trace) => trace.name === 'became NaN')")
    traces = "document.querySelector('#curves-chart').data"
    raw = page.evaluate(f"{traces}.find((trace) => trace.opacity < 0.3).y")
    smooth = page.evaluate(f"{traces}[{traces}.findIndex((trace) => trace.opacity < 0.3) + 1].y")
    assert len(raw) == len(smooth) == 400

    def roughness(values):
        return sum(abs(a - b) for a, b in itertools.pairwise(values))

    assert roughness(smooth) < 0.3 * roughness(raw)
    assert page.evaluate(f"Math.max(...{traces}[0].x)") == 3990
    page.select_option("#curve-x", "epoch")
    until(page, f"Math.max(...{traces}[0].x) === 10")
    diverged = page.evaluate(f"{traces}.filter((trace) => trace.y.includes(null) && trace.y.length > 1).length")
    assert diverged == 2  # the raw and the smoothed line of the run that became NaN
    page.locator("#table tbody tr").nth(2).locator("input").check()
    settle(page)
    label = f"{column(page, 'fusion')[2]} · {column(page, 'loss_weighting')[2]}"
    page.locator("#curves").scroll_into_view_if_needed()
    until(page, "document.querySelector('#curves-says').textContent.startsWith('1 ticked configuration')")
    assert page.evaluate(f"[...new Set({traces}.map((trace) => trace.name))]") == [label]


def test_one_of_several_sweeps_is_shown_as_if_it_were_alone_and_a_search_with_its_importances(reports, visit):
    page = visit(reports / "both.html")
    assert texts(page, "#sweep option") == ["all together", "fusion-weighting", "lr-search"]
    assert len(column(page, "lr")) > 9
    page.select_option("#sweep", label="fusion-weighting")
    settle(page)
    assert (len(column(page, "fusion")), column(page, "lr")) == (9, [])
    assert "Best by largest accuracy" in page.inner_text("#overview")
    page.select_option("#sweep", label="lr-search")
    settle(page)
    assert set(texts(page, ".chip[data-facet=status]")) == {"completed", "pruned"}
    draw_all(page)
    drawn = {name for name in CHARTS if page.locator(f"#{name}-chart svg").count()}
    assert drawn == set(CHARTS) - {"confusion", "calibration"}
    assert page.evaluate("document.documentElement.scrollWidth") == LAPTOP[0]
    assert {page.input_value("#heat-x"), page.input_value("#heat-y")} == {"optimizer.lr", "head.dropout"}
    names = page.evaluate("document.querySelector('#heat-chart').layout.yaxis.ticktext")
    assert len(set(names)) == len(names) == 6
    assert all(name in page.inner_text("#importance-chart") for name in ("lr", "dropout", "fusion"))
    assert page.locator("#importance-method option").count() == 2
    page.select_option("#sweep", label="all together")
    settle(page)
    assert len(column(page, "lr")) > 9


def test_dark_is_the_systems_choice_or_the_persons(reports, visit):
    light, dark = visit(reports / "grid.html"), visit(reports / "grid.html", dark=True)
    background = "getComputedStyle(document.body).backgroundColor"
    assert light.evaluate(background) != dark.evaluate(background)
    light.click("#theme")
    assert light.evaluate(background) == dark.evaluate(background)
    settle(light)
    name = "() => getComputedStyle(document.querySelector('#ranking-chart .name')).fill"
    ink = "document.querySelector('#curves-chart')._fullLayout?.font.color"
    for page in (light, dark):
        page.wait_for_selector("#ranking-chart .name")
        page.locator("#curves").scroll_into_view_if_needed()
        until(page, ink)
    assert light.evaluate(name) == dark.evaluate(name)
    assert light.evaluate(ink) == dark.evaluate(ink)
    light.reload()
    light.wait_for_selector("#table tbody tr")
    assert light.evaluate(background) == dark.evaluate(background)


def test_what_looks_like_markup_is_text_in_every_chart(visit, tmp_path):
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


def test_a_page_of_no_runs_says_so_and_its_script_leaves_no_name_behind(reports, visit, chromium):
    page = visit(reports / "empty.html")
    assert "There is no run here yet" in page.inner_text("#table")
    assert page.locator("main > section:visible").count() == 2
    own = re.findall(r"^(?:function|const|let|class) (\w+)", own_script(), flags=re.M)
    assert len(own) > 100
    blank = chromium.new_page()
    left = "(names) => names.filter((name) => name in window && !(window[name] instanceof Element))"  # ids are there
    assert page.evaluate(left, own) == blank.evaluate(left, own)
    blank.close()
