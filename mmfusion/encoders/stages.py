"""Lists of one number per convolutional stage."""

from __future__ import annotations

from collections.abc import Sequence


def per_stage(
    widths: Sequence[int], kernels: Sequence[int], strides: Sequence[int], pools: Sequence[int]
) -> list[tuple[int, int, int]]:
    """(kernel, stride, pool) of each stage; the last number of a list shorter than `widths` goes on.

    Pools stand between stages: behind the last one, pooling to a vector follows anyway, so its pool is 1.

    Raises:
        ValueError: no stage, an empty list or one longer than `widths`, a number below 1, an even kernel (it would
            shift the picture by half a pixel).
    """
    if not widths:
        raise ValueError("encoder widths: expected one stage or more, found none")
    for name, numbers in (("widths", widths), ("kernels", kernels), ("strides", strides), ("pools", pools)):
        if not 1 <= len(numbers) <= len(widths) or min(numbers) < 1:
            raise ValueError(
                f"encoder {name}: expected 1 to {len(widths)} numbers of 1 or more (one per width), "
                f"found {list(numbers)}"
            )
    if any(kernel % 2 == 0 for kernel in kernels):
        raise ValueError(f"encoder kernels: expected odd numbers, found {list(kernels)}")
    lists = ([*numbers, *[numbers[-1]] * (len(widths) - len(numbers))] for numbers in (kernels, strides, pools))
    shapes = list(zip(*lists, strict=True))
    return [*shapes[:-1], (*shapes[-1][:2], 1)]
