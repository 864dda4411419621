"""`trainer.overfit_batches`: the few batches that are trained on are the ones that are validated."""

import pytest
import torch

from tests.data.media import make_data
from tests.data.running import Recorder, ready, same, trainer


class Keeper(Recorder):
    """Keeps the batches of training and validation whole."""

    def __init__(self):
        super().__init__()
        self.trained, self.checked = [], []

    def training_step(self, batch, index):
        self.trained.append(batch)
        return super().training_step(batch, index)

    def validation_step(self, batch, index):
        self.checked.append(batch)


@pytest.mark.parametrize(
    ("batches", "loader"),
    [(2, {"eval_batch_size": 3}), (0.5, {"batch_size": 10}), (3, {"batch_size": 12, "drop_last": True})],
)
def test_validation_sees_the_rows_that_are_trained_on(table, batches, loader):
    keeper, data = Keeper(), make_data(table, transforms={}, **loader)
    trainer(overfit_batches=batches, max_epochs=1).fit(keeper, datamodule=data)
    assert len(keeper.trained) == {2: 2, 0.5: 1, 3: 2}[batches]
    assert [batch.ids for batch in keeper.checked] == [batch.ids for batch in keeper.trained]


def test_validation_sees_them_as_evaluation_does(table):
    keeper, data = Keeper(), make_data(table)
    trainer(overfit_batches=1, max_epochs=1).fit(keeper, datamodule=data)
    (trained,), (checked,) = keeper.trained, keeper.checked
    assert not torch.equal(trained.inputs["image"], checked.inputs["image"])
    expected = next(iter(ready(table).split_dataloader("train")))
    assert same(checked, expected)


def test_the_test_split_is_left_as_it_is(table):
    data = make_data(table, batch_size=4, eval_batch_size=5, drop_last=True)
    data.trainer = trainer(overfit_batches=1)
    data.setup()
    assert [len(batch) for batch in data.test_dataloader()] == [5, 4]
