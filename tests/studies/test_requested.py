import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.studies.requested import requested_study


@pytest.mark.parametrize(
    ("overrides", "preset"),
    [
        ([], None),
        (["fusion=gated", "tags=[study]"], None),
        (["study=fusion", "study.seeds=2"], "fusion"),
        (["+study=modalities"], "modalities"),
        (["study=fusion", "study=null"], None),
    ],
)
def test_the_preset_is_read_off_the_command(overrides, preset):
    assert requested_study(overrides) == preset


def test_a_key_of_no_study_is_refused():
    with pytest.raises(ConfigError, match=r"^study.seeds=2: say which study as well"):
        requested_study(["study.seeds=2"])
