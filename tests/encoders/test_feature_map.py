import pytest
import torch

from mmfusion.encoders.feature_map import FeatureMap

MAP = torch.arange(2 * 3 * 2 * 4, dtype=torch.float32).view(2, 3, 2, 4)


def build(pooling, dropout=0.0):
    torch.manual_seed(0)
    return FeatureMap(3, pooling, grid=2, dim=5, dropout=dropout)


def test_tokens_are_the_positions_row_by_row():
    out = build("mean")(MAP)
    for row in range(2):
        for position in range(8):
            assert torch.equal(out.tokens[row, position], MAP[row, :, position // 4, position % 4])
    assert out.mask.shape == (2, 8)
    assert out.mask.all()


def test_pooled_over_all_positions():
    assert torch.equal(build("max")(MAP).pooled, MAP[:, :, 1, 3])
    torch.testing.assert_close(build("mean")(MAP).pooled, MAP.mean((2, 3)))
    head = build("attention")
    out = head(MAP)
    weights = (out.tokens @ head.pool.score.weight[0]).softmax(1)
    torch.testing.assert_close(out.pooled, (weights[..., None] * out.tokens).sum(1))


@pytest.mark.parametrize("pooling", ["grid", "mean"])
def test_a_dropped_feature_is_dropped_from_the_vector_and_from_every_token(pooling):
    head, bright = build(pooling, dropout=0.5), MAP + 1  # no zero of its own, so each zero is a dropped one
    torch.manual_seed(1)
    whole, out = head.eval()(bright), head.train()(bright)
    kept = out.pooled != 0
    if pooling == "mean":
        assert 0 < kept.sum() < kept.numel()
    torch.testing.assert_close(out.pooled[kept], 2 * whole.pooled[kept])
    dropped = (whole.pooled != 0) & ~kept
    assert not out.tokens.mT[dropped].any()
    torch.testing.assert_close(out.tokens.mT[kept], 2 * whole.tokens.mT[kept])
