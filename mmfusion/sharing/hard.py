"""Hard sharing: every task's heads read the same streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from mmfusion.sharing._base import Sharing


class Hard(Sharing):
    """`z_t = z` for every task t: encoders and fusion are shared whole, and only the heads are a task's own.

    No parameters. Paper: Caruana, Multitask Learning, Machine Learning 28, 1997.
    """

    def __init__(self, streams: Mapping[str, int], tasks: Sequence[str]) -> None:
        super().__init__()
        self.dims = {task: dict(streams) for task in tasks}

    def forward(self, streams: dict[str, Tensor]) -> dict[str, dict[str, Tensor]]:
        return {task: dict(streams) for task in self.dims}
