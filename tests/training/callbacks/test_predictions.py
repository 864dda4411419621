import torch

from mmfusion.training.callbacks.predictions import KeepPredictions
from mmfusion.training.noise import quiet
from tests.training.small import QUIET, TASKS, loader, make_batch, make_module, make_trainer

pytestmark = QUIET


def test_outputs_targets_and_ids_of_all_rows_are_kept(tmp_path):
    kept, module = KeepPredictions(), make_module()
    batches = [make_batch(4, 0), make_batch(3, 1)]
    batches[1].ids = ["x", "y", "z"]
    batches[1].labelled["age"][1] = False
    trainer = make_trainer(tmp_path, callbacks=[kept])
    for _ in range(2):  # a second test starts afresh
        with quiet():
            trainer.test(module, loader(batches), verbose=False)
        assert kept.ids == ["0", "1", "2", "3", "x", "y", "z"]
    module.eval()
    with torch.no_grad():
        expected = [module.model(batch) for batch in batches]
    for task in TASKS:
        torch.testing.assert_close(kept.outputs[task], torch.cat([outputs[task] for outputs in expected]))
        torch.testing.assert_close(kept.targets[task], torch.cat([batch.targets[task] for batch in batches]))
    assert kept.labelled["age"].tolist() == [True] * 5 + [False, True]


def test_a_row_without_any_modality_in_use_is_left_out(tmp_path):
    kept, batch = KeepPredictions(), make_batch(3)
    for present in batch.present.values():
        present[1] = False
    with quiet():
        make_trainer(tmp_path, callbacks=[kept]).test(make_module(), loader([batch]), verbose=False)
    assert kept.ids == ["0", "2"]
    torch.testing.assert_close(kept.targets["age"], batch.targets["age"][[0, 2]])
