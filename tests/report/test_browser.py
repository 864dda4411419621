"""The report as a person uses it, in a real browser."""

import itertools

import pytest

from tests.report.conftest import LAPTOP, PHONE, until
from tests.report.example_sweeps import NASTY
from tests.report.page_content import CHARTS, column, draw_all, means, settle, texts

pytestmark = pytest.mark.xdist_group("browser")


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


def test_a_chip_that_is_pressed_while_the_page_changes_keeps_its_click(reports, visit):
    page = visit(reports / "grid.html")
    page.hover('.chip[data-facet="fusion"] >> text=sum')
    page.mouse.down()
    page.evaluate("document.getElementById('filter').dispatchEvent(new Event('input', { bubbles: true }))")
    settle(page)
    page.mouse.up()
    settle(page)
    assert column(page, "fusion") == ["sum"] * 3
    pressed = page.locator('.chip[data-facet="fusion"][aria-pressed="true"]')
    assert pressed.all_inner_texts() == ["sum"]
    pressed.click()
    settle(page)
    assert (len(column(page, "fusion")), pressed.count()) == (9, 0)


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


def test_a_damaged_link_leads_nowhere_and_harms_nothing(reports, visit):
    page = visit(reports / "grid.html", hash_="#run=%")
    assert not page.locator("#drawer").is_visible()
    page.locator("#curves").scroll_into_view_if_needed()
    page.wait_for_selector("#curves-chart svg")


@pytest.mark.parametrize(
    ("report", "size"), [("grid", LAPTOP), ("grid", PHONE), ("search", LAPTOP)], ids=["laptop", "phone", "search"]
)
def test_every_chart_is_drawn_and_nothing_is_wider_than_the_screen(reports, visit, report, size):
    page = visit(reports / f"{report}.html", size=size)
    draw_all(page)
    drawn = [name for name in CHARTS if page.locator(f"#{name}-chart svg").count()]
    expected = set(CHARTS) - ({"importance"} if report == "grid" else {"confusion", "calibration"})
    assert set(drawn) == expected
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator(".empty:visible").all_inner_texts() == []
    if report == "search":
        assert {page.input_value("#heat-x"), page.input_value("#heat-y")} == {"optimizer.lr", "head.dropout"}
        names = page.evaluate("document.querySelector('#heat-chart').layout.yaxis.ticktext")
        assert len(set(names)) == len(names) == 6
    else:
        # Colours say nothing without either figures or a scale.
        map_, figures = page.evaluate("document.querySelector('#subsets-chart').data")
        assert map_["showscale"] or len(figures["text"]) == 63
        assert "those of two seeds, far wider, are left out" in page.inner_text("#pareto-says")
        bars = page.evaluate(
            "document.querySelector('#pareto-chart').data.flatMap((each) => each.error_x?.array ?? [])"
        )
        assert (len(bars), bars.count(0)) == (9, 4)  # four configurations have two completed seeds


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
