import pytest

from mmfusion.runs.defaults import FEW, LARGE_STEPS, LONGEST, MANY, SOME, STEPS, batch_size, choose, max_epochs

TASKS = {"label": "classification", "flag": "binary", "price": "regression"}
KINDS = {"photo": "image", "note": "text", "table": "tabular"}


def values(rows):
    return {choice.key: choice.value for choice in choose(rows, KINDS, TASKS)}


def test_a_small_table_is_regularised_and_gets_steps_enough():
    chosen = values(700)
    assert chosen["trainer.max_epochs"] * (700 / chosen["data.loader.batch_size"]) > STEPS * 0.9
    expected = {"encoder.table.hidden": [], "encoder.photo.dropout": 0.5, "head.dropout": 0.5}
    assert chosen | expected | {"optimizer.weight_decay": 0.1, "report.baselines": True} == chosen


def test_a_medium_table_is_learned_fast_and_not_too_surely():
    chosen = values(10_000)
    expected = {"optimizer.lr": 5e-3, "optimizer.weight_decay": 0.2, "trainer.gradient_clip_val": 1}
    assert chosen | expected | {"task.label.label_smoothing": 0.1} == chosen
    assert not {"task.flag.label_smoothing", "encoder.photo.dropout"} & chosen.keys()


def test_a_large_table_is_trained_as_the_presets_say():
    expected = "data.loader.batch_size trainer.max_epochs callbacks.early_stopping.patience report.baselines"
    assert set(values(1_000_000)) == set(expected.split())


@pytest.mark.parametrize("rows", [1, 30, 240, 999, 1_000, FEW, 14_000, SOME, MANY, 3_000_000])
def test_epochs_are_bounded_and_each_choice_has_a_reason(rows):
    found = values(rows)
    assert 2 <= found["trainer.max_epochs"] <= LONGEST
    assert found["callbacks.early_stopping.patience"] >= 5
    assert all(choice.reason for choice in choose(rows, KINDS, TASKS))


def test_more_rows_are_never_fewer_steps_and_never_more_epochs():
    sizes = [100, 300, 900, 2_000, 9_000, 20_000, 80_000, 300_000]
    steps = [-(-rows // batch_size(rows)) for rows in sizes]
    epochs = [max_epochs(each) for each in steps]
    assert epochs == sorted(epochs, reverse=True)
    totals = [a * b for a, b in zip(steps, epochs, strict=True)]
    assert all(total >= 0.9 * STEPS for total in totals[1:])
    assert max(totals) <= 1.2 * LARGE_STEPS


def test_sound_of_few_rows_is_summed_up_and_of_many_convolved():
    few = {choice.key: choice.value for choice in choose(400, {"speech": "speech", "reply": "speech"}, TASKS)}
    assert few["encoder/speech"] == few["encoder/speech@encoder.reply"] == "statistics"
    assert "encoder/speech" not in {choice.key for choice in choose(10_000, {"speech": "speech"}, TASKS)}
