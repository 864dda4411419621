"""What a message advises works when it is followed, in the command that gave it."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from pathlib import Path

import pytest
from PIL import Image

from mmfusion.cli import COMMANDS, main
from mmfusion.commands.init import run as init
from mmfusion.config.check import problems_of
from mmfusion.config.compose import compose_unchecked, load_config
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.config.names import MANIFEST
from mmfusion.data.checks import check_trained_columns
from mmfusion.data.decode.numeric_cells import to_number
from mmfusion.data.errors import DataError
from mmfusion.data.kinds.tabular import Tabular
from mmfusion.data.set_up import fit_training
from mmfusion.data.sources.manifest import ManifestSource
from mmfusion.data.table.guess import guess_decimal, read_guessed
from mmfusion.data.table.new_rows import read_rows
from mmfusion.data.table.number_columns import in_points
from mmfusion.data.table.read import ReadOptions
from mmfusion.runs.config import OF_NEW_TABLE, reading_overrides
from mmfusion.runs.init import read_table
from mmfusion.sweeps.split_checks import refused_splits
from mmfusion.tasks.regression import Regression
from tests.helpers.advice import KEY, OPTION, advised, templates
from tests.runs.small_experiment import write_small_experiment

TABLE = "experiment=small"
FOLDS = ("data.split.column=null",)
RATIO = "data.split.ratio={train: 0.6, val: 0.2, test: 0.2}"
NONE_VAL = "data.split.val=null"
CONFIGS = [
    ["~task.sum", "~task.largest"],
    ["loss_weighting=gradnorm", "trainer.strategy=fsdp", "gradients_of=shared"],
    ["loss_weighting=gradnorm", "compile.enabled=true", "compile.mode=reduce-overhead"],
    ["compile.enabled=true", "trainer.strategy=fsdp"],
    ["trainer.precision=16-mixed", "trainer.strategy=fsdp"],
    ["modality=placeholders", "fusion=decision"],
    ["tags=a,b"],
    ["name=a,b"],
    ["task=regression"],
    ["+seed=3"],
    [TABLE, *FOLDS, RATIO, "data.split.folds=3"],
    [TABLE, *FOLDS],
    [TABLE, *FOLDS, RATIO, "data.split.fold=1"],
    [TABLE, "data.split.from_train={test: 0.1}"],
    [TABLE, "data.split.folds=3", "data.split.test=null"],
    [TABLE, NONE_VAL, "callbacks.early_stopping.patience=3"],
    [TABLE, NONE_VAL, "callbacks.monitor.metric=val/level/mae"],
    [TABLE, NONE_VAL, "scheduler=plateau"],
    [TABLE, NONE_VAL, "trainer.refit=true"],
    ["trainer.refit=true", "scheduler=plateau"],
    ["trainer.val_check_interval=1000000"],
]
"""Overrides of `mmfusion train` and `validate` that are refused with advice."""


def overrides_of(message: str) -> list[list[str]]:
    """What to write: also `another scheduler=, cosine for example`."""
    found = advised(message)
    found += [[f"{key}={option}"] for key, option in re.findall(r"another (\w+)=, (\w+) for example", message)]
    return [[re.sub(r"<name>", "age", each) for each in words] for words in found]


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    return write_small_experiment(tmp_path_factory.mktemp("small"))


@pytest.mark.parametrize("words", CONFIGS, ids=" ".join)
def test_advice_on_a_config(words, conf):
    with pytest.raises(ConfigError) as refused:
        load_config(words, [conf])
    message = str(refused.value)
    if "leave out the +" in message:
        load_config([word.lstrip("+") for word in words], [conf])
        return
    advice = overrides_of(message)
    assert advice, message
    for more in advice:
        keys = {part for each in more for part in re.match(r"\+?((\w+)@\S+?|\S+?)=", each).groups()}
        load_config([word for word in words if word.partition("=")[0] not in keys] + more, [conf])


HEADLESS = "".join(f"{i}.5,{i % 7 + 0.25},{('cat', 'dog')[i % 2]}\n" for i in range(1, 20))
PROVOKED = {
    "delimiter": ("a.csv", "a;x\n1;2\n3;4\n", {}),
    "tab": ("a.csv", "a\tx\n1\t2\n3\t4\n", {}),
    "bar": ("a.csv", "a|x\n1|2\n3|4\n", {}),
    "sep line": ("a.csv", "sep=;\na;x\n1;2\n3;4\n", {"delimiter": ","}),
    "quote": ("a.tsv", 'a\tx\n"tis\t2\n3\t4\n', {}),
    "header": ("a.csv", HEADLESS, {}),
    "title": ("a.csv", "Report,,\na,x,b\n1,2,3\n3,4,5\n4,5,6\n5,6,7\n6,7,8\n", {}),
    "format": ("a.data", "a,x\n1,2\n3,4\n", {}),
    "a list": ("a.jsonl", '[{"a": 1, "x": 2}, {"a": 2, "x": 3}]\n', {}),
    "decimal": ("a.csv", "a;x\n1;2,5\n3;4,25\n5;0,125\n", {"delimiter": ";"}),
    "thousands": ("a.csv", 'a,x\n1,"2,500"\n3,"4,250"\n5,"1,125"\n', {}),
    "ids": ("a.csv", "a,x\n1,2\n1,4\n", {"id": "a"}),
    "a letter": ("a.csv", "a\tx\n1\t2\n3\t4\n", {"delimiter": "t"}),
    "stratify": ("a.csv", "a,x\n" + "".join(f"n{i},{i}\n" for i in range(40)), {"split": {"stratify": "a"}}),
}
"""A file, and options under which it is refused with advice."""


def read(path: Path, options: dict) -> None:
    ratio = {"column": None, "ratio": {"train": 0.6, "val": 0.2, "test": 0.2}}
    table = ManifestSource(str(path), **{**options, "split": ratio | options.get("split", {})}).read()
    if "x" in table.columns:
        in_points(table, {}, {"x": Regression()})


@pytest.mark.parametrize("case", PROVOKED)
def test_advice_on_a_file(tmp_path, case):
    name, text, options = PROVOKED[case]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataError) as refused:
        read(path, options)
    message = str(refused.value)
    advice = [
        *advised(message),
        *([f"data.format={format}"] for format in re.findall(r"data.format to (\w+)", message)),
    ]
    assert advice, message
    for (override,) in advice:
        if override.startswith("data.split."):
            read(
                path,
                {**options, "split": {**options["split"], override.removeprefix("data.split.").split("=")[0]: None}},
            )
            continue
        given = reading_overrides([override], OF_NEW_TABLE)
        if (case, override) != ("a letter", "data.delimiter=;"):  # an example of another sign
            read(path, {**options, **given})
            read_rows(path, {"path": name, **options}, given=dict(given))  # as in `predict`
        if not override.startswith("data.id"):
            read_table(path, reading_overrides([override]))  # as in `init`


def rows(header: str, make, count: int = 60) -> str:
    return "\n".join([header, *(make(i) for i in range(count))]) + "\n"


INITS = {
    "a target": (
        rows("ward,note", lambda i: f"{'ab'[i % 2]}{i},x y z {i * i} and some more words of it"),
        [],
        [["--task", "ward"]],
        "name one with --task COLUMN",
    ),
    "an input": (
        rows("code,label", lambda i: f"c{i},{'ab'[i % 2]}"),
        [],
        [["--input", "code"], ["--kind", "code=categorical"]],
        "name one with --input COLUMN",
    ),
    "a sign": (rows("x^label", lambda i: f"{i * 7 % 13}.5^{'ab'[i * i % 3 % 2]}"), [], [["data.delimiter=^"]], "SIGN"),
    "a split": (
        rows("my fold,x,label", lambda i: f"{'pqr'[i % 3]},{i * 7 % 13}.5,{'ab'[i * i % 3 % 2]}"),
        ["--split", "my fold"],
        [["--ignore", "my fold"]],
        "Leave it out (--ignore 'my fold')",
    ),
    "a name of mmfusion's": (
        rows("x,label", lambda i: f"{i * 7 % 13}.5,{'ab'[i * i % 3 % 2]}"),
        ["--name", "digits"],
        [["--name", "my_digits"]],
        "take another, --name my_digits perhaps",
    ),
}
"""A table, options under which `mmfusion init` refuses it, and each thing that it advises."""


def run_init(words: list[str]) -> None:
    """The command as typed, without what it prints."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        assert init(words) == 0


@pytest.mark.parametrize("case", INITS)
def test_advice_of_init(tmp_path, monkeypatch, case):
    text, words, advice, says = INITS[case]
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(text)
    with pytest.raises((DataError, ConfigError)) as refused:
        run_init(["a.csv", *words])
    message = str(refused.value)
    assert says in message
    for more in advice:
        kept = [] if words[:1] in (more[:1], ["--split"]) else words
        run_init(["a.csv", *kept, *more, "--force"])
    with pytest.raises(ConfigError, match="take another --name, or --force to write over it"):
        run_init(["a.csv", *kept, *more])
    run_init(["a.csv", *kept, *more, "--name", "other"])
    if case == "a split":
        printed = [word for phrase in advised(message.replace("mean:", "set")) for word in phrase]
        assert printed[0] == "data.split.column=my fold"
        meant = dict(zip(("train", "val", "test"), "pqr", strict=True))
        load_config(["experiment=a", *printed[:2], *(f"data.split.{k}={v}" for k, v in meant.items())])


TABLES = {
    "no val rows": {"column": "split", "train": "train", "val": "dev", "test": "test"},
    "few groups": {"ratio": {"train": 0.6, "val": 0.2, "test": 0.2}, "group": "who"},
}


@pytest.mark.parametrize("split", TABLES.values(), ids=TABLES)
def test_advice_on_the_split_of_a_table(tmp_path, split):
    path = tmp_path / "a.csv"
    path.write_text(rows("who,split,x", lambda i: f"{'ab'[i % 2]},{'train' if i % 2 else 'test'},{i}"))
    data = {"_target_": MANIFEST, "path": str(path), "split": {"column": None, **split}}
    refused = refused_splits({0: {"data": data}})
    assert "data.split.val=null" in str(refused[0])
    assert not refused_splits({0: {"data": {**data, "split": {**data["split"], "val": None}}}})


EMPTY = rows("x,y", lambda i: f"{'k. A.' if i == 3 else '?' if i == 5 else f'{i}.5'},{i}")


def test_advice_on_cells_that_mean_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(EMPTY.replace("k. A.", "?"))

    def fit(*given: str) -> None:
        table = ManifestSource(
            str(path), split={"column": None, "ratio": {"train": 1}}, **reading_overrides(given)
        ).read()
        fit_training(table, {"x": Tabular(columns=["x"])}, {})

    with pytest.raises(DataError, match=r"add '\?' to data\.empty if it means an empty cell"):
        fit()
    fit("data.empty=['',NA,nan,NaN,?]")
    with pytest.raises(DataError, match=r"if it means an empty cell, add '\?' to data\.empty"):
        to_number("?")


@pytest.mark.parametrize("decimal", ".,")
def test_advice_on_numbers_that_may_have_thousands(tmp_path, decimal):
    path = tmp_path / "a.csv"
    path.write_text(rows("x;y", lambda i: f"{i + 1}.234;b"))

    def notes(*given: str) -> list[str]:
        options = reading_overrides(given)
        guess = read_guessed(path, ReadOptions(decimal=decimal), options)
        guess_decimal(guess, options)
        return [note for note in guess.notes if note.startswith("numbers like")]

    (note,) = notes()
    ((override,),) = advised(note)
    assert not notes(override)


def test_advice_of_init_to_keep_rows_together(tmp_path, monkeypatch):
    """By a column that is written for it."""
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(rows("my town,x,label", lambda i: f"town-{i % 9},{i * 7 % 13}.5,{'ab'[i * i % 3 % 2]}"))
    run_init(["a.csv", "--group", "my town"])
    assert load_config(["experiment=a"])["data"]["split"]["group"] == "my town"


def test_advice_of_init_about_media_that_lie_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("media").mkdir()
    for i in range(8):
        Image.new("L", (8, 8), i).save(f"media/{i}.png")
    Path("a.csv").write_text(rows("photo,label", lambda i: f"{i % 8}.png,{'ab'[i * i % 3 % 2]}"))
    seen = []
    for more in ([], ["--root", "media"]):
        with redirect_stdout(io.StringIO()) as shown, redirect_stderr(io.StringIO()):
            init(["a.csv", "--force", *more])
        seen.append(" ".join(re.sub("[│┃]", " ", shown.getvalue()).split()))
    assert "is --root right?" in seen[0]
    assert "is --root right?" not in seen[1]


def test_advice_on_the_columns_of_new_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x^y\n1^2\n3^4\n")
    with pytest.raises(DataError, match=r"set data\.delimiter=SIGN"):
        check_trained_columns(read_rows(path, {}), ["x", "y"])
    check_trained_columns(read_rows(path, {}, given=reading_overrides(["data.delimiter=^"])), ["x", "y"])


COMMAND_OF = {
    "config/": {"train", "validate", "ls"},
    "runs/inspect/": {"init"},
    "data/": {"train", "validate", "init"},
    "report/dashboard": {"dashboard"},
    "report/": {"compare"},
    "runs/config": {"predict", "eval"},
    "runs/init": {"init", "train", "validate"},
    "runs/": {"eval", "predict"},
}
"""Which commands a module's messages come from, by the first of these that its path begins with; of others each."""


def test_each_option_that_is_named_is_one_of_the_command():
    shown = io.StringIO()
    options = {}
    for command in COMMANDS:
        with redirect_stdout(shown), pytest.raises(SystemExit):
            main([command, "--help"])
        options[command] = {*OPTION.findall(shown.getvalue()), "--help", "--version"}
        shown.seek(shown.truncate(0))
    wrong = []
    for module, text in templates():
        commands = next((found for start, found in COMMAND_OF.items() if module.startswith(start)), set(COMMANDS))
        known = set().union(*(options[command] for command in commands))
        wrong += [
            f"{module}: {option}: {text}"
            for option in OPTION.findall(text)
            if " " in text.strip() and option not in known
        ]
    assert not wrong, "\n".join(wrong)


def test_each_key_that_is_named_is_one():
    """Of the parts that are what they are whichever option of a group is chosen, and of Hydra's."""
    config = compose_unchecked(["data=manifest", "data.path=table.csv"]).config
    hydra = {"sweep", *(path.name for path in (own_folder() / "hydra").iterdir())}
    parts = {"data", "trainer", "callbacks", "report", "compile", "modality", "paths", "optimizer"}
    wrong = []
    for module, text in templates():
        for key in [found[0] for found in KEY.finditer(text) if " " in text and module != "cli.py"]:
            part = key.split(".")[0]
            if part == "hydra":
                wrong += [] if key.split(".")[1] in hydra else [f"{module}: {key}"]
            elif part in parts:
                node = changed = deepcopy(config)
                *above, last = key.split(".")
                for name in above:
                    node[name] = node[name] if isinstance(node.get(name), dict) else {}
                    node = node[name]
                node[last] = None
                why = problems_of(changed)
                wrong += [f"{module}: {key}: {text}" for _, each in why if "no such key" in each]
    assert not wrong, "\n".join(wrong)
