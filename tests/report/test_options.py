import pytest

from mmfusion.report.configs import flat
from mmfusion.report.options import class_name, option_names
from mmfusion.report.typed import typed
from tests.report.memory_runs import make_run


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
    said, flats = {r.id: typed(r.overrides) for r in runs}, {r.id: flat(r.config) for r in runs}
    return option_names(section, runs, flats, said)


def test_the_typed_option_names_runs_that_did_not_type_it():
    own = {"_target_": "mine.Deep", "depth": 3}
    runs = make_run("a", typed=["fusion=deep"]), make_run("b"), make_run("c")
    for run in runs:
        run.config["fusion"] = dict(own)
    runs[2].config["fusion"]["depth"] = 5  # the same class, and one name for it
    assert names(*runs) == {"a": "deep", "b": "deep", "c": "deep"}


def test_presets_of_one_class_keep_their_names():
    runs = make_run("a", typed=["fusion=shallow"]), make_run("b", typed=["fusion=deep"]), make_run("c")
    for run, depth in zip(runs, (1, 3, 3), strict=True):
        run.config["fusion"] = {"_target_": "mine.Deep", "depth": depth}
    assert names(*runs) == {"a": "shallow", "b": "deep", "c": "deep"}


def test_two_classes_never_share_a_name():
    runs = make_run("a", typed=["fusion=gated"]), make_run("b", settings={"fusion": "gated"})
    runs[0].config["fusion"] = {"_target_": "mine.Gated"}
    assert names(*runs) == {"a": "mine.Gated", "b": "mmfusion.fusion.gated.Gated"}


def test_runs_without_the_section_have_no_name():
    assert names(make_run("a", without=["encoder.text"]), make_run("b"), section="encoder.text") == {"b": "rnn"}
