import sys

import pytest

from mmfusion.config import hydra_compose
from mmfusion.config.check import check
from mmfusion.config.compose import PRIMARY, compose
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, own_folder
from mmfusion.config.instantiate import trusting
from mmfusion.config.typed import refuse_typed

KNOWN = groups([own_folder()])


def refused(*overrides, known=KNOWN):
    """What is said before composing; None if nothing is."""
    try:
        refuse_typed(overrides, known, own_folder() / f"{PRIMARY}.yaml")
    except ConfigError as error:
        return str(error)
    return None


def found(*overrides):
    """What is said after composing; None if nothing is."""
    try:
        composed = compose(overrides)
        check(composed.config, composed.origin)
    except ConfigError as error:
        return str(error)
    return None


@pytest.fixture
def away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("overrides", "part"),
    [
        (["fusion=gatd"], "did you mean 'gated'"),
        (["+encoder/text@encoder.note=rn"], "did you mean 'rnn'"),
        (["experiment=sed"], "did you mean 'seed'"),
        (["fusio.dim=3"], "fusio: there is no such key; did you mean 'fusion'"),
        (["sed=3"], "did you mean 'seed'"),
        (["seed=-1"], "must be a whole number from 0 to 4294967295, found -1"),
        (["trainer.max_epochs=-3"], "must be a whole number of at least -1 or null, found -3"),
        (["trainer.val_check_interval=0"], "above 0 and up to 1 or null, found 0"),
        (["seed=three"], "must be a whole number"),
        (["trainer.max_epoch=3"], "did you mean 'max_epochs'"),
        (["trainer.max_epochs=ten"], "must be a whole number of at least -1 or null"),
        (["trainer.precision=bf16"], "did you mean 'bf16-mixed'"),
        (["callbacks.early_stopping.patince=3"], "did you mean 'patience'"),
        (["callbacks.early_stopping.patience=1.5"], "must be a whole number of at least 0 or null"),
        (["data.loader.batch_sise=3"], "did you mean 'batch_size'"),
        (["head.dropout=much"], "must be a number"),
        (["+optimizer.lrr=1"], "did you mean 'lr'"),
        (["optimizer=sgd", "optimizer.eps=1e-3"], "there is no such key"),
        (["fusion.dims=3"], "is known from the data"),
        (["fusion=gated", "fusion.activation=relu"], "there is no such key"),
        (["experiment=seed", "optimizer.momentum=0.9"], "there is no such key"),
        (["encoder.image.widht=3"], "did you mean 'widths'"),
        (["encoder.image.channels=3"], "is known from the data"),
        (["encoder/image=resnet", "encoder.image.widths=3"], "there is no such key"),
        (["+task@task.age=regression", "task.age.standardize=true"], "did you mean 'standardise'"),
        (["task.sum.standardise=3"], "must be true or false"),
        (["debug=overfit", "scheduler.min_lr=3"], "there is no such key"),
        (["data.row=3"], "did you mean 'rows'"),
        (["fusion._target_=os.system"], "'os.system' is refused"),
        (["seed=a", "trainer.max_epoch=3"], "2 problems"),
    ],
)
def test_says_what_the_check_of_the_composed_config_says(away, overrides, part):
    said = refused(*overrides)
    assert said is not None
    assert part in said
    assert found(*overrides) == said


@pytest.mark.parametrize(
    "overrides",
    [
        ["fusion=gated", "fusion.normalise=true", "seed=0", "name=x", "trainer.max_epochs=null", "optimizer.lr=1e-3"],
        ["loss_weighting=static", "loss_weighting.weights.sum=2", "modality.dropout={image: 0.1}"],
        ["encoder.image.freeze=true", "encoder.image.lr_scale=0.1", "data.loader.workers=2"],
        ["trainer.devices=[0,1]", "trainer.devices=auto", "head.hidden=[64]", "callbacks.monitor.mode=min"],
        ["~encoder.speech", "experiment=null", "logger=[csv,wandb]", "hydra.sweep.dir=x", "fusion=hybrid"],
        ["fusion=hybrid", "fusion.feature.dim=3", "data.modalities.image.size=[8,8]", "gradients_of=shared"],
    ],
)
def test_lets_right_ones_pass(overrides):
    assert refused(*overrides) is None


@pytest.mark.parametrize(
    "overrides",
    [
        ["~fusion", "fusion.whatever=3"],
        ["fusion._target_=mmfusion.fusion.sum.Sum", "fusion.reduce=sum"],
        ["encoder.lidar.size=3"],
        ["seed=${other}"],
        ["seed=1,2"],
        ["no value"],
        ["fusion=gatd,concat"],
    ],
)
def test_lets_pass_what_only_composing_can_tell(overrides):
    assert refused(*overrides) is None


def test_files_of_ones_own_count(away, tmp_path, user_package):
    experiment = tmp_path / "conf" / "experiment"
    experiment.mkdir(parents=True)
    (experiment / "mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - seed\n  - override /fusion: gated\n  - _self_\n"
    )
    (experiment / "inline.yaml").write_text(
        "# @package _global_\ndefaults:\n  - digits\n  - _self_\nfusion: {_target_: userpack.Mine}\n"
    )
    known = groups([own_folder(), tmp_path / "conf"])
    assert "valid: dim, dropout, normalise" in refused("experiment=mine", "fusion.align=true", known=known)
    assert refused("experiment=inline", "fusion.align=true", known=known) is None


def test_components_of_ones_own_only_if_trusted(away, tmp_path, user_package):
    user_package.write("__init__.py", "class Mine:\n    def __init__(self, dims, width: int = 3): ...\n")
    (tmp_path / "conf" / "fusion").mkdir(parents=True)
    (tmp_path / "conf" / "fusion" / "mine.yaml").write_text("_target_: userpack.Mine\n")
    known = groups([own_folder(), tmp_path / "conf"])
    assert refused("fusion=mine", "fusion.widht=3", known=known) is None
    with trusting(["userpack"]):
        assert "did you mean 'width'" in refused("fusion=mine", "fusion.widht=3", known=known)
    assert not user_package.is_imported()


def test_needs_no_hydra(away, monkeypatch):
    from mmfusion.config.compose import load_config

    monkeypatch.delitem(sys.modules, "mmfusion.config.hydra_compose")
    with pytest.raises(ConfigError, match="did you mean 'max_epochs'"):
        load_config(["trainer.max_epoch=3"])
    assert "mmfusion.config.hydra_compose" not in sys.modules
    monkeypatch.setitem(sys.modules, "mmfusion.config.hydra_compose", hydra_compose)


OWN = "# @package _global_\ndefaults: [digits, _self_]\n{}\n"


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("fusion:\n  dimm: 64", "fusion.dimm: there is no such key; did you mean 'dim'"),
        ("optimizer:\n  lrr: 1", "optimizer.lrr: there is no such key"),
        ("trainer:\n  max_epochs: ten", "trainer.max_epochs: must be a whole number"),
        ("encoder:\n  image:\n    dropout: much", "encoder.image.dropout: must be a number"),
        ("callbacks:\n  early_stopping:\n    patince: 3", "did you mean 'patience'"),
        ("sed: 3", "sed: there is no such key; did you mean 'seed'"),
    ],
)
def test_a_file_of_ones_own_is_answered_like_what_is_typed(away, tmp_path, content, part):
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "own.yaml").write_text(OWN.format(content))
    said = refused("experiment=own", known=groups([own_folder(), tmp_path / "conf"]))
    assert part in said
    assert "conf/experiment/own.yaml, line " in said
    assert said == found("experiment=own")


@pytest.mark.parametrize(
    ("content", "overrides"),
    [
        ("optimizer: {lr: 1e-3}\ntags: [a]\nname: own\nmodality: {dropout: {image: 0.1}}", []),
        ("fusion: {normalise: true}", ["fusion=gated"]),  # left out, and said, when it is composed
        ("encoder: {speech: {widths: [8]}}", ["~encoder.speech"]),
        ("fusion: {_target_: mypackage.Mine, odd: 1}", []),
        ("name: ${fusion.dim}", []),
        ("hydra: {sweeper: {n_trials: 3}}", []),
        ("optimizer.lrr: 1", []),  # to Hydra a key with a dot in its name
    ],
)
def test_what_a_file_of_ones_own_may_say_is_let_pass(away, tmp_path, content, overrides):
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "own.yaml").write_text(OWN.format(content))
    assert refused("experiment=own", *overrides, known=groups([own_folder(), tmp_path / "conf"])) is None
