"""What README, CONTRIBUTING, docs/ and `mmfusion --help` show is run: every block of code, every command in a line."""

from __future__ import annotations

import functools
import io
import itertools
import re
import shlex
import sys
import tomllib
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
import yaml

import mmfusion
from mmfusion.cli import COMMANDS as CLI_COMMANDS
from mmfusion.cli import HELP, main
from mmfusion.config.compose import compose_unchecked, load_config
from mmfusion.config.folders import groups, own_folder
from mmfusion.config.instantiate import trusting
from mmfusion.sweeps import command, pool, process
from tests.helpers.own_components import KIND, PACKAGE, forget, write_all
from tests.helpers.pages import BLOCK, PAGES, REPOSITORY, Block, blocks, example, read_page
from tests.helpers.run_folders import write_grid, write_run

pytestmark = pytest.mark.xdist_group("pages")  # one place for all: what it holds is trained once

GENERATED = "docs/reference.md"
ELSEWHERE = {
    "git clone <this repository> && cd mmfusion": "this is that repository",
    ".venv/bin/pre-commit install": "would change this checkout's hooks",
    "optuna-dashboard": "another program's server; the files that it reads are tested in tests/sweeps/search",
    "wandb": "another program, which needs an account",
    "ray": "starts a cluster; the launcher is tested in tests/sweeps/test_launchers.py",
}
"""Commands that are not run, by the whole line or its first word, and why."""

PRINTED = {
    ("README.md", "test metrics"): "what `make demo` printed; tests/runs/test_report.py draws the tables",
    ("docs/comparison.md", "test/largest/accuracy"): "made-up numbers; tests/report/test_terminal.py draws the table",
    ("docs/data.md", "file       study,file"): "a diagram",
}
"""Blocks that show output, by page and first words."""

EXAMPLE = ("mmfusion/fusion/maximum.py", "tests/fusion/test_maximum.py")
"""Files of CONTRIBUTING's: tests/fusion/test_properties.py and tests/e2e/test_user_components.py write and use them."""

TINY = ["data.rows={train: 32, val: 16, test: 16}", "data.loader.batch_size=16"]
SHORT = ["debug=one_batch", "trainer.accelerator=cpu", "trainer.log_every_n_steps=1"]
HERE = {
    "outputs/digits/<run>": "outputs/digits/one",
    "outputs/data/<run>": "outputs/data/one",
    "outputs/<sweep>": "outputs/sweep",
    "outputs/<name>": "outputs/sweep",
    "outputs/a outputs/b": "outputs/sweep/0 outputs/sweep/1",
    "outputs/x ": "outputs/sweep ",
    "outputs/digits-1a2b3c4d/best.yaml": "best.yaml",
    "RUN": "outputs/data/one",
    "…": "",
    "[overrides]": "",
}
"""What stands on the pages for a name that only the reader knows, and what it is here."""

TRUST = f"trusted_modules=[{PACKAGE}]"
FEW = {
    "fusion": ["study.fusion=[concat,sum]"],
    "weighting": ["study.loss_weighting=[equal,dwa]"],
    "modalities": ["study.subsets=leave_one_out"],
}
"""Study to what makes it small."""

MINE = """
from pytorch_lightning import Callback
from torchmetrics import MeanMetric

from mypackage.durations import Durations


class MyCallback(Callback):
    pass


class Sure(MeanMetric):
    def update(self, preds, target):
        super().update(preds.amax(-1))
"""
"""The package of one's own that the pages speak of; `Durations` is a page's."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which the pages' commands find what they speak of: tables, trained runs, a sweep."""
    folder = tmp_path_factory.mktemp("pages")
    rng = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", "small", "large", "round", "square"])
    for name, rows in {"data": 80, "new": 4, "other": 80}.items():
        lines = ["age,weight,note,ward"]
        for i in range(rows):
            lines.append(f"{20 + i % 50},{rng.normal(70, 9):.1f},{' '.join(rng.choice(words, 5))},{'abc'[i % 3]}")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    durations = next(block.text for block in blocks("docs/dashboard.md") if "class Durations" in block.text)
    files = {"__init__": MINE, "durations": durations, "cloud": KIND}
    write_all(folder, {f"{PACKAGE}/{name}.py": text for name, text in files.items()})
    (folder / "best.yaml").write_text("- optimizer.lr=0.01\n- fusion=gated\n")
    own = "from pytorch_lightning import Callback\n\n\nclass MyCallback(Callback):\n    pass\n"
    (folder / "mypackage.py").write_text(own)
    write_grid(
        folder / "outputs" / "sweep",
        {"fusion": ["concat", "gated"]},
        seeds=3,
        value=lambda choice, seed: {"test/largest/accuracy": len(choice["fusion"]) / 10 + seed / 100},
    )
    forget(PACKAGE)
    with pytest.MonkeyPatch.context() as patch, trusting([]):
        patch.chdir(folder)
        patch.setattr(sys, "path", list(sys.path))
        for name in ("RANK", "PYTEST_XDIST_WORKER"):
            patch.delenv(name, raising=False)
        patch.setattr(sys, "argv", ["mmfusion"])
        patch.setattr(process, "command_line", made_up_job)
        patch.setattr(command, "compose_unchecked", composed)
        patch.setattr(pool, "_POLL", 0.01)
        patch.setattr("mmfusion.report.dashboard.uvicorn.Server.run", lambda *_, **__: None)
        profiled = ["trainer.profiler=simple", "report.subsets=none"]
        assert main(["train", *TINY, *SHORT, *profiled, "paths.run=outputs/digits/one"]) == 0
        assert main(["init", "data.csv"]) == 0
        assert main(["train", "experiment=data", *SHORT, "paths.run=outputs/data/one"]) == 0
        assert main(["train", *TINY, "scheduler.warmup=1000", "paths.run=outputs/digits/failed"]) == 1
        yield folder
    forget(PACKAGE)


COMPOSED = {}


def composed(overrides, config_dirs=()):
    """`compose`, which a sweep calls to check a job: kept, so that the job can be made up without another."""
    COMPOSED[tuple(overrides)] = compose_unchecked(overrides, config_dirs)
    return COMPOSED[tuple(overrides)]


def made_up_job(words, job):
    """A job of a sweep that is over at once, its config the true one."""
    overrides = list(job.overrides)
    losses = dict.fromkeys(("val/loss", "val/sum/loss", "val/largest/loss", "val/sum/mae"), 0.5)
    metrics = {"test/largest/accuracy": 0.5 + len(str(overrides)) % 7 / 100, "test/sum/mae": 1.0}
    validation = {**losses, "val/largest/accuracy": 0.5}
    config = COMPOSED.get(tuple(overrides)) or composed(overrides)  # a search does not check each
    write_run(job.folder, config.config, metrics, validation=validation, overrides=overrides)
    return ["true"]


def shown(block):
    """Whether it is what a command printed."""
    return any(block.page == page and block.text.startswith(first) for page, first in PRINTED)


ALL = [block for page in PAGES if page != GENERATED for block in blocks(page)]
COMMANDS = [block for block in ALL if block.language in ("", "bash", "sh") and not shown(block)]
COMMANDS.append(Block("mmfusion --help", 1, "", HELP.partition("examples:\n")[2]))
IN_A_SENTENCE = re.compile(r"`((?:\.venv/bin/)?(?:mmfusion|make|pip|wandb|ray|torchrun) [^`]+)`")
LINES = [(page, code) for page in PAGES for code in IN_A_SENTENCE.findall(BLOCK.sub("", read_page(page)))]


def test_every_block_is_of_a_kind_that_is_run():
    known = {"", "bash", "sh", "python", "yaml", "diff"}
    assert [str(block) for block in ALL if block.language not in known] == []
    assert len([block for block in ALL if shown(block)]) == len(PRINTED)


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_commands(block, place, capsys):
    lines = block.text.splitlines()
    if lines[0].startswith("$ "):
        assert run(lines[0][2:]) != 0
        assert capsys.readouterr().err == "\n".join(lines[1:]) + "\n"
        return
    options = [shlex.split(line, comments=True)[0] for line in lines if line.strip("'").startswith("hydra.")]
    # As many options of a search as can be tried in one.
    for same in itertools.zip_longest(*(list(g) for _, g in itertools.groupby(options, lambda o: o.partition("=")[0]))):
        search = ["-m", "hparams_search=random", *filter(None, same)]
        assert train([*search, f"hydra.sweep.dir=outputs/{abs(hash(same))}"]) == 0, same
    for line in lines[len(options) :]:
        assert run(line) == 0, line


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda value: str(value))
def test_commands_in_a_sentence(page, line, place):
    if len(line.split()) == 2 and line.startswith("mmfusion "):
        assert line.split()[1] in CLI_COMMANDS
    elif "maximum" not in line:  # CONTRIBUTING's example
        assert run(line) == 0


def run(line):
    """Run a command of the pages, shortened; returns its exit code."""
    if line.strip() in ELSEWHERE:
        return 0
    for theirs, ours in HERE.items():
        line = line.replace(theirs, ours)
    parts = [shlex.split(part, comments=True) for part in re.split(r"\s&&\s", line)]
    return max((run_words((part[0].removeprefix(".venv/bin/"), *part[1:])) for part in parts if part), default=0)


@functools.cache  # several pages show the same
def run_words(words):
    match words:
        case ["mmfusion", "train", *rest]:
            return train(rest)
        case ["mmfusion", "init", *_] | [str(_), *_] if any(word.startswith("[--") for word in words):  # usage
            out = io.StringIO()
            with pytest.raises(SystemExit), redirect_stdout(out):
                main(["init", "--help"])
            return len(set(re.findall(r"--[a-z]+", " ".join(words))) - set(re.findall(r"--[a-z]+", out.getvalue())))
        case ["mmfusion", "init", *rest]:
            Path("conf/experiment/data.yaml").unlink(missing_ok=True)
            return main(["init", *rest])
        case ["mmfusion", "eval", flag, *rest] if flag.startswith("--"):
            return main(["eval", HERE["RUN"], flag, *rest])
        case ["mmfusion", *rest]:
            return main([str(path) for word in rest for path in expanded(word)])
        case ["make", *targets]:
            found = re.findall(r"^([a-z-]+):.*##", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
            return len({target for target in targets if "=" not in target} - set(found))
        case ["pip", "install", wanted]:
            project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
            return len(set(re.findall(r"[a-z-]+", wanted.partition("[")[2])) - set(project["optional-dependencies"]))
        case ["torchrun", _, _, script, *rest]:
            assert (REPOSITORY / script).is_file()
            return main(["train", "--cfg", "job", *rest])
        case [first, *_] if first in ELSEWHERE:
            return 0
    pytest.fail(f"{shlex.join(words)}: say here how such a command is tried, or in ELSEWHERE why it is not")


def train(rest):
    """`mmfusion train`, on few rows for one step; the jobs of a sweep, a search or a study are made up."""
    typed = " ".join(rest)
    if "--cfg" in rest:
        return main(["train", *rest])
    if re.search(r"launcher=(submitit|ray)|trainer=ddp", typed):  # for machines that are not here
        first = [re.sub(r"=(\d+),.*", r"=\1", word) for word in rest if word != "-m"]
        return main(["train", "--cfg", "job", *first])
    if study := re.search(r"study=(\w+)", typed):
        return main(["train", *rest, "study.seeds=1", *FEW.get(study[1], [])])
    if "-m" in rest:
        fold = ["experiment=data", "data.split={ratio: null, folds: 5}"] if "data.split.fold" in typed else []
        few = ["hydra.sweeper.n_trials=1"] if "hparams_search=" in typed else ["seed=0"] if "=" in typed else []
        return main(["train", *rest, *fold, *few])
    short = [*SHORT, "trainer.max_epochs=1", "report.plots=false", "report.subsets=none"]
    return main(["train", *rest, *([] if "experiment=data" in typed else TINY), *short])


def expanded(word):
    """A pattern as the shell would write it out."""
    return sorted(Path().glob(word)) or [word] if "*" in word else [word]


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "python"], ids=str)
def test_python(block, place):
    if block.page == "CONTRIBUTING.md":
        assert block.text in [example(path) for path in EXAMPLE]
        return
    text = block.text
    for theirs, ours in HERE.items():
        text = text.replace(theirs, ours)
    exec(compile(text, str(block), "exec"), {"mmfusion": mmfusion, "array": np.zeros((16, 16), dtype=np.uint8)})


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "yaml"], ids=str)
def test_yaml(block, place):
    if block.page == "CONTRIBUTING.md":
        assert block.text == example("conf/fusion/maximum.yaml")
        return
    content = yaml.safe_load(block.text)
    match content:
        case {"hydra": {"sweeper": _}}:
            write("conf/hparams_search/mine.yaml", block.text)
            assert train(["-m", "hparams_search=mine"]) == 0
        case {"_target_": str(target)} if target.startswith("mmfusion.studies."):
            write("conf/study/mine.yaml", block.text)
            assert train(["study=mine"]) == 0
        case {"data": _}:
            compose_table(content)
        case {"split": _}:
            compose_table({"data": {"path": "data.csv", "modalities": {"note": {"kind": "text"}}, **content}})
        case {"image": {"transforms": _}} | {"lidar": {"_target_": _}}:
            write("conf/experiment/mine.yaml", yaml.safe_dump({"data": {"modalities": content}}), ["digits"])
            load_config(["experiment=mine", TRUST])
        case {"task": {"digit": task}}:
            write("conf/experiment/mine.yaml", yaml.safe_dump({"task": {"largest": task}}), ["digits"])
            load_config(["experiment=mine", TRUST])
        case _:
            pytest.fail(f"{block}: say here how a config like this is tried")


def compose_table(content):
    """Compose and check an experiment on a table of one's own, with an encoder for each of its modalities."""
    modalities = content["data"]["modalities"]
    options = groups([own_folder()])
    encoders = [
        {f"/encoder/{each['kind']}@encoder.{name}": sorted(options[f"encoder/{each['kind']}"])[0]}
        for name, each in modalities.items()
    ]
    defaults = [*encoders, {"/task@task.ward": "classification"}, {"override /data": "manifest"}]
    write("conf/experiment/mine.yaml", yaml.safe_dump({"name": "mine", **content}), defaults)
    config = load_config(["experiment=mine"])
    assert {key: config["data"]["split"][key] for key in content["data"]["split"]} == content["data"]["split"]


def write(path, text, defaults=None):
    """A config file of one's own; `defaults` make it an experiment."""
    head = f"# @package _global_\ndefaults: {[*defaults, '_self_']}\n" if defaults is not None else ""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(head + text)


@pytest.mark.parametrize("block", [block for block in ALL if block.language == "diff"], ids=str)
def test_what_stands_in_for_code(block, place):
    """`+ fusion: concat  # or gated` is the override `fusion=concat`, or another that the comment names."""
    options = groups([own_folder()])
    for line in [line[2:] for line in block.text.splitlines() if line.startswith("+")]:
        setting, _, comment = line.partition("#")
        ((key, value),) = yaml.safe_load(setting).items()
        pairs = [pair for each in value for pair in each.items()] if key == "defaults" else [(key, value)]
        load_config([f"{group.strip('/')}={option}" for group, option in pairs])
        others = re.findall(r"\w+", comment.partition(":")[0]) if comment.startswith(" or ") else []
        assert set(others) - {"or"} <= set(options.get(key, {})), line


def test_every_file_of_a_run_is_in_the_table_of_runs(place):
    page = read_page("docs/runs.md")
    stand_for = {"fit-profile.txt": "fit-profile…", "test-profile.txt": "test-profile…"}
    assert main(["eval", "outputs/data/one", "--split", "val"]) == 0
    runs = [Path("outputs") / name for name in ("digits/one", "digits/failed", "data/one")]
    names = {f"{path.name}/" if path.is_dir() else path.name for run in runs for path in run.iterdir()}
    assert {"plots/", "traceback.txt", "eval_val.json", *stand_for} <= names
    shown = {stand_for.get(name, re.sub(r"^eval_[a-z]+(-\d+)?", "eval_<split>", name)) for name in names}
    assert [name for name in sorted(shown) if f"`{name}`" not in page] == []
