import io
import json
import shlex
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from rich.console import Console

from mmfusion.runs.metric_lines import NARROWEST
from mmfusion.runs.run_summary import command, plain_console, shell_path, show_run
from mmfusion.store.run import Run


def make(tasks, modalities, ceilings=True, rows=100):
    names = ["test"] + [
        f"test[{'+'.join(s)}]" for n in range(1, len(modalities) + 1) for s in combinations(modalities, n)
    ]
    metrics, best = {}, {}
    for i, split in enumerate(names):
        metrics[f"{split}/rows"] = rows - i if rows == 99 else rows
        for j, (task, of_task) in enumerate(tasks.items()):
            metrics[f"{split}/{task}/labels"] = 90.0
            metrics[f"{split}/{task}/loss"] = 0.123
            for metric in of_task:
                metrics[f"{split}/{task}/{metric}"] = i + j / 10 + 0.001
                if ceilings and metric == of_task[-1]:
                    best[f"{split}/{task}/{metric}"] = i + 0.5
    cost = {"rows_per_second": 1234.5, "parameters": 5678, "peak_memory_bytes": 2**30}
    return Run(Path("/runs/x"), "completed", "x", 0, "", 61.0, metrics, best, cost=cost)


def show(result, width=NARROWEST, **options):
    screen = io.StringIO()
    show_run(result, Console(file=screen, width=width, **options))
    return screen.getvalue()


def test_tasks_subsets_ceilings_and_what_next():
    text = show(make({"sum": ["rmse", "mae"], "largest": ["f1", "accuracy"]}, ["image", "text"]))
    assert "test metrics (100 rows)" in text
    assert "attainable" in text
    lines = [line.split("│")[1:-1] for line in text.splitlines() if line.startswith("│")]
    cells = [[cell.strip() for cell in line] for line in lines]
    assert ["sum", "loss", "0.123", "–"] in cells
    assert ["", "mae", "0.001", "0.500"] in cells
    assert ["image", "1.001 / 1.500", "1.101 / 1.500"] in cells
    assert ["image + text", "3.001 / 3.500", "3.101 / 3.500"] in cells
    assert "/runs/x  (61 s, 1,234 rows/s, 5,678 parameters, 1.0 GiB)" in text
    assert "mmfusion predict /runs/x new.csv" in text


def test_what_to_type_is_what_the_shell_finds(tmp_path, monkeypatch):
    own = tmp_path / ".venv" / "bin" / "mmfusion"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [".venv/bin/mmfusion", "train"])
    monkeypatch.setenv("PATH", "/nowhere")  # `make demo` without the environment activated
    assert command() == ".venv/bin/mmfusion"
    assert "  .venv/bin/mmfusion eval /runs/x\n" in show(make({"sum": ["mae"]}, ["image"]))
    monkeypatch.setenv("PATH", str(own.parent))
    assert command() == "mmfusion"
    monkeypatch.setattr(sys, "argv", ["scripts/train.py"])
    assert command() == "mmfusion"


def test_without_ceilings_no_column_is_empty_and_rows_are_shown_where_subsets_differ_in_them():
    text = show(make({"sum": ["mae"]}, ["image", "text"], ceilings=False))
    assert [words for words in ("attainable", "–", "rows ┃") if words in text] == []
    assert "rows ┃" in show(make({"sum": ["mae"]}, ["image", "text"], rows=99))


@pytest.mark.parametrize("tasks", [1, 2, 8])
@pytest.mark.parametrize("width", [80, 120])
def test_no_line_of_a_table_is_wider_than_the_screen(tasks, width):
    named = {f"task_number_{i}": ["accuracy"] for i in range(tasks)}
    text = show(make(named, ["image", "speech", "a_long_modality_name", "lidar"]), width)
    table = [line for line in text.splitlines() if line[:1] in "┃│┏└├┡"]
    assert max(map(len, table)) <= width
    assert "…" not in text
    for i in range(tasks):
        assert text.count(f"task_number_{i} ┃") == 1


def test_an_ascii_terminal_gets_an_ascii_table_and_a_file_no_colours():
    buffer = io.BytesIO()
    screen = io.TextIOWrapper(buffer, encoding="ascii", errors="replace")
    show_run(make({"sum": ["mae"]}, ["a", "b"], ceilings=False), Console(file=screen, width=80))
    screen.flush()
    assert b"?" not in buffer.getvalue()
    assert b"\x1b" not in buffer.getvalue()


def test_markup_in_a_name_is_text():
    assert "[red]x" in show(make({"[red]x": ["mae"]}, ["a", "b"]))


def test_where_nothing_was_scored_it_says_why_and_the_folder_is_shown():
    run = Run(Path("/runs/x"), "completed", "x", 0, "", 1.0)
    assert "/runs/x" in show(run)
    assert "no test rows: nothing was tested" in show(run)
    assert "no test rows" not in show(run.but(status="stopped"))
    assert "none of the 7 test rows has a label: nothing was scored" in show(run.but(metrics={"test/rows": 7.0}))


@pytest.mark.parametrize("name", ["my run", "it's", 'a "b"', "~x", "数据", "[bold]", "-x", "a;b $HOME", "plain"])
def test_what_to_try_next_can_be_pasted_into_a_shell(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = replace(make({"sum": ["mae"]}, ["image"]), path=tmp_path / name)
    (line,) = [line for line in show(result).splitlines() if line.startswith("  mmfusion eval ")]
    mmfusion, verb, path = shlex.split(line)
    assert (mmfusion, verb) == ("mmfusion", "eval")
    assert not path.startswith("-")
    assert Path(path) == Path(name), "relative to the working directory"
    assert shlex.split(shell_path(tmp_path / name, "@")) == [f"@{name}"]


def next_steps(folder, overrides, command=()):
    """The commands that are proposed for a run of these overrides, as words."""
    (folder / "provenance.json").write_text(json.dumps({"overrides": overrides, "command": ["python", *command]}))
    text = show(make({"sum": ["mae"]}, ["image"]).but(path=folder))
    return [shlex.split(line)[1:] for line in text.splitlines() if line.startswith("  mmfusion ")]


def test_another_choice_is_for_the_runs_own_experiment(tmp_path):
    typed = ["experiment=mine", "data.root=/my media", "fusion=gmu", "fusion.dim=8", "paths.run=x", "~encoder.speech"]
    words = ["mmfusion", "train", "--config-dir", "a b", "--config-dir=c", *typed]
    other = ["fusion=gated", "loss_weighting=uncertainty"]
    own = ["--config-dir", "a b", "--config-dir", "c", "experiment=mine", "data.root=/my media", "~encoder.speech"]
    assert next_steps(tmp_path, typed, words)[2] == ["train", *own, *other]
    assert next_steps(tmp_path, [], ["mmfusion", "train"])[2] == ["train", *other]


def test_what_to_try_next_opens_the_modules_that_the_run_needed(tmp_path):
    trust = "trusted_modules=[mine.tasks,yours]"
    assert next_steps(tmp_path, [trust, "seed=1", "trusted_modules=[]"]) == [
        ["eval", str(tmp_path), trust],
        ["predict", str(tmp_path), "new.csv", trust, "--out", "predictions.parquet"],
        ["train", "seed=1", trust, "fusion=gated", "loss_weighting=uncertainty"],
        ["ls"],
    ]


def test_where_the_experiment_is_not_known_no_other_is_proposed(tmp_path):
    run = make({"sum": ["mae"]}, ["image"]).but(path=tmp_path)
    for damage in (None, "{"):
        if damage is not None:
            (tmp_path / "provenance.json").write_text(damage)
        text = show(run)
        assert " train " not in text
        assert "mmfusion predict" in text
        assert "mmfusion ls" in text


def test_width_off_a_terminal(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert plain_console().width == 80
    monkeypatch.setenv("COLUMNS", "150")
    assert plain_console().width == 150
