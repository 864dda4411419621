"""A task with a metric of one's own, and one of a kind of its own, as a user would write them."""

from __future__ import annotations

from torchmetrics import MetricCollection
from torchmetrics.classification import BinarySpecificity

from mmfusion.tasks.binary import Binary


class Cautious(Binary):
    """Binary, with specificity."""

    def metrics(self):
        return MetricCollection({"specificity": BinarySpecificity()})


class Doubled(Binary):
    """A head whose output means something else: what is said of it is not what its metrics see."""

    def metric_inputs(self, output, target):
        return (2 * output[:, 0] + 1).sigmoid(), target.long()

    def readable(self, predictions):
        return {"": ["yes" if p > 0.5 else "no" for p in predictions["probability"].tolist()]}
