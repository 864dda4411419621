import pytest

from mmfusion.config.names import MANIFEST
from mmfusion.config.validation import PLATEAU, beyond_epoch, interval_problems, no_validation, without_validation

NO_ROWS = {"column": "split", "val": None}
FOLDS = {"folds": 5, "fold": 0, "ratio": None, "column": None}


def config(*, split=None, source=MANIFEST, patience=None, scheduler=None, metric="val/loss", rows=None, **trainer):
    trainer = {"limit_train_batches": 1.0, "limit_val_batches": 1.0, "refit": False} | trainer
    trainer = {"overfit_batches": 0.0, "fast_dev_run": False, "check_val_every_n_epoch": 1} | trainer
    return {
        "data": {"_target_": source, "rows": rows, "loader": {"batch_size": 20}} | ({"split": split} if split else {}),
        "trainer": trainer,
        "callbacks": {"early_stopping": {"patience": patience}, "monitor": {"metric": metric}},
        "scheduler": {} if scheduler is None else {"_target_": scheduler},
    }


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, None),
        ({"split": {"column": "split", "val": "dev"}}, None),
        ({"split": NO_ROWS}, "data.split has no validation rows"),
        ({"split": FOLDS}, None),  # a tenth of the rest is
        ({"split": FOLDS | {"from_train": {"val": 0}}}, "data.split has no validation rows"),
        ({"split": NO_ROWS, "source": "mine.Rows"}, None),  # what its splits mean is its own affair
        ({"limit_val_batches": 0, "split": NO_ROWS}, "trainer.limit_val_batches=0 leaves validation out"),
        ({"limit_val_batches": 0, "overfit_batches": 2}, None),
    ],
)
def test_whether_a_run_validates(options, why):
    assert no_validation(config(**options)) == why


KEYS = {"patience": "callbacks.early_stopping.patience", "scheduler": "scheduler", "metric": "callbacks.monitor.metric"}
GOES_BY_IT = {"patience": 3, "scheduler": PLATEAU, "metric": "val/kind/accuracy"}
REFIT = ["trainer.refit"]


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (GOES_BY_IT, []),
        ({"split": NO_ROWS}, []),
        ({"split": NO_ROWS, **GOES_BY_IT}, list(KEYS.values())),
        ({"limit_val_batches": 0, **GOES_BY_IT}, list(KEYS.values())),
        ({"limit_val_batches": 0, "overfit_batches": 2, **GOES_BY_IT}, []),
        *(({"split": NO_ROWS, name: GOES_BY_IT[name]}, [KEYS[name]]) for name in KEYS),
        ({"refit": True}, []),
        ({"refit": True, "split": NO_ROWS}, REFIT),
        ({"refit": True, "overfit_batches": 2}, REFIT),
        ({"refit": True, "scheduler": PLATEAU}, REFIT),
    ],
)
def test_what_goes_by_validation_is_refused_without(options, keys):
    assert [key for key, _ in without_validation(config(**options))] == keys


@pytest.mark.parametrize(
    ("interval", "every", "refused"), [(11, 1, True), (10, 1, False), (1.0, 1, False), (11, None, False)]
)
def test_an_interval_that_no_epoch_of_ten_batches_reaches(interval, every, refused):
    problems = dict(beyond_epoch(interval, every, 10))
    assert list(problems) == (["trainer.val_check_interval"] if refused else [])
    if refused:
        assert "an epoch has 10 batches, so validation after every 11 would never come" in str(problems)


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({}, False),  # the table is not read yet
        ({"rows": {"train": 980}}, True),
        ({"rows": {"train": 1000}}, False),
        ({"limit_train_batches": 49}, True),
        ({"limit_train_batches": 60, "rows": {"train": 980}}, True),
        ({"limit_train_batches": 49, "limit_val_batches": 0}, False),
        ({"limit_train_batches": 49, "fast_dev_run": True}, False),
    ],
)
def test_an_interval_that_the_config_alone_shows_to_be_too_long(options, refused):
    assert bool(list(interval_problems(config(val_check_interval=50, **options)))) == refused
