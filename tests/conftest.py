"""What every test shares: quiet environment, one thread a worker, no network, the real data's folder if it is here."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

# Before torch is imported anywhere: the workers share the cores, and nothing may reach out.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("WANDB_MODE", "offline")
os.environ.setdefault("WANDB_SILENT", "true")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

from tests.helpers import pairwise

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # `make test &`: what a shell starts so never sees Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="every combination of options, not only every two of them")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: runs with --full alone")
    pairwise.full = config.getoption("full")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("full") and not pairwise.full:
        pytest.skip("slow: make test-all runs it")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; the test is skipped where there is none."""
    if not SHARED.is_dir():
        pytest.skip("needs the real data in ../shared/data")
    return SHARED


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root."""
    return ROOT


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """`-n auto` is one worker more than cores: many tests wait for a browser or for processes that they started."""
    found = yield
    return found + ("PYTEST_XDIST_AUTO_NUM_WORKERS" not in os.environ)
