"""What tests of the page read from it."""

from __future__ import annotations

from tests.helpers import waiting

CHARTS = (
    *("ranking", "curves", "parallel", "pareto", "heat", "weights", "cosines", "subsets", "worth", "missing"),
    *("confusion", "calibration", "importance"),
)


def until(page, expression):
    """Wait until an expression holds. The page's policy forbids Playwright's own way, which evaluates text in it."""
    waiting.until(lambda: page.evaluate(expression) or page.wait_for_timeout(50), lambda: expression)


def texts(page, selector):
    return page.locator(selector).all_inner_texts()


def column(page, name):
    """The cells of a column of the table, top to bottom."""
    return [text.strip() for text in texts(page, f'#table tbody td[data-name="{name}"]')]


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
