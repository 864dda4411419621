"""The report as a person uses it, in a real browser."""

import itertools
import re

import pytest

from mmfusion.report.html import own_script, write_html
from mmfusion.report.runs import find_runs
from tests.helpers.run_folders import config, write_run
from tests.report.conftest import LAPTOP, PHONE, until
from tests.report.showcase import NASTY, write_showcase

pytestmark = pytest.mark.xdist_group("browser")

CHARTS = (
    "ranking",
    "curves",
    "parallel",
    "pareto",
    "heat",
    "weights",
    "cosines",
    "subsets",
    "worth",
    "missing",
    "confusion",
    "calibration",
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """`grid.html`, `search.html`, `both.html` and `empty.html`."""
    folder = tmp_path_factory.mktemp("reports")
    write_showcase(folder / "outputs")
    for name, sweep in (("grid", "fusion-weighting"), ("search", "lr-search")):
        write_html(find_runs([folder / "outputs" / sweep]), folder / f"{name}.html", sweep)
    write_html(find_runs([folder / "outputs"]), folder / "both.html", "outputs")
    write_html([], folder / "empty.html", "nothing yet")
    return folder


def texts(page, selector):
    return page.locator(selector).all_inner_texts()


def column(page, name):
    """The cells of a column of the table, top to bottom."""
    return [each.strip() for each in texts(page, f'#table tbody td[data-name="{name}"]')]


def means(page, name):
    return [float(text.split()[0]) for text in column(page, name)]


def settle(page):
    """Until a choice has been followed by the next frames."""
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 160))"
    )


def draw_all(page):
    """Scroll past every chart that is there and wait until it is drawn."""
    for name in CHARTS:
        chart = page.locator(f"#{name}-chart")
        if chart.is_visible():
            chart.scroll_into_view_if_needed()
            page.wait_for_selector(f"#{name}-chart :is(svg, .empty)")


def test_rows_are_sorted_by_a_click_and_the_other_way_by_another(reports, visit):
    page = visit(reports / "grid.html")
    accuracy = "largest accuracy ↑"
    assert means(page, accuracy) == sorted(means(page, accuracy), reverse=True)
    page.click('th button[data-column="metric:test/sum/mae"]')
    settle(page)
    assert means(page, "sum mae ↓") == sorted(means(page, "sum mae ↓"))
    page.click('th button[data-column="metric:test/sum/mae"]')
    settle(page)
    assert means(page, "sum mae ↓") == sorted(means(page, "sum mae ↓"), reverse=True)
    assert page.locator('th[aria-sort="descending"]').inner_text().split()[:3] == ["sum", "mae", "↓"]
    page.click('th button[data-column="key:fusion"]')
    settle(page)
    assert column(page, "fusion") == ["concat"] * 3 + ["gated"] * 3 + ["sum"] * 3


def test_the_filter_takes_words_settings_numbers_and_status(reports, visit):
    page = visit(reports / "grid.html")

    def rows(text):
        page.fill("#filter", text)
        settle(page)
        return page.locator("#table tbody tr[data-key]").count()

    assert rows("") == 9
    assert rows("gated") == 3
    assert rows("fusion=gated loss_weighting!=equal") == 2
    assert rows("accuracy>0.86") == sum(mean > 0.86 for mean in means(page, "largest accuracy ↑"))
    assert rows("status=failed") == 2
    assert rows("seed=1") == 9
    assert rows("nothing-like-it") == 0
    assert "No run passes the filter" in page.inner_text("#table")
    assert rows("colour=red") == 9
    assert "There is no key colour" in page.inner_text("#filtersays")
    page.fill("#filter", "")
    page.click('.chip[data-facet="fusion"] >> text=sum')
    page.click('.chip[data-facet="loss_weighting"] >> text=equal')
    settle(page)
    assert (column(page, "fusion"), column(page, "loss_weighting")) == (["sum"], ["equal"])
    page.click("#unfilter")
    settle(page)
    assert page.locator("#table tbody tr").count() == 9


def test_another_metric_ranks_everything_anew(reports, visit):
    page = visit(reports / "grid.html")
    before = column(page, "fusion")
    page.select_option("#metric", "test/sum/mae")
    settle(page)
    assert "Best by sum mae" in page.inner_text("#overview")
    assert means(page, "sum mae ↓") == sorted(means(page, "sum mae ↓"))
    assert column(page, "fusion") != before
    until(page, "document.querySelector('#ranking-chart').innerText.includes('sum mae (lower is better)')")


def test_seeds_are_folded_to_means_and_unfolded_to_runs(reports, visit):
    page = visit(reports / "grid.html")
    assert "±" in column(page, "largest accuracy ↑")[0]
    assert "n = 3" in texts(page, "#table tbody td.status")[0]
    page.uncheck("#fold")
    settle(page)
    assert page.locator("#table tbody tr").count() == 27
    assert sorted(column(page, "Seed")) == ["0"] * 9 + ["1"] * 9 + ["2"] * 9
    states = [text.split()[-1] for text in texts(page, "#table tbody td.status")]
    assert (states.count("completed"), states.count("failed"), states.count("running"), states.count("stopped")) == (
        23,
        2,
        1,
        1,
    )


def test_a_click_on_a_run_shows_its_config_against_another_and_its_error_as_text(reports, visit):
    page = visit(reports / "grid.html")
    page.uncheck("#fold")
    page.fill("#filter", "fusion=concat loss_weighting=equal seed=0")
    settle(page)
    page.click("#table tbody tr")
    page.select_option("#other", "fusion-weighting/13")  # gated, uncertainty, seed 1
    differ = {row.split("\t")[0]: row.split("\t")[1:] for row in texts(page, "#diff tbody tr")}
    assert differ["seed"] == ["0", "1"]
    assert differ["fusion._target_"] == ["mmfusion.fusion.concat.Concat", "mmfusion.fusion.gated.Gated"]
    assert differ["fusion.align"] == ["true", "–"]
    assert differ["loss_weighting.initial"] == ["–", "0"]
    assert "data.loader.batch_size" not in differ
    page.check("#whole")
    assert "data.loader.batch_size" in page.inner_text("#diff")
    page.keyboard.press("Escape")
    assert not page.locator("#drawer").is_visible()

    page.fill("#filter", "status=failed 139")
    settle(page)
    page.click("#table tbody tr")
    assert "exit code 139" in page.inner_text("#drawer pre.error")
    assert NASTY in page.inner_text("#drawer pre.error")
    assert page.inner_text("#drawer pre.log").splitlines() == ["started", "reading data", "epoch 3: 30%", NASTY]
    assert page.locator("#drawer img").count() == 0


def test_a_link_opens_a_run(reports, visit):
    page = visit(reports / "grid.html", hash_="#run=fusion-weighting%2F5")
    page.wait_for_selector("#drawer[open]")
    assert "fusion-weighting/5" in page.inner_text("#drawer")


@pytest.mark.parametrize(
    ("report", "size"), [("grid", LAPTOP), ("grid", PHONE), ("search", LAPTOP)], ids=["laptop", "phone", "search"]
)
def test_every_chart_is_drawn_and_nothing_is_wider_than_the_screen(reports, visit, report, size):
    page = visit(reports / f"{report}.html", size=size)
    draw_all(page)
    drawn = [name for name in CHARTS if page.locator(f"#{name}-chart svg").count()]
    expected = set(CHARTS) if report == "grid" else set(CHARTS) - {"confusion", "calibration"}
    assert set(drawn) == expected
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator(".empty:visible").all_inner_texts() == []


def test_curves_can_be_chosen_smoothed_and_drawn_over_epochs(reports, visit):
    page = visit(reports / "grid.html")
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


def test_ticked_rows_are_what_charts_draw(reports, visit):
    page = visit(reports / "grid.html")
    page.locator("#table tbody tr").nth(2).locator("input").check()
    settle(page)
    label = f"{column(page, 'fusion')[2]} · {column(page, 'loss_weighting')[2]}"
    page.locator("#curves").scroll_into_view_if_needed()
    until(page, "document.querySelector('#curves-says').textContent.startsWith('1 ticked configuration')")
    names = page.evaluate("[...new Set(document.querySelector('#curves-chart').data.map((trace) => trace.name))]")
    assert names == [label]


def test_the_front_holds_what_no_other_beats_in_both_and_a_range_dragged_along_an_axis_filters(reports, visit):
    page = visit(reports / "grid.html")
    draw_all(page)
    accuracy, error = means(page, "largest accuracy ↑"), means(page, "sum mae ↓")
    pairs = list(zip(accuracy, error, strict=True))
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


def test_importance_of_a_search_names_its_parameters(reports, visit):
    page = visit(reports / "search.html")
    page.locator("#importance-chart").scroll_into_view_if_needed()
    page.wait_for_selector("#importance-chart svg")
    words = page.inner_text("#importance-chart")
    assert all(name in words for name in ("lr", "dropout", "fusion"))
    assert page.locator("#importance-method option").count() == 2


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_dark_is_the_systems_choice_or_the_persons(reports, visit):
    light, dark = visit(reports / "grid.html"), visit(reports / "grid.html", dark=True)
    assert background(light) != background(dark)
    light.click("#theme")
    assert background(light) == background(dark)
    ink = "() => document.querySelector('#ranking-chart')._fullLayout.font.color"
    settle(light)
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


def test_one_of_several_sweeps_is_told_as_if_it_were_alone(reports, visit):
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
    assert page.locator("#importance").is_visible()
    page.select_option("#sweep", label="all together")
    settle(page)
    assert len(column(page, "lr")) > 9


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
