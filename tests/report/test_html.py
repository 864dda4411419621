import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from mmfusion.report.html import SCRIPTS, STYLES, embedded, own_script, page, plotly_script, write_html
from tests.report.example_sweeps import NASTY
from tests.report.memory_runs import grid, make_run


class Reader(HTMLParser):
    """Scripts and their attributes, as a browser's parser would find them."""

    def __init__(self):
        super().__init__()
        self.scripts, self.tags, self.inside = [], [], None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = dict(attrs) if tag == "script" else None

    def handle_data(self, data):
        if self.inside is not None:
            self.scripts.append((self.inside, data))

    def handle_endtag(self, tag):
        self.inside = None


def read(text):
    reader = Reader()
    reader.feed(text)
    return reader


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("html") / "deep" / "report.html"
    runs = [*grid({"concat": [0.8], NASTY: [0.9]}), make_run(NASTY, status="failed", error=NASTY)]
    for _ in range(2):  # what is there is replaced
        write_html(runs, path, title=NASTY)
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    return path.read_text(encoding="utf-8")


def test_names_and_errors_that_look_like_markup_are_data(written):
    reader = read(written)
    assert "img" not in [tag for tag, _ in reader.tags]
    assert len(reader.scripts) == 3
    (content,) = [json.loads(text) for attributes, text in reader.scripts if attributes.get("id") == "data"]
    assert content["title"] == NASTY
    assert content["runs"][-1]["error"] == NASTY
    assert NASTY not in written


def test_nothing_is_fetched_and_only_the_pages_own_scripts_may_run(written):
    reader = read(written)
    fetched = [
        (tag, key, value) for tag, given in reader.tags for key, value in given.items() if key in ("src", "href")
    ]
    assert [each for each in fetched if not each[2].startswith(("#", "data:"))] == []
    (policy,) = [given["content"] for tag, given in reader.tags if tag == "meta" and "http-equiv" in given]
    allowed = re.search(r"script-src ([^;]*)", policy)[1].split()
    run = [text for attributes, text in reader.scripts if attributes.get("id") != "data"]
    assert len(run) == 2
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run]
    assert sorted(allowed) == sorted(f"'sha256-{each}'" for each in hashes)
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy


def test_a_live_page_may_ask_the_server_it_came_from_alone():
    assert "connect-src 'self'" in page({"live": True})


def test_every_asset_is_in_the_page_none_is_left_out_and_none_makes_markup_from_text(written, repo):
    folder = repo / "mmfusion" / "report" / "page"
    assert {path.name for path in folder.iterdir()} == {"page.html", *STYLES, *SCRIPTS}
    wrong = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.srcdoc")
    for name in (*STYLES, *SCRIPTS):
        text = (folder / name).read_text()
        assert text in written, name
        assert name in STYLES or not wrong.search(text), name
    assert "<!--" not in re.sub(r"<script.*?</script>", "", written, flags=re.S)


def test_the_scripts_end_where_the_page_ends_them():
    for script in (own_script(), plotly_script()):
        assert "</script" not in script.lower()
    assert "plotly.js v" in plotly_script()[:200]


def test_embedded_json_has_no_markup_and_is_read_back_as_it_was():
    content = {"a": "</script><!-- & \u2028 ü 😀", "<b>": [1, None, "\ud800"]}
    text = embedded(content)
    assert not set("<>&") & set(text)
    assert text.isascii()
    assert json.loads(text) == content
    with pytest.raises(ValueError, match="not JSON compliant"):
        embedded(float("nan"))
