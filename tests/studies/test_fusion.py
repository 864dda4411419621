import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.studies.fusion import FusionStudy
from tests.studies.study_folders import OPTIONS


def test_a_variant_an_option_in_the_order_asked_for():
    study = FusionStudy(3, ["gated", "concat"])
    assert [(each.name, each.overrides) for each in study.variants({}, OPTIONS)] == [
        ("gated", ("fusion=gated",)),
        ("concat", ("fusion=concat",)),
    ]
    assert study.seeds == [0, 1, 2]
    assert study.varies == study.by == ("fusion",)
    assert (own_folder() / study.group).is_dir(), "what is varied is a group"


def test_an_option_that_there_is_not_is_no_variant_to_leave_out():
    with pytest.raises(ConfigError, match=r"study.fusion: group fusion has no option 'gatd'; did you mean 'gated'"):
        FusionStudy(5, ["concat", "gatd"]).variants({}, OPTIONS)
    with pytest.raises(ValueError, match=r"^fusion: expected at least two different options, found \['concat'\]"):
        FusionStudy(5, ["concat"])
