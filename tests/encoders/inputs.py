"""Batches of four rows for every kind of encoder; padding is zero."""

import torch

from mmfusion.batch import Tokens


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _padded(values: torch.Tensor, lengths: torch.Tensor) -> Tokens:
    tokens = Tokens(values, lengths)
    tokens.values[~tokens.mask()] = 0
    return tokens


LENGTHS = torch.tensor([3, 1, 5, 4])
IDS = torch.tensor([[3, 4, 5, 0, 0], [6, 0, 0, 0, 0], [2, 3, 2, 3, 2], [7, 1, 6, 5, 0]])
WORDS = Tokens(IDS, LENGTHS)
SERIES = _padded(_random(4, 5, 2), LENGTHS)
SEQUENCES = Tokens(_random(4, 5, 3, seed=1), LENGTHS)
VECTORS = _random(4, 3)
WAVES = _random(4, 240)
SPEECH = _padded(WAVES.clone(), torch.tensor([240, 100, 171, 20]))
IMAGES = _random(4, 2, 12, 12)
NUMBERS = _random(4, 2)
LEVELS = torch.tensor([[0.0, 2.0], [1.0, 0.0], [2.0, 3.0], [1.0, 1.0]])
ROWS = torch.cat([NUMBERS, LEVELS], 1)
