"""Property checks of encoders alone, beside those that every component passes."""

from contextlib import nullcontext
from unittest.mock import patch

import torch

from mmfusion.batch import Encoded, Tokens
from mmfusion.encoders._base import Encoder
from tests.helpers.properties import Make, assert_same, weighted_sum


def check_shapes(encoder: Encoder, x: torch.Tensor | Tokens, positions: int) -> None:
    """Widths as `dim` says, one mask value a token, and at least one real token a row."""
    rows = len(x.values if isinstance(x, Tokens) else x)
    out = encoder.eval()(x)
    assert out.pooled.shape == (rows, encoder.dim)
    assert out.tokens.shape == (rows, positions, encoder.dim)
    assert out.mask.shape == (rows, positions)
    assert out.mask.dtype == torch.bool
    assert out.mask.any(1).all()
    assert encoder.gives_tokens == (positions > 1)


def check_rows_apart(make: Make, x: torch.Tensor | Tokens) -> None:
    """In training mode, the first row's content reaches no other row: neither forward nor backward."""
    torch.manual_seed(0)
    encoder = make().train()
    assert encoder.row_wise

    def run(content: torch.Tensor) -> list[torch.Tensor]:
        torch.manual_seed(1)
        out = encoder(Tokens(content, x.lengths) if isinstance(x, Tokens) else content)
        rest = [out.pooled[1:], out.tokens[1:], out.mask[1:]]
        encoder.zero_grad()
        weighted_sum(rest).backward()
        return rest + [p.grad.clone() for p in encoder.parameters() if p.grad is not None]

    values = x.values if isinstance(x, Tokens) else x
    other = values.clone()
    other[0] = values[1]
    assert_same(run(other), run(values), atol=1e-6, rtol=1e-5, what="rows other than the changed one")


def check_padding(make: Make, x: Tokens, extra: int, atol: float) -> None:
    """More padding, and padding of any content, changes no result."""
    torch.manual_seed(0)
    encoder = make().eval()
    wide = x.values.new_zeros(len(x.values), x.values.shape[1] + extra, *x.values.shape[2:])
    wide[:, : x.values.shape[1]] = x.values
    padded = Tokens(wide, x.lengths)
    garbage = torch.full_like(wide, 2 if wide.dtype == torch.long else 9.0)
    keep = padded.mask().view(*wide.shape[:2], *[1] * (wide.ndim - 2))
    dirty = Tokens(torch.where(keep, wide, garbage), x.lengths)
    expected = encoder(x)
    for given in (padded, dirty):
        found = encoder(given)
        assert_same(found.pooled, expected.pooled, atol=atol, rtol=atol, what="pooled")
        positions = expected.mask.shape[1]
        assert torch.equal(found.mask[:, :positions], expected.mask)
        assert not found.mask[:, positions:].any()
        real = expected.mask[..., None]
        assert_same(
            torch.where(real, found.tokens[:, :positions], 0.0),
            torch.where(real, expected.tokens, 0.0),
            atol=atol,
            rtol=atol,
            what="tokens",
        )


def check_alone(make: Make, x: Tokens, atol: float) -> None:
    """A row in a batch gives what it gives alone, cut to its own length."""
    torch.manual_seed(0)
    encoder = make().eval()
    together = encoder(x)
    for row, length in enumerate(x.lengths.tolist()):
        alone = encoder(Tokens(x.values[row : row + 1, :length], x.lengths[row : row + 1]))
        assert_same(alone.pooled[0], together.pooled[row], atol=atol, rtol=atol, what=f"row {row} alone")


def check_absent(make: Make, x: torch.Tensor | Tokens) -> None:
    """A row without content (zeros, length 0) gives finite output and finite gradients."""
    torch.manual_seed(0)
    encoder = make().train()
    values = (x.values if isinstance(x, Tokens) else x).clone()
    values[0] = 0
    if isinstance(x, Tokens):
        out = encoder(Tokens(values, torch.where(torch.arange(len(values)) == 0, 0, x.lengths)))
    else:
        out = encoder(values)
    assert isinstance(out, Encoded)
    assert out.pooled.isfinite().all()
    assert out.tokens.isfinite().all()
    weighted_sum(out).backward()
    assert all(p.grad.isfinite().all() for p in encoder.parameters() if p.grad is not None)


def check_never_waits(make: Make, x: torch.Tensor | Tokens) -> None:
    """A training step's forward never looks at a value, so it never waits for an accelerator.

    Tensors of the meta device have shapes and no values: whatever asks for one fails. Autocast does not know it.
    """
    with patch("torch.autocast", return_value=nullcontext()):
        out = make().to("meta").train()(x.to("meta"))
    assert {out.pooled.device.type, out.tokens.device.type, out.mask.device.type} == {"meta"}
