from types import SimpleNamespace

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.training.callbacks.validation_interval import ValidationInterval


def trainer(**options):
    settings = {
        "datamodule": SimpleNamespace(train_dataloader=lambda: range(12)), "fast_dev_run": False,
        "limit_val_batches": 1.0, "limit_train_batches": 1.0, "val_check_interval": 10, "check_val_every_n_epoch": 1,
    }  # fmt: skip
    return SimpleNamespace(**settings | options)


def test_it_is_the_processs_own_batches_that_count():
    check = ValidationInterval()
    check.setup(trainer(), None, "fit")
    for options in ({"val_check_interval": 13}, {"limit_train_batches": 0.5}, {"limit_train_batches": 9}):
        with pytest.raises(ConfigError, match=r"^trainer\.val_check_interval: an epoch has \d+ batches"):
            check.setup(trainer(**options), None, "fit")
        check.setup(trainer(**options), None, "test")
        check.setup(trainer(**options, check_val_every_n_epoch=None), None, "fit")
        check.setup(trainer(**options, limit_val_batches=0), None, "fit")
        check.setup(trainer(**options, fast_dev_run=1), None, "fit")
