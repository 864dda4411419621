"""scripts/wandb_sweep.yaml makes commands that mmfusion takes, as wandb's own code fills them in."""

import shutil
import subprocess
import sys

import pytest
import yaml

from mmfusion.config.compose import load_config
from tests.helpers.waiting import PATIENCE


@pytest.fixture
def sweep(repo):
    return yaml.safe_load((repo / "scripts/wandb_sweep.yaml").read_text())


def draws(parameters):
    """The lowest and the highest of everything, or all options."""
    options = {key: node.get("values") or [node["min"], node["max"]] for key, node in parameters.items()}
    count = max(map(len, options.values()))
    return [{key: values[min(n, len(values) - 1)] for key, values in options.items()} for n in range(count)]


def test_each_command_composes(sweep):
    # Here, for it takes seconds to import.
    from wandb.sdk.launch.sweeps.utils import create_sweep_command_args, make_launch_sweep_entrypoint

    drawn = draws(sweep["parameters"])
    assert len(drawn) == 3
    for values in drawn:
        given = create_sweep_command_args({"args": {key: {"value": value} for key, value in values.items()}})
        words, arguments = make_launch_sweep_entrypoint(given, list(sweep["command"]))
        assert words[1] == "train"
        config = load_config([*words[2:], *arguments])
        assert config["optimizer"]["lr"] == values["optimizer.lr"]
        assert config["fusion"]["_target_"].lower().endswith(values["fusion"])
        assert config["logger"]["wandb"]["mode"] == "online"


def test_the_program_is_the_command_line(sweep):
    assert sweep["command"][0] == "${program}"
    assert sweep["program"] == "mmfusion"
    found = shutil.which("mmfusion", path=str(sys.prefix) + "/bin")
    assert found is not None
    assert subprocess.run([found, "--version"], capture_output=True, check=True, timeout=PATIENCE).stdout.startswith(
        b"mmfusion"
    )
