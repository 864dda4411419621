import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import own_folder
from mmfusion.studies.weighting import WeightingStudy

OPTIONS = {"loss_weighting": dict.fromkeys(("equal", "dwa", "gradnorm"))}
TWO = {"task": {"label": {}, "dose": {}}}


def test_a_variant_an_option_in_the_order_asked_for():
    study = WeightingStudy([4, 2], ["gradnorm", "equal"])
    found = study.variants(TWO, OPTIONS)
    assert [(each.name, each.overrides) for each in found] == [
        ("gradnorm", ("loss_weighting=gradnorm",)),
        ("equal", ("loss_weighting=equal",)),
    ]
    assert study.seeds == [4, 2]
    assert study.varies == study.by == ("loss_weighting",)
    assert (own_folder() / study.group).is_dir(), "what is varied is a group"


def test_options_that_make_no_study():
    with pytest.raises(ValueError, match=r"loss_weighting: expected at least two different"):
        WeightingStudy(5, ["equal", "equal"])
    with pytest.raises(ConfigError, match=r"group loss_weighting has no option 'dwaa'; did you mean 'dwa'"):
        WeightingStudy(5, ["equal", "dwaa"]).variants(TWO, OPTIONS)
