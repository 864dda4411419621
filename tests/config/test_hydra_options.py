from inspect import signature

import pytest
import yaml
from hydra.utils import get_class

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.config.hydra_options import PARTS, check_options, refuse_options

SEARCH, GRID = "hydra_plugins.mmfusion_search.SearchSweeper", "hydra_plugins.mmfusion_grid.GridSweeper"
PROCESS = "hydra_plugins.mmfusion_process.ProcessLauncher"
STOCK = {
    "run": {"dir": "outputs"},
    "callbacks": None,
    "sweeper": {"_target_": "hydra._internal.core_plugins.basic_sweeper.BasicSweeper", "max_batch_size": None},
    "launcher": {"_target_": "hydra._internal.core_plugins.basic_launcher.BasicLauncher"},
}


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"sweep": {"dir": "here"}, "run": {"dir": "there"}, "output_subdir": None},
        {"sweeper": {"_target_": SEARCH, "pruner": {"name": "median"}, "space": {"a": "1,2"}}},
        {"launcher": {"_target_": PROCESS, "jobs": 4}},
    ],
)
def test_folders_and_mmfusions_own_parts_may_be_set(written):
    refuse_options(STOCK | written, STOCK)


SLURM = "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"  # its `setup` holds shell commands
EVIL = {"_target_": "os.system"}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"callbacks": {"evil": EVIL}}, r"^hydra.callbacks: a config file may set hydra.output_subdir"),
        ({"job_logging": {"handlers": {"evil": {"()": "os.system"}}}}, r"^hydra.job_logging: a config file may set"),
        ({"job": {"env_set": {"PYTHONPATH": "stolen"}}}, r"^hydra.job: a config file may set"),
        ({"sweeper": EVIL}, r"^hydra.sweeper: a config file may choose .*; 'os.system' is for the command line"),
        ({"launcher": {"_target_": SEARCH}}, r"^hydra.launcher: a config file may choose .*ProcessLauncher; "),
        ({"launcher": {"_target_": SLURM}}, r"is for the command line"),
        ({"launcher": "joblib"}, r"^hydra.launcher: a config file may choose"),
        ({"sweeper": {"_target_": SEARCH, "pruner": EVIL}}, r"^hydra.sweeper.pruner._target_: a config"),
        ({"sweeper": {"_target_": SEARCH, "seeds": [EVIL]}}, r"^hydra.sweeper.seeds.0._target_: a"),
        ({"sweeper": {"_target_": GRID, "_args_": ["x"]}}, r"^hydra.sweeper._args_: a config file may not set it"),
        ({"sweeper": {**STOCK["sweeper"], "params": EVIL}}, r"^hydra.sweeper.params._target_"),
    ],
)
def test_a_file_cannot_make_hydra_call_something(written, message):
    with pytest.raises(ConfigError, match=message):
        refuse_options(STOCK | written, STOCK)


@pytest.mark.parametrize(
    ("part", "name", "options", "message"),
    [
        ("sweeper", "search", {"n_trails": 3}, r"n_trails: there is no such key; did you mean 'n_trials'"),
        (
            "sweeper",
            "search",
            {"n_trials": "many"},
            r"n_trials: must be a whole number of at least 1, found the string 'many'",
        ),
        ("sweeper", "search", {"seeds": 3}, r"seeds: must be a list or null, found 3"),
        ("sweeper", "search", {"resume": "yes"}, r"resume: must be true or false"),
        ("launcher", "process", {"job": 2}, r"job: there is no such key; did you mean 'jobs'"),
    ],
)
def test_an_option_that_a_sweeper_or_launcher_does_not_have_is_named(part, name, options, message):
    file = yaml.safe_load((own_folder() / "hydra" / part / f"{name}.yaml").read_text())
    with pytest.raises(ConfigError, match=rf"^hydra\.{part}\.{message}"):
        check_options({part: file | options})


def test_options_of_the_launchers_of_others_are_known():
    joblib = "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher"
    check_options({"launcher": {"_target_": joblib, "n_jobs": 2}})


@pytest.mark.parametrize("part", PARTS)
def test_files_list_every_option_with_its_default(part):
    for path in (own_folder() / "hydra" / part).glob("*.yaml"):
        node = yaml.safe_load(path.read_text())
        if node.get("_target_") in PARTS[part]:
            assert set(node) - {"_target_"} == set(signature(get_class(node["_target_"])).parameters), path
            check_options({part: node})
