"""A real browser for the tests of the page: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
import uvicorn

from mmfusion.report.dashboard import application
from mmfusion.report.html import write_html
from mmfusion.store.find import find_runs
from tests.helpers import waiting
from tests.helpers.once import once
from tests.report.example_sweeps import write_example_sweeps

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
LAPTOP, PHONE = (1366, 900), (390, 844)
PATIENCE = 1000 * waiting.PATIENCE  # milliseconds, as Playwright counts
"""Milliseconds that something on the page may take: two cores, and other tests on them."""


def chromium_path() -> str | None:
    """Where Chromium is: `MMFUSION_CHROMIUM`, or on PATH, or where Debian puts it."""
    named = os.environ.get("MMFUSION_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
    return named or next((path for name in names if (path := shutil.which(name))), None)


def lacking(what: str) -> NoReturn:
    """Skip, or fail where the browser must be there: `TESTS_NEED_CHROMIUM`, as `.ci/run` sets it."""
    (pytest.fail if os.environ.get("TESTS_NEED_CHROMIUM") else pytest.skip)(what)


@pytest.fixture(scope="package")
def chromium():
    """One browser for these tests; ended with them, for Playwright keeps an event loop going in this thread."""
    path = chromium_path()
    if path is None:
        lacking("needs Chromium: apt-get install chromium, or MMFUSION_CHROMIUM=/path/to/it")
    if importlib.util.find_spec("playwright") is None:
        lacking("needs playwright: pip install playwright")
    sync_api = importlib.import_module("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def visits(chromium):
    """A function that opens a file or an address; by the end no page has written an error or asked another host."""
    contexts, troubles, requests = [], [], []

    def visit(target: Path | str, size: tuple[int, int] = LAPTOP, dark: bool = False, hash_: str = ""):
        scheme = "dark" if dark else "light"
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, has_touch=size == PHONE
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda line: troubles.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        address = target.as_uri() if isinstance(target, Path) else target
        page.goto(address + hash_)
        page.wait_for_selector("#table tbody tr")
        page.base = address
        return page

    yield visit
    bases = tuple(page.base for context in contexts for page in context.pages)
    for context in contexts:
        context.close()
    assert troubles == []
    assert [url for url in requests if not url.startswith((*bases, "data:", "blob:"))] == []


@pytest.fixture
def visit(chromium):
    """Opens pages that end with the test."""
    with visits(chromium) as visit:
        yield visit


@pytest.fixture(scope="module")
def grid_page(chromium, reports):
    """The page of the grid, for all tests of a module that only look at it."""
    with visits(chromium) as visit:
        yield visit(reports / "grid.html")


@contextmanager
def served(folder: Path):
    """The port of a dashboard of a folder, in a thread."""
    socket_ = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(folder), log_level="warning", lifespan="off", ws="none", http="h11")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket_]})
    thread.start()
    waiting.until(lambda: server.started)
    yield socket_.getsockname()[1]
    server.should_exit = True
    thread.join()
    socket_.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """`grid.html`, `search.html`, `both.html` and `empty.html`."""

    def write(folder: Path) -> None:
        write_example_sweeps(folder / "outputs")
        for name, sweep in (("grid", "fusion-weighting"), ("search", "lr-search")):
            write_html(find_runs([folder / "outputs" / sweep]), folder / f"{name}.html", sweep)
        write_html(find_runs([folder / "outputs"]), folder / "both.html", "outputs")
        write_html([], folder / "empty.html", "nothing yet")

    return once(tmp_path_factory, "reports", write)
