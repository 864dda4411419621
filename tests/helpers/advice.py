"""The advice in mmfusion's messages: found in its source, and in a message as it is printed."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import fields
from functools import cache
from pathlib import Path

import mmfusion
from mmfusion.config.folders import groups, own_folder
from mmfusion.config.sections import Config

PACKAGE = Path(mmfusion.__file__).parent
TOP = sorted(
    {field.name for field in fields(Config)} | {name.split("/")[0] for name in groups([own_folder()])} | {"hydra"}
)
HOLE = "⟨⟩"
"""What stands in a template for what an f-string puts in."""

_KEY = rf"[+~]{{0,2}}(?:{'|'.join(TOP)})(?:[./@][\w<>⟨⟩-]+)*"
_VALUE = r"""(?:'[^']*'|"[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^\s'"),;:…]+)"""
OVERRIDE = re.compile(rf"(?<![\w.⟩=`/-])(?:'{_KEY}=[^']*'|{_KEY}={_VALUE}?)")
OPTION = re.compile(r"(?<![\w!-])--[a-z][a-z-]+")
KEY = re.compile(rf"(?<![\w.⟩/@-])(?:{'|'.join(TOP)})(?:\.[a-z_]\w*)+(?![\w.]*[(/])")
_WORDS = (
    *("set", "use", "take", "is", "are", "add", "or", "write", "try", "give", "choose", "with", "by", "say", "for"),
    *("example", "put", "one,", "lr,", "does:", "text as", "list as", "as in"),
)
VERB = rf"\b(?:{'|'.join(_WORDS)})"
PHRASE = re.compile(rf"{VERB}:? \"?((?:{OVERRIDE.pattern}(?: |$|(?=[,;.)])))+)", re.IGNORECASE)


@cache
def templates() -> list[tuple[str, str]]:
    """The module and the text of each string in mmfusion that is no documentation, with holes for what is put in."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                inside.add(id(node.value))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = [each.value if isinstance(each, ast.Constant) else HOLE for each in node.values]
                found.append((path.relative_to(PACKAGE).as_posix(), "".join(map(str, parts))))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
                found.append((path.relative_to(PACKAGE).as_posix(), node.value))
    return found


def advised(message: str) -> list[list[str]]:
    """What a message says to write on the command line: overrides that go together, as a shell reads them."""
    return [shlex.split(phrase[1].rstrip(" .")) for phrase in PHRASE.finditer(message)]
