import pytest

from mmfusion.config.names import MANIFEST
from mmfusion.config.validation import PLATEAU, no_validation, without_validation

NO_ROWS = {"column": "split", "val": None}
FOLDS = {"folds": 5, "fold": 0, "ratio": None, "column": None}


def config(*, split=None, source=MANIFEST, patience=None, scheduler=None, metric="val/loss", **trainer):
    data = {"_target_": source} | ({} if split is None else {"split": split})
    return {
        "data": data,
        "trainer": {"overfit_batches": 0.0, "limit_val_batches": 1.0, "refit": False} | trainer,
        "callbacks": {"early_stopping": {"patience": patience}, "monitor": {"metric": metric}},
        "scheduler": {} if scheduler is None else {"_target_": scheduler},
    }


def refused(**options):
    return [key for key, _ in without_validation(config(**options))]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, None),
        ({"split": {"column": "split", "val": "dev"}}, None),
        ({"split": NO_ROWS}, "data.split has no validation rows"),
        ({"split": FOLDS}, None),  # a tenth of the rest is
        ({"split": FOLDS | {"from_train": {"val": 0}}}, "data.split has no validation rows"),
        ({"split": NO_ROWS, "source": "mine.Rows"}, None),  # what its splits mean is its own affair
        ({"limit_val_batches": 0}, "trainer.limit_val_batches=0 leaves validation out"),
        ({"limit_val_batches": 0, "split": NO_ROWS}, "trainer.limit_val_batches=0 leaves validation out"),
        ({"limit_val_batches": 0, "overfit_batches": 2}, None),
    ],
)
def test_whether_a_run_validates(options, why):
    assert no_validation(config(**options)) == why


GOES_BY_IT = {"patience": 3, "scheduler": PLATEAU, "metric": "val/kind/accuracy"}
OTHERS = {"patience": None, "scheduler": "mmfusion.training.schedulers.cosine", "metric": "val/loss"}
KEYS = ["callbacks.early_stopping.patience", "scheduler", "callbacks.monitor.metric"]


def test_what_goes_by_validation_is_refused_without():
    assert refused(split=NO_ROWS, **GOES_BY_IT) == KEYS
    assert refused(limit_val_batches=0, **GOES_BY_IT) == KEYS
    assert refused(split=NO_ROWS, **OTHERS) == []
    assert refused(**GOES_BY_IT) == []
    assert refused(limit_val_batches=0, overfit_batches=2, **GOES_BY_IT) == []


@pytest.mark.parametrize("index", range(3))
def test_each_key_is_refused_for_itself(index):
    name = list(GOES_BY_IT)[index]
    assert refused(split=NO_ROWS, **OTHERS | {name: GOES_BY_IT[name]}) == [KEYS[index]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": NO_ROWS}, "data.split has no validation rows; set trainer.refit=false"),
        ({"overfit_batches": 2}, "trainer.overfit_batches validates on training rows; set trainer.refit=false"),
        ({"scheduler": PLATEAU}, "scheduler=plateau goes by validation, which a refit has not; take another"),
        ({}, None),
    ],
)
def test_a_refit_has_validation_to_go_by_once(options, message):
    found = dict(without_validation(config(refit=True, **options)))
    assert list(found) == ([] if message is None else ["trainer.refit"])
    assert message is None or message in found["trainer.refit"]


def test_the_advice_is_followed_with_success():
    found = dict(without_validation(config(split=NO_ROWS, **GOES_BY_IT)))
    assert "set callbacks.early_stopping.patience=null, and trainer.max_epochs" in found[KEYS[0]]
    assert "take another scheduler=, cosine" in found[KEYS[1]]
    assert "set callbacks.monitor.metric=val/loss" in found[KEYS[2]]
    assert refused(split=NO_ROWS, **OTHERS) == []
