import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import instantiate, is_allowed, locate, refuse_trust, trust, trusting

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
        *("os.system", "torch.hub.load", "mmfusion.runs.ranks.root_cause", "mmfusion.encodersx.Evil"),
        *("mmfusion.encoders.cnn._private", "mmfusion.encoders..os", "mmfusion.encoders", "", None, 3),
    ],
)
def test_refuses_targets_outside_the_packages(target):
    with pytest.raises(ConfigError, match=r"encoder\.image: .*_target_"):
        instantiate({"_target_": target}, "encoder.image")


@pytest.mark.parametrize(
    ("key", "target", "open_to"),
    [
        ("logger.csv", "mmfusion.training.optimizers.adamw", "mmfusion.training.loggers"),
        ("logger.csv", "mmfusion.data.sources.manifest.ManifestSource", "mmfusion.training.loggers"),
        ("encoder.image", "mmfusion.training.loggers.csv.CSVLogger", "mmfusion.encoders"),
        ("fusion.feature", "mmfusion.encoders.cnn.CNN", "mmfusion.fusion"),
        ("optimizer", "mmfusion.training.schedulers.cosine", "mmfusion.training.optimizers"),
        ("scheduler", "mmfusion.training.callbacks.build.build_callbacks", "mmfusion.training.schedulers"),
    ],
)
def test_each_section_has_its_packages(key, target, open_to):
    with pytest.raises(ConfigError, match=rf"^{key}: _target_ '{target}' is refused: .* under {open_to}\. If"):
        instantiate({"_target_": target}, key)


def test_a_helper_beside_the_loggers_is_no_logger():
    with pytest.raises(ConfigError, match=r"build_loggers is a function; a component of this package is a class"):
        instantiate({"_target_": "mmfusion.training.loggers.build.build_loggers"}, "logger.x")


def test_a_trusted_module_is_open_to_every_section_and_closed_again(package):
    with pytest.raises(ConfigError, match=r"trusted_modules=\["):
        instantiate({"_target_": "userpack.Part", "dim": 1})
    assert not package.is_imported()
    with trusting(["userpack"]) as opened:
        assert opened == {"userpack"}
        assert all(is_allowed("userpack.Part", key) for key in ("encoder.image", "logger.x", "fusion", ""))
        assert instantiate({"_target_": "userpack.Part", "dim": 3}, dims={"a": 1}).dims == {"a": 1}
        assert instantiate({"_target_": "userpack.parts.Part", "dim": 3}).dim == 3
        assert instantiate({"_target_": "userpack.build", "size": 2, "more": 1}) == (2, {"more": 1})
        assert not is_allowed("userpackage.Part")
    assert not is_allowed("userpack.Part")


@pytest.mark.parametrize("name", ["os.system", "os", "Path", "os.path.join"])
def test_refuses_what_a_module_only_imports(package, name):
    with trusting(["userpack"]), pytest.raises(ConfigError, match=r"userpack"):
        locate(f"userpack.{name}", "fusion")


@pytest.mark.parametrize(
    ("name", "message"), [("nn", "defines no component"), ("Encodr", "mean 'Encoder'"), ("os.system", "no module")]
)
def test_refuses_what_is_no_component_of_a_package(name, message):
    with pytest.raises(ConfigError, match=message):
        locate(f"mmfusion.encoders._base.{name}")


def test_nested_targets_stay_mappings(package):
    child = {"_target_": "os.system", "command": "true"}
    with trusting(["userpack"]):
        assert instantiate({"_target_": "userpack.Part", "dim": 1, "child": child}).child == child


def test_arguments_that_it_does_not_take(package):
    with trusting(["userpack"]):
        for arguments, message in {
            ("dm",): r"^optimizer: userpack.Part takes no 'dm'; did you mean 'dim'",
            (): r"^optimizer: userpack.Part: missing a required argument: 'dim'",
            ("dim", "dims"): r"^optimizer: userpack.Part: 'dims' is known from the data and not for a config to set",
        }.items():
            with pytest.raises(ConfigError, match=message):
                instantiate({"_target_": "userpack.Part", **dict.fromkeys(arguments, 1)}, "optimizer", dims={})
        with pytest.raises(ConfigError, match=r"^fusion: userpack.Part is no Fusion, which this place"):
            instantiate({"_target_": "userpack.Part", "dim": 1}, "fusion", dims={})
        with pytest.raises(ConfigError, match="'_partial_' may not be set"):
            instantiate({"_target_": "userpack.build", "_partial_": True})


CLASSES = {"_target_": "mmfusion.tasks.classification.Classification", "label_smoothing": 2}
BAG = {"_target_": "mmfusion.encoders.bag.Bag", "vocab_size": 9, "weights": "x"}
SUM = {"_target_": "mmfusion.fusion.sum.Sum", "align": False}
HYBRID = {"_target_": "mmfusion.fusion.hybrid.Hybrid", "feature": SUM}


@pytest.mark.parametrize(
    ("key", "node", "message"),
    [
        ("task.digit", CLASSES, r"^task\.digit\.label_smoothing: expected a number in \[0, 1\), found 2$"),
        ("encoder.note", BAG, r"^encoder\.note: encoder weights: expected a local file ending in .* found 'x'$"),
        ("fusion", HYBRID | {"dims": {"a": 2}}, r"^fusion\.feature\.align: false needs encoders of width dim=256"),
        ("fusion", HYBRID | {"dims": {"joint": 2}}, r"^fusion: hybrid fusion has a stream of its own called 'joint'"),
    ],
)
def test_what_a_component_refuses_is_told_with_the_key(key, node, message):
    with pytest.raises(ConfigError, match=message):
        instantiate(node, key)


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
