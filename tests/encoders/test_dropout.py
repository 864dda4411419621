import torch

from mmfusion.encoders.dropout import FeatureDropout

POOLED, TOKENS = torch.ones(200, 50), torch.ones(200, 3, 50)


def test_vector_and_tokens_lose_the_same_features():
    torch.manual_seed(0)
    pooled, tokens = FeatureDropout(0.2)(POOLED, TOKENS)
    assert set(pooled.unique().tolist()) == {0.0, 1.25}
    assert torch.equal(tokens, pooled[:, None].expand(-1, 3, -1))
    assert abs((pooled == 0).float().mean().item() - 0.2) < 0.01
    assert not torch.equal(pooled[0], pooled[1])


def test_nothing_in_eval_mode_or_at_rate_zero():
    for module in (FeatureDropout(0.5).eval(), FeatureDropout(0.0)):
        pooled, tokens = module(POOLED, TOKENS)
        assert pooled is POOLED
        assert tokens is TOKENS
