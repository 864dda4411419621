import pytest
import torch

from mmfusion.batch import Tokens
from mmfusion.encoders.pooling import GridPooling, Pooling, real_positions
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
    pooled, tokens = grid(feature_map)
    torch.testing.assert_close(grid.cells(feature_map), cells)
    torch.testing.assert_close(pooled, grid.norm(grid.linear(cells.flatten(1))).relu())
    assert tokens.shape == (2, 6, 7)


def test_grid_tokens_are_what_the_vector_is_the_sum_of():
    feature_map = torch.randn(2, 4, 6, 6)
    grid = GridPooling(4, 7, 3, 2)
    _, tokens = grid(feature_map)
    cells = grid.cells(feature_map)
    for cell in range(6):
        only = torch.zeros(2, 6, 4)
        only[:, cell] = cells[:, cell]
        torch.testing.assert_close(tokens[:, cell], grid.norm(grid.linear(only.flatten(1))).relu())


def test_grid_follows_the_rows_own_length():
    feature_map = torch.randn(3, 4, 8, 5)
    grid = GridPooling(4, 7, 3, 2)
    counts = torch.tensor([8, 3, 1])
    pooled, tokens = grid(feature_map, counts)
    for row, count in enumerate(counts):
        alone, alone_tokens = grid(feature_map[row : row + 1, :, :count])
        torch.testing.assert_close(pooled[row], alone[0])
        torch.testing.assert_close(tokens[row], alone_tokens[0])


def test_a_row_without_positions_counts_as_having_its_first():
    x = Tokens(torch.zeros(3, 4), torch.tensor([0, 1, 3]))
    assert real_positions(x).tolist() == [[True, False, False, False]] * 2 + [[True, True, True, False]]
    assert x.lengths.tolist() == [0, 1, 3]
