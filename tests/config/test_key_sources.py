import pytest

from mmfusion.config.folders import groups
from mmfusion.config.key_sources import KeySources


@pytest.fixture
def sources(mini, monkeypatch):
    monkeypatch.chdir(mini)
    choices = {
        "fusion": "gated",
        "trainer": "ddp",
        "encoder/image@encoder.image": "cnn",
        "logger": "['csv', 'wandb']",
        "experiment": "digits",
        "debug": "None",
    }
    return KeySources(
        ["++seed=3", "+fusion.more=2", "head={a: 1}", "+encoder/series@encoder.lidar=gru"],
        choices,
        {**groups([mini]), "encoder/series": {}},
        mini / "train.yaml",
    )


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("seed", "from ++seed=3 on the command line"),
        ("fusion.more", "from +fusion.more=2 on the command line"),
        ("head.a[0]", "from head={a: 1} on the command line"),
        ("fusion.dim", "fusion/gated.yaml, line 3"),
        ("encoder.image.widths[2]", "encoder/image/cnn.yaml, line 3"),
        ("trainer.strategy", "trainer/ddp.yaml, line 4"),
        ("trainer.precision", "trainer/default.yaml, line 3"),
        ("logger.wandb.mode", "logger/wandb.yaml, line 2"),
        ("name", "experiment/digits.yaml, line 8"),
        ("hydra.output_subdir", "train.yaml, line 14"),
        ("encoder.lidar", "from +encoder/series@encoder.lidar=gru on the command line"),
        ("encoder.none", ""),
        ("nowhere.at_all", ""),
    ],
)
def test_finds_overrides_first_then_lines_of_files(sources, key, place):
    assert sources(key) == place


def test_files_elsewhere_are_named_in_full(sources, monkeypatch, tmp_path):
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "else")
    assert sources("fusion.dim") == f"{tmp_path}/own/fusion/gated.yaml, line 3"
