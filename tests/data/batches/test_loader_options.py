import dataclasses

import pytest
import yaml

from mmfusion.data.batches.loader_options import LoaderConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cache": "disk"}, "loader.cache: expected auto or memory or none, found 'disk'"),
        ({"on_error": "ignore"}, "loader.on_error: expected raise or skip or absent"),
        ({"batch_size": 0}, "loader.batch_size: expected at least 1, found 0"),
        ({"workers": -1}, "loader.workers: expected at least 0"),
        ({"workers": "many"}, "loader.workers: expected at least 0, found 'many'"),
        ({"max_error_rate": 2.0}, "expected max_error_rate in 0…1"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        LoaderConfig(**options)


def test_defaults_stand_in_one_config_and_python_has_the_same(repo):
    assert yaml.safe_load((repo / "conf/train.yaml").read_text())["data"]["loader"] == dataclasses.asdict(
        LoaderConfig()
    )
    for path in (repo / "conf/data").glob("*.yaml"):
        assert "loader" not in yaml.safe_load(path.read_text()), path
