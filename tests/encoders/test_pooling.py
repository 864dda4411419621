import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.pooling import FeatureMap, GridPooling, Pooling, real_positions
from tests.helpers.properties import check_all

LENGTHS = torch.tensor([3, 5, 1])
MASK = torch.arange(5) < LENGTHS[:, None]
TOKENS = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("pooling", "oracle"),
    [
        ("mean", lambda x: x.mean(0)),
        ("max", lambda x: x.amax(0)),
        ("first", lambda x: x[0]),
        ("last", lambda x: x[-1]),
    ],
)
def test_equals_the_plain_operation_on_the_real_tokens(pooling, oracle):
    result = Pooling(pooling, 4)(TOKENS, MASK)
    expected = torch.stack([oracle(TOKENS[row, :length]) for row, length in enumerate(LENGTHS)])
    torch.testing.assert_close(result, expected)


def test_attention_is_a_weighted_mean_of_the_real_tokens():
    pool = Pooling("attention", 4)
    result = pool(TOKENS, MASK)
    for row, length in enumerate(LENGTHS):
        real = TOKENS[row, :length]
        weights = (real @ pool.score.weight[0]).softmax(0)
        torch.testing.assert_close(result[row], weights @ real)


@pytest.mark.parametrize("pooling", ["mean", "max", "attention", "first", "last"])
def test_padding_and_rows_without_tokens(pooling):
    pool = Pooling(pooling, 4)
    dirty = TOKENS.masked_fill(~MASK[..., None], 1e9)
    assert torch.equal(pool(dirty, MASK), pool(TOKENS, MASK))
    assert pool(TOKENS, torch.zeros_like(MASK)).isfinite().all()
    assert torch.equal(pool(torch.ones(3, 0, 4), torch.ones(3, 0, dtype=torch.bool)), torch.zeros(3, 4))
    check_all(lambda: Pooling(pooling, 4), TOKENS, MASK, parameters=4 if pooling == "attention" else 0)


def test_grid_properties():
    feature_map = torch.randn(3, 4, 6, 5, generator=torch.Generator().manual_seed(0))
    counts = torch.tensor([6, 2, 3])
    check_all(lambda: GridPooling(4, 7, 3, 2), feature_map, counts, parameters=4 * 6 * 7 + 7 + 2 * 7)


@pytest.mark.parametrize(("height", "width"), [(6, 6), (7, 5), (2, 3), (1, 1)])
def test_grid_is_a_linear_layer_on_adaptive_average_pooling(height, width):
    feature_map = torch.randn(2, 4, height, width)
    grid = GridPooling(4, 7, 3, 2)
    cells = torch.nn.functional.adaptive_avg_pool2d(feature_map, (3, 2)).flatten(2).mT
    out = grid(feature_map)
    torch.testing.assert_close(grid.cells(feature_map), cells)
    torch.testing.assert_close(out.pooled, grid.norm(grid.linear(cells.flatten(1))).relu())
    assert out.tokens.shape == (2, 6, 7)


def test_grid_tokens_are_what_the_vector_is_the_sum_of():
    feature_map = torch.randn(2, 4, 6, 6)
    grid = GridPooling(4, 7, 3, 2)
    tokens = grid(feature_map).tokens
    cells = grid.cells(feature_map)
    for cell in range(6):
        only = torch.zeros(2, 6, 4)
        only[:, cell] = cells[:, cell]
        torch.testing.assert_close(tokens[:, cell], grid.norm(grid.linear(only.flatten(1))).relu())


def test_grid_follows_the_rows_own_length():
    feature_map = torch.randn(3, 4, 8, 5)
    grid = GridPooling(4, 7, 3, 2)
    counts = torch.tensor([8, 3, 1])
    out = grid(feature_map, counts)
    for row, count in enumerate(counts):
        alone = grid(feature_map[row : row + 1, :, :count])
        torch.testing.assert_close(out.pooled[row], alone.pooled[0])
        torch.testing.assert_close(out.tokens[row], alone.tokens[0])


def test_a_row_without_positions_counts_as_having_its_first():
    x = Tokens(torch.zeros(3, 4), torch.tensor([0, 1, 3]))
    assert real_positions(x).tolist() == [[True, False, False, False]] * 2 + [[True, True, True, False]]
    assert x.lengths.tolist() == [0, 1, 3]


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
