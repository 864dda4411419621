import pytest

from mmfusion.report.configs import flat
from mmfusion.report.option_names import class_name, option_names, typed_keys
from tests.report.memory_runs import make_run


def test_options_and_keys():
    found = typed_keys(
        ["fusion=gated", "encoder/image=resnet", "+encoder/series@encoder.lidar=gru", "optimizer.lr=0.01"]
    )
    assert found.options == {"fusion": "gated", "encoder.image": "resnet", "encoder.lidar": "gru"}
    assert found.names("optimizer.lr")
    assert found.names("encoder.image")
    assert found.names("modalities")  # one was added
    assert not found.names("tasks")
    assert not found.names("optimizer")
    assert not found.names("fusion.dim")  # it came with the option


def test_a_mapping_names_all_below_it():
    found = typed_keys(["task.sum.delta={a: 1}", "modality.dropout='{image: 0.5}'"])
    assert found.names("task.sum.delta.a")
    assert found.names("modality.dropout.image")
    assert found.options == {}


def test_deletions_and_lists():
    found = typed_keys(["~task.sum", "~trainer.threads", "logger=[csv,wandb]", "++head.dropout=0.1", "~"])
    assert found.names("tasks")
    assert found.names("trainer.threads")
    assert found.names("head.dropout")
    assert found.names("logger")
    assert "logger" not in found.options
    assert not found.names("modalities")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("mmfusion.fusion.gated.Gated", "gated"),
        ("mmfusion.encoders.spectrogram_cnn.SpectrogramCNN", "spectrogram_cnn"),
        ("mmfusion.data.sources.digits.source.Digits", "digits"),
        ("mmfusion.data.kinds.two_words.OtherName", "other_name"),
        ("mmfusion.training.optimizers.adamw", "adamw"),
        ("mine.fusion.gated.Gated", "mine.fusion.gated.Gated"),
    ],
)
def test_class_name(target, name):
    assert class_name(target) == name


def names(*runs, section="fusion"):
    typed, flats = {r.id: typed_keys(r.overrides) for r in runs}, {r.id: flat(r.config) for r in runs}
    return option_names(section, runs, flats, typed)


@pytest.mark.parametrize(
    ("typed", "depths", "expected"),
    [
        ({"a": "deep"}, (3, 3, 5), ("deep", "deep", "deep")),  # runs that did not type it; of one class, one name
        ({"a": "shallow", "b": "deep"}, (1, 3, 3), ("shallow", "deep", "deep")),  # presets of one class
    ],
)
def test_the_typed_option_names_runs_that_did_not_type_it(typed, depths, expected):
    runs = [make_run(name, typed=[f"fusion={typed[name]}"] if name in typed else []) for name in "abc"]
    for run, depth in zip(runs, depths, strict=True):
        run.config["fusion"] = {"_target_": "mine.Deep", "depth": depth}
    assert names(*runs) == dict(zip("abc", expected, strict=True))


def test_two_classes_never_share_a_name():
    runs = make_run("a", typed=["fusion=gated"]), make_run("b", settings={"fusion": "gated"})
    runs[0].config["fusion"] = {"_target_": "mine.Gated"}
    assert names(*runs) == {"a": "mine.Gated", "b": "mmfusion.fusion.gated.Gated"}


def test_runs_without_the_section_have_no_name():
    assert names(make_run("a", without=["encoder.text"]), make_run("b"), section="encoder.text") == {"b": "rnn"}
