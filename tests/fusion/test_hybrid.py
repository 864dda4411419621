import pytest
import torch

from mmfusion.config.errors import ConfigError
from mmfusion.fusion.gated import Gated
from mmfusion.fusion.hybrid import Hybrid
from tests.fusion.inputs import DIMS, OUTPUTS, ROWS, encoded, every_subset
from tests.helpers.properties import check_parameters

FEATURE = {"_target_": "mmfusion.fusion.gated.Gated", "dim": 7}


def test_streams_are_the_feature_fusions_and_each_modalitys():
    torch.manual_seed(0)
    hybrid = Hybrid(DIMS, FEATURE)
    torch.manual_seed(0)
    alone = Gated(DIMS, dim=7)
    inputs, present = encoded(), every_subset()
    streams = hybrid(inputs, present)
    assert hybrid.streams == {"joint": 7, **DIMS}
    assert torch.equal(streams["joint"], alone(inputs, present)["joint"])
    for name in DIMS:
        assert torch.equal(streams[name], inputs[name].pooled)


@pytest.mark.parametrize("weighting", ["fixed", "learned"])
def test_the_joint_prediction_always_takes_part(weighting):
    weights = {"image": 2.0, "text": 0.5, "speech": 1.0}
    hybrid, present = Hybrid(DIMS, FEATURE, weighting, weights, joint_weight=3.0), every_subset()
    g = torch.Generator().manual_seed(5)
    y = {name: torch.randn(ROWS, OUTPUTS, generator=g) for name in hybrid.streams}
    combined = hybrid.combine(y, present)
    for row in range(ROWS):
        shares = {"joint": 3.0, **{name: w for name, w in weights.items() if present[name][row]}}
        expected = sum(w * y[name][row] for name, w in shares.items()) / sum(shares.values())
        torch.testing.assert_close(combined[row], expected)


def test_the_feature_fusion_says_what_there_is():
    hybrid = Hybrid(DIMS, FEATURE)
    assert hybrid.needs_tokens is hybrid.feature.needs_tokens is False
    assert hybrid.last_layer() == hybrid.feature.last_layer()
    feature = sum(p.numel() for p in hybrid.feature.parameters())
    check_parameters(lambda: Hybrid(DIMS, FEATURE), feature)
    check_parameters(lambda: Hybrid(DIMS, FEATURE, "learned"), feature + 4)


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match=r"feature: expected a feature-level fusion, found .*Decision"):
        Hybrid(DIMS, {"_target_": "mmfusion.fusion.decision.Decision"})
    with pytest.raises(ConfigError, match="refused"):
        Hybrid(DIMS, {"_target_": "os.system"})
    with pytest.raises(ValueError, match="rename the modality 'joint'"):
        Hybrid({"joint": 3, "text": 4}, FEATURE)
    with pytest.raises(ValueError, match="expected a positive number for 'speech', found none"):
        Hybrid(DIMS, FEATURE, weights={"image": 1, "text": 1})
