"""The command line: what it passes on, what it says, with which exit code, and what it does not import."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import yaml

import mmfusion
from mmfusion.cli import main
from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError
from mmfusion.training.guard import NonFiniteLossError

HEAVY = {"torch", "pytorch_lightning", "polars", "numpy", "matplotlib", "sklearn", "rich", "wandb"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def stand_in(monkeypatch):
    """Puts a function in the place of one of `mmfusion.runs` or another package; notes what it is called with."""

    def put(module, name, result, package="runs"):
        calls = []

        def call(*args, **kwargs):
            calls.append((args, kwargs))
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setitem(sys.modules, f"mmfusion.{package}.{module}", SimpleNamespace(**{name: call}))
        return calls

    return put


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["-h"], 0), (["help"], 0), ([], 2)])
def test_help_lists_the_commands(words, code, capsys):
    assert main(words) == code
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in ("train", "eval", "predict", "compare", "validate", "init", "ls"))


@pytest.mark.parametrize("command", ["train", "eval", "predict", "compare", "validate", "init", "ls"])
def test_each_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"usage: mmfusion {command} " in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"mmfusion {mmfusion.__version__}\n"


def test_unknown_command_and_option(capsys):
    assert main(["trian"]) == 2
    assert capsys.readouterr().err == "mmfusion: there is no command 'trian'; did you mean train?\n"
    with pytest.raises(SystemExit) as end:
        main(["train", "--gpus", "3"])
    assert end.value.code == 2
    assert "unrecognized arguments: --gpus" in capsys.readouterr().err


def test_cfg_prints_the_config_and_checks_it(here, capsys):
    assert main(["train", "--cfg", "job", "fusion=gated", "trainer.max_epochs=3"]) == 0
    config = yaml.safe_load(capsys.readouterr().out)
    assert config["fusion"]["_target_"] == "mmfusion.fusion.gated.Gated"
    assert config["trainer"]["max_epochs"] == 3
    assert main(["train", "--cfg", "job", "fusion.dimm=3"]) == 2
    found = capsys.readouterr()
    assert yaml.safe_load(found.out)["fusion"]["dimm"] == 3
    assert "fusion.dimm: there is no such key; did you mean 'dim'" in found.err


def test_options_and_overrides_in_any_order(here, stand_in):
    (here / "mine").mkdir()
    calls = stand_in("train", "train_config", SimpleNamespace(status="completed"))
    assert main(["train", "seed=3", "--config-dir", "mine", "fusion=gated", "--config-dir=mine", "name=x"]) == 0
    ((config, overrides), _) = calls[0]
    assert (config["seed"], config["name"]) == (3, "x")
    assert overrides == ["seed=3", "fusion=gated", "name=x"]


@pytest.mark.parametrize(
    ("result", "code", "message"),
    [
        (SimpleNamespace(status="completed"), 0, ""),
        (SimpleNamespace(status="failed", pruned=False), 1, ""),
        (SimpleNamespace(status="stopped", pruned=False), 1, ""),
        (SimpleNamespace(status="stopped", pruned=True), 0, ""),
        (ConfigError("no GPU here"), 2, "mmfusion: no GPU here\n"),
        (ValueError("row 3"), 1, "mmfusion: ValueError: row 3\n(--traceback shows where)\n"),
        (ModuleNotFoundError("pip install x"), 1, "mmfusion: ModuleNotFoundError: pip install x\n"),
        (OSError(28, "No space left"), 1, "mmfusion: OSError: [Errno 28] No space left\n"),
        (KeyboardInterrupt(), 130, "mmfusion: interrupted\n"),
        # What ends a run and explains itself is no fault of the program, which would be shown whole.
        (NonFiniteLossError("the loss is not finite"), 1, "mmfusion: NonFiniteLossError: the loss is not finite\n"),
    ],
)
def test_exit_codes_of_training(here, stand_in, capsys, result, code, message):
    stand_in("train", "train_config", result)
    assert main(["train"]) == code
    assert capsys.readouterr().err.startswith(message)


def test_faults_of_the_program_are_shown_whole(here, stand_in):
    stand_in("train", "train_config", RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        main(["train"])


@pytest.mark.parametrize("how", ["option", "variable"])
def test_traceback_on_request(here, stand_in, capsys, monkeypatch, how):
    stand_in("train", "train_config", ValueError("row 3"))
    if how == "variable":
        monkeypatch.setenv("MMFUSION_TRACEBACK", "1")
    assert main(["train", *(["--traceback"] if how == "option" else [])]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_multirun(here, stand_in):
    calls = stand_in("multirun", "multirun", True, "sweeps")
    assert main(["train", "-m", "seed=1,2"]) == 0
    assert calls == [((["seed=1,2"], []), {})]
    stand_in("multirun", "multirun", False, "sweeps")
    assert main(["train", "--multirun", "seed=1,2"]) == 1


@pytest.mark.parametrize("word", ["hydra.launcher.jobz=2", "+hydra.run.dir=x", "hydra/launcher=joblib"])
def test_what_is_for_many_runs_is_not_passed_over_in_one(here, word, capsys):
    assert main(["train", word]) == 2
    assert f"{word}: Hydra's part is for many runs, and would change nothing here; add -m" in capsys.readouterr().err


@pytest.fixture
def folder(here):
    """The folder of a run that has got no further than its config."""
    (here / "run").mkdir()
    (here / "run" / "config.yaml").write_text(yaml.safe_dump(load_config()))
    return here / "run"


def test_predict(folder, stand_in, capsys):
    calls = stand_in("predict", "predict", [1, 2, 3])
    assert main(["predict", "run", "new.csv", "--root", "media", "--checkpoint", "last", "--out", "p.csv"]) == 0
    assert calls == [(("run", "new.csv", "p.csv", "last", "media", "cpu", [], []), {})]
    assert capsys.readouterr().out == "3 rows in p.csv\n"
    assert main(["predict", "run", "new.csv", "seed=3"]) == 2
    assert "what can be set here says how the table is read" in capsys.readouterr().err


def test_validate(here, stand_in):
    calls = stand_in("validate", "validate", True)
    assert main(["validate", "seed=3"]) == 0
    assert calls[0][0][0]["seed"] == 3
    stand_in("validate", "validate", False)
    assert main(["validate"]) == 1


def test_init(here, stand_in):
    calls = stand_in("init", "init", None)
    by_hand = {"overrides": [], "groups": [], "splits": [], "inputs": [], "kinds": {}}
    words = ["init", "t.csv", "--root", "r", "--name", "n", "--task", "a", "--task", "b", "--ignore", "c", "--force"]
    assert main(words) == 0
    assert calls == [(("t.csv", "r", "n", None, ["a", "b"], ["c"], True), by_hand)]


LIGHT = [
    (["eval", "nowhere"], 2, "nowhere is not the folder of a run: it does not exist"),
    (["eval", "."], 2, "is not the folder of a run: there is no config.yaml in it"),
    (["eval", "run", "data.sed=7"], 2, "the run's config has no 'data.sed'; did you mean 'data.seed'"),
    (["eval", "run", "data.seed=x"], 2, "data.seed: must be a whole number"),
    (["eval", "run", "trainer.devices=2"], 2, "trainer.devices is for training alone"),
    (["predict", "nowhere", "new.csv"], 2, "nowhere is not the folder of a run"),
    (["predict", "run", "new.csv", "data.seed=7"], 2, "what can be set here says how the table is read"),
    (["--help"], 0, ""),
    (["train", "--help"], 0, ""),
    (["compare", "--help"], 0, ""),
    (["ls"], 0, ""),
    (["train", "--cfg", "job"], 0, ""),
    (["train", "trainer.max_epoch=3"], 2, "did you mean 'max_epochs'"),
    (["train", "+optimizer.lrr=1"], 2, "did you mean 'lr'"),
    (["train", "fusion=gatd"], 2, "did you mean 'gated'"),
    (["train", "fusion._target_=os.system", "+fusion.command=touch stolen"], 2, "'os.system' is refused"),
    (["train", "data=manifest"], 2, "data.path: must be given"),
]
ANSWER = """
import contextlib, io, json, sys
from mmfusion.cli import main
for words in json.loads(sys.argv[1]):
    err = io.StringIO()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
        try:
            code = main(words)
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, err.getvalue(), sorted(name.split(".")[0] for name in sys.modules)]))
"""


def test_answers_without_heavy_imports(folder):
    """In one process: its start is what takes the time."""
    command = [sys.executable, "-c", ANSWER, json.dumps([words for words, _, _ in LIGHT])]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True)
    assert done.stderr == ""
    for (words, code, message), line in zip(LIGHT, done.stdout.splitlines(), strict=True):
        found, err, modules = json.loads(line)
        assert found == code, (words, err)
        assert message in err
        assert not HEAVY & set(modules), words
    assert not (folder.parent / "stolen").exists()
