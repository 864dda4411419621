from inspect import signature

import pytest
import yaml
from hydra.utils import get_class

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.config.hydra_options import PARTS, check_options, refuse_options

SEARCH, GRID = "hydra_plugins.mmfusion_search.SearchSweeper", "hydra_plugins.mmfusion_grid.GridSweeper"
STOCK = {
    "run": {"dir": "outputs"},
    "callbacks": None,
    "sweeper": {"_target_": "hydra._internal.core_plugins.basic_sweeper.BasicSweeper", "max_batch_size": None},
    "launcher": {"_target_": "hydra._internal.core_plugins.basic_launcher.BasicLauncher"},
}


def options(part, name):
    """What mmfusion's own file of a sweeper or launcher says."""
    return yaml.safe_load((own_folder() / "hydra" / part / f"{name}.yaml").read_text())


def test_folders_and_mmfusions_own_parts_may_be_set():
    refuse_options({}, {})
    refuse_options(STOCK, STOCK)
    refuse_options(STOCK | {"sweep": {"dir": "here"}, "run": {"dir": "there"}, "output_subdir": None}, STOCK)
    refuse_options(
        STOCK | {"sweeper": {"_target_": SEARCH, "pruner": {"name": "median"}, "space": {"a": "1,2"}}}, STOCK
    )
    refuse_options(
        STOCK | {"launcher": {"_target_": "hydra_plugins.mmfusion_process.ProcessLauncher", "jobs": 4}}, STOCK
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            {"callbacks": {"evil": {"_target_": "os.system"}}},
            r"^hydra.callbacks: a config file may set hydra.output_subdir",
        ),
        ({"job_logging": {"handlers": {"evil": {"()": "os.system"}}}}, r"^hydra.job_logging: a config file may set"),
        ({"job": {"env_set": {"PYTHONPATH": "stolen"}}}, r"^hydra.job: a config file may set"),
        (
            {"sweeper": {"_target_": "os.system"}},
            r"^hydra.sweeper: a config file may choose .*; 'os.system' is for the com",
        ),
        ({"launcher": {"_target_": SEARCH}}, r"^hydra.launcher: a config file may choose .*ProcessLauncher; "),
        (
            {"launcher": {"_target_": "hydra_plugins.hydra_submitit_launcher.submitit_launcher.SlurmLauncher"}},
            r"is for the command line",  # its `setup` holds shell commands
        ),
        ({"launcher": "joblib"}, r"^hydra.launcher: a config file may choose"),
        (
            {"sweeper": {"_target_": SEARCH, "pruner": {"_target_": "os.system"}}},
            r"^hydra.sweeper.pruner._target_: a config",
        ),
        (
            {"sweeper": {"_target_": SEARCH, "seeds": [{"_target_": "os.system"}]}},
            r"^hydra.sweeper.seeds.0._target_: a",
        ),
        ({"sweeper": {"_target_": GRID, "_args_": ["x"]}}, r"^hydra.sweeper._args_: a config file may not set it"),
        ({"sweeper": {**STOCK["sweeper"], "params": {"_target_": "os.system"}}}, r"^hydra.sweeper.params._target_"),
    ],
)
def test_a_file_cannot_make_hydra_call_something(written, message):
    with pytest.raises(ConfigError, match=message):
        refuse_options(STOCK | written, STOCK)


@pytest.mark.parametrize(
    ("sweeper", "message"),
    [
        ({"n_trails": 3}, r"^hydra.sweeper.n_trails: there is no such key; did you mean 'n_trials'"),
        ({"n_trials": "many"}, r"^hydra.sweeper.n_trials: must be a whole number, found the string 'many'"),
        ({"seeds": 3}, r"^hydra.sweeper.seeds: must be a list or null, found 3"),
        ({"resume": "yes"}, r"^hydra.sweeper.resume: must be true or false"),
    ],
)
def test_an_option_that_a_sweeper_does_not_have_is_named(sweeper, message):
    with pytest.raises(ConfigError, match=message):
        check_options({"sweeper": options("sweeper", "search") | sweeper})


def test_options_of_the_launcher_are_checked_too():
    own = options("launcher", "process")
    check_options({"launcher": own | {"jobs": 2}})
    with pytest.raises(ConfigError, match=r"hydra.launcher.job: there is no such key; did you mean 'jobs'"):
        check_options({"launcher": own | {"job": 2}, "sweeper": options("sweeper", "search")})
    check_options(
        {"launcher": {"_target_": "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher", "n_jobs": 2}}
    )


@pytest.mark.parametrize("part", PARTS)
def test_files_list_every_option_with_its_default(part):
    for path in (own_folder() / "hydra" / part).glob("*.yaml"):
        node = yaml.safe_load(path.read_text())
        if node.get("_target_") in PARTS[part]:
            assert set(node) - {"_target_"} == set(signature(get_class(node["_target_"])).parameters), path
            check_options({part: node})
