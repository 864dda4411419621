"""The pages that a reader follows, and the code in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

REPOSITORY = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((REPOSITORY / "docs").glob("*.md"))))
BLOCK = re.compile(r"^([ ]*)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes:
        page: path below the repository.
        line: where its first line stands.
        language: what follows the fence; empty for none.
        text: the code, with the page's indentation taken off.
    """

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read_page(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """Every block of a page, in order."""
    text = read_page(page)
    return [
        Block(page, text.count("\n", 0, found.start(3)) + 1, found[2], dedent(found[3]))
        for found in BLOCK.finditer(text)
    ]


def example(path: str) -> str:
    """The file `path` of CONTRIBUTING's example: the block after the place that names it."""
    text = read_page("CONTRIBUTING.md")
    found = BLOCK.search(text, text.index(f"`{path}`"))
    assert found is not None, path
    return dedent(found[3])
