"""Components of a user's own: outside in a package that mmfusion knows nothing of, and inside in a copy of mmfusion."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest
import yaml

import mmfusion
from mmfusion.cli import main
from mmfusion.config.compose import load_config
from mmfusion.config.instantiate import trusting
from mmfusion.sweeps.search.objectives import resolve_objectives
from tests.helpers.own_components import (
    COMPONENTS,
    PACKAGE,
    SECTION_FILES,
    forget,
    make_checkout,
    make_workplace,
    target_of,
    write_all,
)

pytestmark = pytest.mark.xdist_group("own components")  # one place for all: the two runs are trained once

TRUST = f"trusted_modules=[{PACKAGE}]"
RUN = ["experiment=own", "paths.run=run", "trainer.max_epochs=1", "report.plots=false"]


@contextmanager
def working_in(folder):
    """A console script's surroundings: the user's working directory, nothing of the package imported or trusted."""
    forget(PACKAGE)
    with pytest.MonkeyPatch.context() as patch, trusting([]):
        patch.chdir(folder / "here")
        patch.setattr(sys, "path", list(sys.path))
        try:
            yield
        finally:
            forget(PACKAGE)


def train(*words):
    return main(["train", "--config-dir", "../conf", *words])


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """The user's folder, with one run of all components in `here/run`, which tests only read."""
    folder = tmp_path_factory.mktemp("outside")
    make_workplace(folder)
    with working_in(folder):
        assert train(*RUN, TRUST) == 0
    return folder


@pytest.fixture(scope="module")
def inside(tmp_path_factory):
    """The folder of a changed copy of mmfusion, with one run of all components in `run`, and a page of it."""
    folder = tmp_path_factory.mktemp("inside")
    make_checkout(folder)
    commands = [["train", "--config-dir", "conf", *RUN], ["compare", "run", "--html", "page.html"]]
    # In one process: its start is what takes the time.
    code = f"""from scripts.make_schema import FILE, text; FILE.write_text(text(), encoding="utf-8")
from mmfusion.cli import main; assert [main(words) for words in {commands}] == [0, 0]"""
    environment = {**os.environ, "PYTHONPATH": str(folder / "checkout")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def workplace(outside):
    with working_in(outside):
        yield outside


@pytest.mark.parametrize("name", COMPONENTS)
def test_outside_it_takes_few_files(name, outside):
    component, run = COMPONENTS[name], outside / "here" / "run"
    assert len(component.outside()) <= component.most
    assert target_of(run, component.key).startswith(f"{PACKAGE}.")
    assert component.shows(run)


@pytest.mark.parametrize("name", COMPONENTS)
def test_inside_it_takes_as_many_and_a_test(name, inside):
    component = COMPONENTS[name]
    assert len(component.files) <= component.most
    assert target_of(inside / "run", component.key).rpartition(".")[0] in component.modules
    assert component.shows(inside / "run")


def test_listed_with_what_it_is(workplace, capsys):
    assert main(["ls", "fusion", "--config-dir", "../conf"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "maximum" in line)
    assert line.split(maxsplit=1)[1] == (
        f"Element-wise maximum of the aligned modalities (mmfusion) [{workplace / 'conf/fusion/maximum.yaml'}]"
    )


def test_refused_without_trust_and_without_import(workplace, capsys):
    assert train("experiment=own") == 2
    err = capsys.readouterr().err
    assert f"'{PACKAGE}.maximum.Maximum' is refused" in err
    assert "add trusted_modules=[" in err
    assert PACKAGE not in sys.modules
    text = "# @package _global_\ndefaults: [own, _self_]\ntrusted_modules: [mypackage]\n"
    write_all(workplace, {"conf/experiment/greedy.yaml": text})
    assert train("experiment=greedy") == 2
    assert "Only the command line may" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("+fusion.activation=null", "fusion.activation: there is no such key; valid: dim"),
        ("+callbacks.weight_norm.nam=x", "callbacks.weight_norm.nam: there is no such key; did you mean 'name'?"),
        ("callbacks.weight_norm.name=3", "callbacks.weight_norm.name: must be a string, found 3"),
        ("callbacks.weight_norm._target_=mypackage.weight_norm.WeightNrm", "did you mean 'WeightNorm'?"),
        ("callbacks.weight_norm._target_=mypackage.maximum.Maximum", "mypackage.maximum.Maximum is no Callback"),
        ("+callbacks.weight_nrm.name=x", "a new one needs a _target_; did you mean 'weight_norm'?"),
        ("+data.modalities.cloud.scal=2", "data.modalities.cloud.scal: there is no such key; did you mean 'scale'?"),
        ("data.modalities.cloud._target_=mypackage.cloud.Clod", "did you mean 'Cloud'?"),
        ("data.modalities.cloud._target_=mypackage.maximum.Maximum", "mypackage.maximum.Maximum is no Kind"),
        (
            "+data.modalities.cloud.kind=image",
            "data.modalities.cloud.kind: 'image' and _target_ 'mypackage.cloud.Cloud'",
        ),
        ("+encoder.cloud.axes=3", "encoder.cloud.axes: is known from the data and not for a config to set"),
        ("data.modalities.a.transforms.train=[{_target_: mypackage.jitter.Jitter, fil: x}]", "did you mean 'file'?"),
    ],
)
def test_checked_like_mmfusions_own(workplace, capsys, override, message):
    assert train("experiment=own", TRUST, override) == 2
    assert message in capsys.readouterr().err


def test_evaluates_and_loads(workplace):
    with trusting([]):
        assert main(["eval", "run", TRUST]) == 0
        loaded = mmfusion.load_run("run", trusted_modules=[PACKAGE])
    assert json.loads((workplace / "here/run/result.json").read_text())["status"] == "completed"
    assert type(loaded.model.fusion).__name__ == "Maximum"


def test_a_run_from_elsewhere_needs_trust_too(workplace, capsys):
    assert main(["eval", "run"]) == 2
    assert f"'{PACKAGE}.maximum.Maximum' is refused" in capsys.readouterr().err
    config = workplace / "here" / "run" / "config.yaml"
    text = config.read_text()
    try:
        config.write_text(text.replace("trusted_modules: []", f"trusted_modules: [{PACKAGE}]"))
        assert main(["eval", "run"]) == 2
        assert f"sets trusted_modules=[{PACKAGE}]. Only the command line may" in capsys.readouterr().err
        with pytest.raises(ValueError, match="Only the command line may"):
            mmfusion.load_run("run")
    finally:
        config.write_text(text)


# ---- a metric is known to all that choose or compare by metrics


def test_a_metric_is_logged_and_its_direction_recorded(outside):
    result = json.loads((outside / "here" / "run" / "result.json").read_text())
    assert {"test/flag/confident", "test/level/spread"} <= result["metrics"].keys()
    assert list(result["task_metrics"]["flag"])[-1] == "confident"
    assert result["task_metrics"]["flag"]["confident"] == {"direction": "max", "signed": False}
    assert result["task_metrics"]["level"]["spread"]["direction"] == "max"
    assert "val/flag/confident" in (outside / "here" / "run" / "metrics.csv").read_text().splitlines()[0].split(",")


def test_a_metric_can_be_watched_and_searched_for(workplace, capsys):
    watched = ["callbacks.monitor.metric=val/flag/confident", "callbacks.early_stopping.patience=2"]
    assert train(*RUN[:1], TRUST, "paths.run=watched", "trainer.max_epochs=1", "report.plots=false", *watched) == 0
    monitor = json.loads((workplace / "here" / "watched" / "result.json").read_text())["monitor"]
    assert (monitor["metric"], monitor["mode"]) == ({"val/flag/confident": 1.0}, "max")
    config = load_config(["experiment=own", TRUST], [workplace / "conf"])
    (objective,) = resolve_objectives("val/flag/confident", config)
    assert objective.direction == "max"
    assert train(*RUN[:1], TRUST, "callbacks.monitor.metric=val/flag/confidant") == 2
    assert "did you mean 'val/flag/confident'?" in capsys.readouterr().err


def test_runs_are_compared_by_a_metric(workplace, capsys):
    assert main(["compare", "run", "--metric", "flag/confident", "--html", "compared.html"]) == 0
    assert "test/flag/confident (higher is better)" in capsys.readouterr().out
    assert PACKAGE not in sys.modules


def test_what_is_wrong_with_a_metric_is_named(workplace, capsys):
    for words, message in {
        "task.level.metrics.spread.direction=up": "task.level.metrics.spread.direction: must be 'max' or 'min'",
        "+task.level.metrics.loss={_target_: torchmetrics.ExplainedVariance}": "this name is taken",
        "task.level.metrics.spread._target_=torchmetrics.ExplainedVariants": "did you mean 'ExplainedVariance'",
        "task.level.metrics.spread._target_=os.system": "'os.system' is refused",
        "task.kind.metrics={x: {_target_: torchmetrics.ExplainedVariance, multioutput: 3}}": "x.multioutput: must be",
        "+task.level.metrics.spread.multioutptu=raw": "takes no such argument; did you mean 'multioutput'?",
    }.items():
        assert train(*RUN, TRUST, words) == 2, words
        assert message in capsys.readouterr().err, words


# ---- a section of the page


def test_a_section_is_shown_where_the_command_names_it(workplace):
    section = f"report.sections.durations._target_={PACKAGE}.durations.Durations"
    assert main(["compare", "run", "--html", "own.html", section, TRUST]) == 0
    assert '"title":"Durations"' in (workplace / "here" / "own.html").read_text()


def test_a_section_that_a_run_names_is_not_run(workplace, capsys):
    copy = workplace / "here" / "stranger"
    shutil.copytree(workplace / "here" / "run", copy)
    config = yaml.safe_load((copy / "config.yaml").read_text())
    config["report"]["sections"] = {"durations": {"_target_": f"{PACKAGE}.durations.Durations"}}
    (copy / "config.yaml").write_text(yaml.safe_dump(config))
    with trusting([PACKAGE]):
        assert main(["compare", "stranger", "--html", "stranger.html"]) == 0
    assert PACKAGE not in sys.modules
    assert '"title":"Durations"' not in (workplace / "here" / "stranger.html").read_text()
    assert (
        main(["compare", "run", "--html", "x.html", f"report.sections.d._target_={PACKAGE}.durations.Durations"]) == 2
    )
    assert "add trusted_modules=[" in capsys.readouterr().err


def test_inside_a_section_takes_one_file_and_a_test(inside):
    assert len(SECTION_FILES) == 1
    assert '"title":"Durations"' in (inside / "page.html").read_text()
