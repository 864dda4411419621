"""docs/reference.md says what conf/ and the code say."""

import pytest

from mmfusion.config.json_schema import component_schema
from scripts import make_reference


def test_the_reference_is_current(repo):
    assert (repo / "docs" / "reference.md").read_text() == make_reference.page(), "run `make docs`"


def test_an_option_as_a_config_writes_it():
    class Sieve:
        """Keeps what is coarse.

        None of it is fast.

        Args:
            holes: how wide, in mm, or a list
                of widths; None takes them all. True is wide.
            how: round|square.
        """

        def __init__(self, holes: object, how: str = "a|b") -> None:
            pass

    assert make_reference._table(component_schema(Sieve, "")).splitlines() == [
        "Keeps what is coarse.",
        "",
        "| option | default | |",
        "|---|---|---|",
        "| `holes` | must be given | how wide, in mm, or a list of widths; null takes them all. true is wide. |",
        r"| `how` | `a\|b` | round\|square. |",
    ]


def test_an_option_without_a_sentence_is_an_error():
    class Silent:
        """Says nothing of its option."""

        def __init__(self, depth: int = 1) -> None:
            pass

    with pytest.raises(KeyError, match="depth"):
        make_reference._table(component_schema(Silent, ""))
