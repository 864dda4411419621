"""Every file of every group composes and passes the check, says what it is, and lists all that can be set."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from mmfusion.config.check import check
from mmfusion.config.compose import Composed, compose_unchecked
from mmfusion.config.folders import groups, own_folder
from mmfusion.config.listing import headline
from mmfusion.config.names import MANIFEST
from mmfusion.config.schema import config_schema, own_components, schema_of

KNOWN = groups([own_folder()])
OF_OTHERS = {"joblib", "ray", "submitit_local", "submitit_slurm"}  # tests/sweeps composes them as a sweep does
FILES = [(group, option) for group, options in KNOWN.items() for option in options if option not in OF_OTHERS]
PLAIN = {
    "fusion", "sharing", "modality", "loss_weighting", "optimizer", "scheduler", "trainer", "callbacks", "logger",
    "paths", "debug", "hparams_search", "study",
}  # fmt: skip
MODALITIES = "{image: {kind: image, column: a}, speech: {kind: speech, column: b}, text: {kind: text, column: c}}"
COLUMNS = {
    "image": "column: a",
    "text": "column: a",
    "speech": "column: a",
    "series": "column: a",
    "tabular": "numeric: [a], categorical: [b]",
    "features": "columns: [a, b]",
}


def overrides_for(group: str, option: str) -> list[str]:
    if group in PLAIN or group.startswith("hydra/"):
        return [f"{group}={option}"]
    if group == "task":
        return [f"+task@task.extra={option}"]
    if group == "data":
        if option == "latent":
            return ["experiment=seed", "data=latent"]
        given = [f"data.modalities={MODALITIES}", "data.path=table.csv"] if option == "manifest" else []
        return [f"data={option}", *given]
    if group == "experiment":
        needs_root = "root: ???" in KNOWN[group][option].read_text()
        return [f"experiment={option}", *(["data.root=somewhere"] if needs_root else [])]
    kind = group.removeprefix("encoder/")
    assert kind in own_components("kind"), f"say here how a file of the new group {group} is used"
    return [f"+{group}@encoder.extra={option}", f"+data.modalities.extra={{kind: {kind}, {COLUMNS[kind]}}}"]


@cache
def composed(group: str, option: str) -> Composed:
    return compose_unchecked(overrides_for(group, option))


@pytest.mark.parametrize(("group", "option"), FILES)
def test_composes_and_passes_the_check(group, option):
    check(composed(group, option).config, composed(group, option).sources)


# A paper, a library, a data set, a site, or mmfusion itself.
KNOWN_SOURCES = r"mmfusion|torch|Lightning|arXiv \d{4}\.\d{4,5}|\b(19|20)\d\d\b|\w\.(ai|cc|io|org)\b|MNIST|Picovoice"
SOURCE = re.compile(rf"\w.{{10,}} \([^()]*({KNOWN_SOURCES})[^()]*\)")


@pytest.mark.parametrize("path", sorted(own_folder().rglob("*.yaml")), ids=lambda path: path.stem)
def test_first_line_says_what_it_is_and_where_it_comes_from(path):
    assert SOURCE.fullmatch(headline(path)), f"end the first line of {path} with its source in parentheses"


def component(config: dict, group: str) -> tuple[dict, str] | None:
    """The node that a group's file fills, and its slot, where that is a component."""
    if group.startswith("encoder/"):
        return config["encoder"]["extra"], "encoder"
    if group == "task":
        return config["task"]["extra"], "task"
    node = config.get(group)
    return (node, group) if isinstance(node, dict) and "_target_" in node else None


@pytest.mark.parametrize(("group", "option"), FILES)
def test_lists_every_argument_with_the_default_that_python_has(group, option):
    """A value is in the file too where the signature has it, for a person to see and copy: both are the same."""
    found = component(composed(group, option).config, group)
    if found is None:
        return
    node, slot = found
    schema = schema_of(node["_target_"], slot)["properties"]
    assert schema.keys() - {"metrics", "modalities"} <= node.keys() <= schema.keys()
    assert_same_defaults(yaml.safe_load(KNOWN[group][option].read_text()), schema)


def test_sections_have_the_defaults_that_python_has():
    train = yaml.safe_load((own_folder() / "train.yaml").read_text())
    schema = config_schema()["properties"]
    for section in ("head", "compile", "report"):
        assert_same_defaults(train[section], schema[section]["properties"])
    for section in ("trainer", "callbacks", "modality", "paths"):
        assert_same_defaults(yaml.safe_load(KNOWN[section]["default"].read_text()), schema[section]["properties"])
    loader = schema_of(MANIFEST, "data")["properties"]["loader"]["properties"]
    assert train["data"]["loader"].keys() == loader.keys()
    assert_same_defaults(train["data"]["loader"], loader)


def assert_same_defaults(written: dict, schema: dict) -> None:
    defaults = {name: each["default"] for name, each in schema.items() if "default" in each and name in written}
    assert {name: written[name] for name in defaults} == defaults


def test_names_of_files_and_folders_are_plain():
    for path in own_folder().rglob("*.yaml"):
        assert all(part.isidentifier() for part in Path(path.relative_to(own_folder())).with_suffix("").parts), path
