"""What a message advises works when it is followed, in the command that gave it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import mmfusion
from mmfusion.data.errors import DataError
from mmfusion.data.manifest.new_rows import read_rows
from mmfusion.data.manifest.source import ManifestSource
from mmfusion.data.number_columns import in_points
from mmfusion.runs.config import new_table_overrides, reading_overrides
from mmfusion.runs.init import read_table
from mmfusion.tasks.regression import Regression

SPLIT = {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}}
NUMBERS = {"x": Regression()}
HEADLESS = "".join(f"{i}.5,{i % 7 + 0.25},{('cat', 'dog')[i % 2]}\n" for i in range(1, 20))

PROVOKED = {
    "delimiter": ("a.csv", "a;x\n1;2\n3;4\n", {}),
    "tab": ("a.csv", "a\tx\n1\t2\n3\t4\n", {}),
    "bar": ("a.csv", "a|x\n1|2\n3|4\n", {}),
    "sep line": ("a.csv", "sep=;\na;x\n1;2\n3;4\n", {"delimiter": ","}),
    "quote": ("a.tsv", 'a\tx\n"tis\t2\n3\t4\n', {}),
    "header": ("a.csv", HEADLESS, {}),
    "format": ("a.data", "a,x\n1,2\n3,4\n", {}),
    "decimal": ("a.csv", "a;x\n1;2,5\n3;4,25\n5;0,125\n", {"delimiter": ";"}),
    "ids": ("a.csv", "a,x\n1,2\n1,4\n", {"id": "a"}),
}
"""A file, and options under which it is refused with advice."""


def read(path: Path, options: dict) -> None:
    table = ManifestSource(str(path), split=SPLIT, **options).read()
    if "x" in table.columns:
        in_points(table, {}, NUMBERS)


def advised(message: str) -> list[str]:
    """The overrides that a message tells to set: the value between quotes, or up to a blank."""
    found = re.findall(r"set (data\.\w+)=('(?:\\.|[^'])*'|[\w\\.]+)", message)
    found += re.findall(r"set (data\.format) to (\w+)", message)
    return [f"{key}={ast.literal_eval(value) if value.startswith(chr(39)) else value}" for key, value in found]


@pytest.mark.parametrize("case", PROVOKED)
def test_each_piece_of_advice_of_a_refusal(tmp_path, case):
    name, text, options = PROVOKED[case]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataError) as refused:
        read(path, options)
    advice = advised(str(refused.value))
    assert advice, refused.value
    for override in advice:
        read(path, {**options, **new_table_overrides([override])})
        given = new_table_overrides([override])
        read_rows(path, {"path": name, **options}, given=given)  # as in `predict`
        if not override.startswith("data.id"):
            read_table(path, reading_overrides([override]))  # as in `init`


def test_no_message_names_a_key_that_there_is_not():
    """Every `data.…` in the source is a key of the manifest's options, of a loader's, or of a modality."""
    known = {*ManifestSource.__init__.__annotations__, "modalities", "loader", "_target_", "rows", "seed"}
    wrong = {}
    for path in Path(mmfusion.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for key in re.findall(r"set '?data\.(\w+)", node.value):
                    if key not in known:
                        wrong[key] = path.name
    assert not wrong
