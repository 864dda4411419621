import pytest

from mmfusion.config.check import check
from mmfusion.config.compose import compose_unchecked
from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.config.key_sources import lineage

OWN = """# @package _global_
defaults:
  - digits
  - override /fusion: concat
  - override /loss_weighting: static
  - _self_
fusion:
  activation: tanh
  dim: 96
encoder:
  image: {widths: [8, 8, 8]}
task:
  largest: {label_smoothing: 0.1}
modality:
  dropout: {image: 0.2, speech: 0.1}
loss_weighting:
  weights: {sum: 2.0, largest: 1.0}
callbacks:
  monitor:
    metric:
      val/sum/mae: 1
      val/largest/accuracy: 2
"""


@pytest.fixture
def composed(tmp_path, monkeypatch, capsys):
    """Composes with an experiment `own`, and returns the config and what standard error said."""
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def of(*overrides, text=OWN):
        (tmp_path / "conf" / "experiment" / "own.yaml").write_text(text)
        result = compose_unchecked(["experiment=own", *overrides])
        said = capsys.readouterr().err
        check(result.config, result.sources)
        return result.config, said

    return of


def test_arguments_of_a_fusion_that_was_replaced(composed, monkeypatch):
    config, said = composed()
    assert said == ""
    assert (config["fusion"]["activation"], config["fusion"]["dim"]) == ("tanh", 96)
    config, said = composed("fusion=gated")
    assert config["fusion"] == {
        "_target_": "mmfusion.fusion.gated.Gated", "dim": 96, "normalise": False, "dropout": 0.0
    }  # fmt: skip
    assert said == (
        "mmfusion: fusion.activation is left out: conf/experiment/own.yaml, line 8, sets it for concat, "
        "and gated does not take it\n"
    )
    monkeypatch.setenv("LOCAL_RANK", "1")
    again, said = composed("fusion=gated")
    assert (again["fusion"], said) == (config["fusion"], "")  # one rank alone says so


def test_arguments_of_an_encoder_and_a_task_that_were_replaced(composed):
    config, said = composed("encoder/image=resnet", "task@task.largest=regression", "callbacks.monitor.metric=val/loss")
    assert "widths" not in config["encoder"]["image"]
    assert "label_smoothing" not in config["task"]["largest"]
    assert said.count(" is left out") == 2


def test_an_experiment_on_top_of_another(composed):
    text = OWN.replace("  activation: tanh\n", "").replace("override /fusion: concat", "override /fusion: gated")
    assert composed(text=text)[1] == ""
    own = own_folder() / "experiment" / "seed.yaml"
    assert "activation: none" in own.read_text()
    text = "# @package _global_\ndefaults:\n  - seed\n  - override /fusion: gated\n  - _self_\nname: own\n"
    config, said = composed(text=text)
    assert "activation" not in config["fusion"]
    assert "sets it for concat, and gated does not take it" in said


def test_what_is_wrong_for_the_part_it_was_meant_for_is_refused(composed):
    with pytest.raises(ConfigError, match=r"fusion.activatoin: .*own.yaml, line 8"):
        composed(text=OWN.replace("activation", "activatoin"))
    text = OWN.replace("override /fusion: concat", "override /fusion: gated")
    with pytest.raises(ConfigError, match=r"fusion.activation: there is no such key"):
        composed(text=text)


def test_what_was_typed_is_refused(composed):
    with pytest.raises(ConfigError, match=r"fusion.align: there is no such key.*from fusion.align=true on"):
        composed("fusion=gated", "fusion.align=true")


def test_entries_for_modalities_and_tasks_that_were_taken_out(composed):
    config, said = composed("~encoder.speech", "~task.sum")
    assert config["modality"]["dropout"] == {"image": 0.2}
    assert config["loss_weighting"]["weights"] == {"largest": 1.0}
    assert config["callbacks"]["monitor"]["metric"] == {"val/largest/accuracy": 2}
    assert said.count(" is left out") == 3
    assert "modality.dropout: speech is left out, as encoder.speech is" in said


def test_entries_that_were_typed_are_refused(composed):
    with pytest.raises(ConfigError, match=r"modality.dropout.speech: there is no modality 'speech'"):
        composed("~encoder.speech", "modality.dropout={speech: 0.3}")


def test_a_file_that_has_changed_is_read_anew(tmp_path):
    path = tmp_path / "mine.yaml"
    for text, expected in (("a: 1", {"a": 1}), ("a: 2", {"a": 2}), ("", {})):
        path.write_text(text)
        assert list(lineage(path, {})) == [(path, expected)]
