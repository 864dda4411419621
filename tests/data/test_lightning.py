"""The data module under Lightning's Trainer."""

from pytorch_lightning import Callback

from tests.data.running import Recorder, ready, trainer


def test_lightning_sets_the_epoch_and_sees_every_row(table):
    recorder = Recorder()
    trainer().fit(recorder, datamodule=ready(table))
    orders = [[id for e, ids in recorder.seen if e == epoch for id in ids] for epoch in range(2)]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(f"row{i}" for i in range(30))
    assert orders[0] != orders[1]
    assert sorted({id for ids in recorder.validated for id in ids}) == sorted(f"row{i}" for i in range(30, 37))


def test_lightning_overfits_the_same_batches_every_epoch(table):
    recorder = Recorder()
    trainer(overfit_batches=2).fit(recorder, datamodule=ready(table))
    assert len(recorder.seen) == 4
    assert [ids for epoch, ids in recorder.seen if epoch == 0] == [ids for epoch, ids in recorder.seen if epoch == 1]


class EveryStep(Callback):
    """A checkpoint after each step."""

    def __init__(self, folder):
        self.folder = folder

    def on_train_batch_end(self, trainer, *_):
        trainer.save_checkpoint(self.folder / f"step={trainer.global_step}.ckpt")


def test_lightning_resumes_at_the_next_batch(table, tmp_path):
    whole = Recorder()
    trainer(max_epochs=3, callbacks=[EveryStep(tmp_path)]).fit(whole, datamodule=ready(table))
    assert len(whole.seen) == 12
    for step in (2, 4):
        rest = Recorder()
        trainer(max_epochs=3).fit(
            rest, datamodule=ready(table), ckpt_path=tmp_path / f"step={step}.ckpt", weights_only=True
        )
        assert rest.seen == whole.seen[step:], step
