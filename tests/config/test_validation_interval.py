import pytest

from mmfusion.config.validation_interval import KEY, beyond_epoch, interval_problems


@pytest.mark.parametrize(
    ("interval", "every", "batches", "refused"),
    [(11, 1, 10, True), (10, 1, 10, False), (1.0, 1, 1, False), (11, None, 10, False), (None, 1, 10, False)],
)
def test_an_interval_that_no_epoch_reaches(interval, every, batches, refused):
    why = beyond_epoch(interval, every, batches)
    assert (why is not None) == refused
    if why is not None:
        assert why.startswith("an epoch has 10 batches, so validation after every 11 would never come; set at most 10")


TRAINER = {
    "limit_train_batches": 1.0, "limit_val_batches": 1.0, "overfit_batches": 0.0, "fast_dev_run": False,
    "val_check_interval": 50, "check_val_every_n_epoch": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("trainer", "rows", "refused"),
    [
        ({}, None, False),  # the table is not read yet
        ({}, {"train": 980}, True),
        ({}, {"train": 1000}, False),
        ({"limit_train_batches": 49}, None, True),
        ({"limit_train_batches": 60}, {"train": 980}, True),
        ({"limit_train_batches": 49, "limit_val_batches": 0}, None, False),
        ({"limit_train_batches": 49, "fast_dev_run": True}, None, False),
    ],
)
def test_what_the_config_alone_shows(trainer, rows, refused):
    config = {"trainer": TRAINER | trainer, "data": {"loader": {"batch_size": 20}} | ({"rows": rows} if rows else {})}
    assert [key for key, _ in interval_problems(config)] == ([KEY] if refused else [])
