"""docs/reference.md says what conf/ says."""

import importlib.util


def test_the_reference_is_current(repo):
    spec = importlib.util.spec_from_file_location("make_reference", repo / "scripts" / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (repo / "docs" / "reference.md").read_text() == module.page(), "run `make docs`"
