import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException
from omegaconf import OmegaConf

from mmfusion.config import hydra_compose
from mmfusion.config.hydra_compose import run_hydra

OVERRIDES = [
    [],
    ["fusion=gated", "++trainer.max_epochs=3", "debug=fast"],
    ["~encoder.image", "+encoder/text=rnn", "+task@task.more=regression", "++task.more.column=x"],
    ["logger=[csv,wandb]", "trainer=ddp", "~experiment", "+new={a: [1, 2.5, null, 'b']}"],
]


@pytest.mark.parametrize("overrides", OVERRIDES)
def test_equals_stock_hydra(mini, overrides):
    with initialize_config_dir(str(mini), job_name="mmfusion", version_base="1.3"):
        stock = compose("train", overrides, return_hydra_config=True)
    choices = {key: str(value) for key, value in stock.hydra.runtime.choices.items() if not key.startswith("hydra/")}
    OmegaConf.set_struct(stock, False)
    del stock["hydra"]
    composed = run_hydra(mini, "train", overrides)
    assert composed.config == OmegaConf.to_container(stock, resolve=True)
    assert composed.choices == choices
    assert composed.hydra == {"output_subdir": None}


def test_overrides_of_hydra_itself_are_understood_and_dropped(mini):
    composed = run_hydra(mini, "train", ["hydra.sweep.dir=elsewhere", "hydra/job_logging=none"])
    assert "hydra" not in composed.config
    assert composed.hydra["sweep"]["dir"] == "elsewhere"
    assert composed.choices["hydra/job_logging"] == "none"
    with pytest.raises(ConfigCompositionException, match=r"hydra\.swep"):
        run_hydra(mini, "train", ["hydra.swep.dir=elsewhere"])


def test_further_folders_need_no_second_composition(mini, tmp_path, monkeypatch):
    (tmp_path / "more" / "fusion").mkdir(parents=True)
    (tmp_path / "more" / "fusion" / "mine.yaml").write_text("dim: 3\n")
    calls = []
    inner = hydra_compose._compose
    monkeypatch.setattr(hydra_compose, "_compose", lambda *a, **k: calls.append(k) or inner(*a, **k))
    composed = run_hydra(mini, "train", ["fusion=mine", f"hydra.searchpath=['file://{tmp_path}/more']"])
    assert composed.config["fusion"] == {"dim": 3}
    assert calls == [{"with_hydra": False}]


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("++encoder.image=[1]", "encoder.image", [1]),
        ("++encoder.image.widths={a: 1}", "encoder.image.widths", {"a": 1}),
        ("++encoder.image.widths.x=1", "encoder.image.widths", {"x": 1}),
        ("++fusion={dim: 3}", "fusion", {"_target_": "mmfusion.fusion.concat.Concat", "dim": 3}),
        ("++encoder.imag.widths=[8]", "encoder.imag", {"widths": [8]}),
    ],
)
def test_a_list_takes_a_mappings_place(mini, override, key, value):
    node = run_hydra(mini, "train", [override]).config
    for word in key.split("."):
        node = node[word]
    assert node == value


def test_leaves_no_trace(mini):
    loader = yaml.SafeLoader
    with pytest.raises(ConfigCompositionException):
        run_hydra(mini, "train", ["absent.key=3"])
    assert yaml.SafeLoader is loader
    assert not GlobalHydra.instance().is_initialized()


def test_composes_inside_another_program_of_hydra(mini):
    with initialize_config_dir(str(mini), job_name="outer", version_base="1.3"):
        outer = GlobalHydra.instance().hydra
        assert run_hydra(mini, "train", []).config["name"] == "digits"
        assert GlobalHydra.instance().hydra is outer
        assert compose("train").name == "digits"
