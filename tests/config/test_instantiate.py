import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import instantiate, is_allowed, locate, refuse_trust, trust, trusted, trusting

PARTS = """
class Part:
    def __init__(self, dim: int, *, dims=None, child=None):
        self.dim, self.dims, self.child = dim, dims, child
"""
TOP = """
import os
from pathlib import Path
from userpack.parts import Part
def build(size: int = 1, **extra):
    return size, extra
"""


@pytest.fixture
def package(user_package):
    """A user's package: a class, a function and imported names."""
    user_package.write("parts.py", PARTS)
    user_package.write("__init__.py", TOP)
    return user_package


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.open",
        "torch.hub.load",
        "subprocess.Popen",
        "mmfusion.runs.train.train",
        "mmfusion.encodersx.Evil",
        "mmfusion.data.kinds.image._private",
        "mmfusion.data..os",
        "mmfusion.data",
        "",
        None,
        3,
    ],
)
def test_refuses_targets_outside_the_rooms(target):
    with pytest.raises(ConfigError, match=r"encoder\.image: .*_target_"):
        instantiate({"_target_": target}, "encoder.image")


def test_refuses_before_import(package):
    with pytest.raises(ConfigError, match=r"trusted_modules=\["):
        instantiate({"_target_": "userpack.Part", "dim": 1})
    assert not package.is_imported()


def test_trusted_module_is_opened_and_closed_again(package):
    with trusting(["userpack"]):
        assert trusted() == {"userpack"}
        assert instantiate({"_target_": "userpack.Part", "dim": 3}, dims={"a": 1}).dims == {"a": 1}
        assert instantiate({"_target_": "userpack.parts.Part", "dim": 3}).dim == 3
        assert instantiate({"_target_": "userpack.build", "size": 2, "more": 1}) == (2, {"more": 1})
        assert not is_allowed("userpackage.Part")
    assert not is_allowed("userpack.Part")


@pytest.mark.parametrize("name", ["os.system", "os", "Path", "os.path.join"])
def test_refuses_what_a_module_only_imports(package, name):
    with trusting(["userpack"]), pytest.raises(ConfigError, match=r"userpack"):
        locate(f"userpack.{name}", "fusion")


def test_refuses_what_a_room_only_imports():
    with pytest.raises(ConfigError, match="defines no component 'nn'"):
        locate("mmfusion.encoders._base.nn")
    with pytest.raises(ConfigError, match="did you mean 'Encoder'"):
        locate("mmfusion.encoders._base.Encodr")
    with pytest.raises(ConfigError, match="no module"):
        locate("mmfusion.encoders._base.os.system")


def test_nested_targets_stay_mappings(package):
    child = {"_target_": "os.system", "command": "true"}
    with trusting(["userpack"]):
        assert instantiate({"_target_": "userpack.Part", "dim": 1, "child": child}).child == child


def test_unknown_argument_names_the_nearest(package):
    with (
        trusting(["userpack"]),
        pytest.raises(ConfigError, match=r"fusion: userpack.Part takes no 'dm'; did you mean 'dim'"),
    ):
        instantiate({"_target_": "userpack.Part", "dm": 1}, "fusion", dims={})
    with trusting(["userpack"]), pytest.raises(ConfigError, match=r"missing a required argument: 'dim'"):
        instantiate({"_target_": "userpack.Part"}, "fusion", dims={})


def test_injected_and_hydra_keys_cannot_be_set(package):
    with trusting(["userpack"]):
        with pytest.raises(ConfigError, match="'dims' may not be set"):
            instantiate({"_target_": "userpack.Part", "dim": 1, "dims": {}}, dims={})
        with pytest.raises(ConfigError, match="'_partial_' may not be set"):
            instantiate({"_target_": "userpack.build", "_partial_": True})


def test_missing_dependency_of_a_component_is_reported_as_such(package):
    package.write("needy.py", "import a_package_nobody_has\nclass Needy: ...\n")
    with trusting(["userpack"]), pytest.raises(ModuleNotFoundError, match="a_package_nobody_has"):
        locate("userpack.needy.Needy")


def test_node_without_target():
    with pytest.raises(ConfigError, match=r"fusion: expected a mapping with a `_target_`"):
        instantiate({"dim": 1}, "fusion")


@pytest.mark.parametrize("name", ["", "my package", "a..b", 3])
def test_trust_wants_module_names(name):
    with pytest.raises(ConfigError, match="trusted_modules"):
        trust([name])


def test_a_file_cannot_trust_itself():
    refuse_trust({"trusted_modules": []}, "run/config.yaml")
    with pytest.raises(ConfigError, match=r"run/config.yaml sets trusted_modules"):
        refuse_trust({"trusted_modules": ["evil"]}, "run/config.yaml")
