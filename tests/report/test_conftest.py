"""Whether tests that need a browser can go unnoticed without one."""

import pytest

from tests.report.conftest import lacking


def test_without_a_browser_tests_are_skipped_or_fail_where_one_must_be_there(monkeypatch):
    monkeypatch.delenv("TESTS_NEED_CHROMIUM", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        lacking("no browser")
    monkeypatch.setenv("TESTS_NEED_CHROMIUM", "1")
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        lacking("no browser")
