import logging
import warnings

import pytest

from mmfusion.training.noise import quiet


@pytest.fixture
def lines():
    """What reaches a handler of Lightning's logger."""
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            seen.append(record.getMessage())

    handler, logger = Keep(), logging.getLogger("pytorch_lightning")
    logger.addHandler(handler)
    yield seen
    logger.removeHandler(handler)


def test_known_lines_are_kept_away_and_others_are_not(lines):
    log = logging.getLogger("pytorch_lightning.utilities.rank_zero")
    log.setLevel(logging.INFO)
    with quiet():
        log.info("GPU available: False, used: False")
        log.info("💡 Tip: ...")
        log.info("report.subsets=all: 6 modalities have 63 subsets")
    log.info("GPU available: True")
    assert lines == ["report.subsets=all: 6 modalities have 63 subsets", "GPU available: True"]


def test_known_warnings_are_kept_away_and_others_are_not():
    with quiet():
        warnings.warn("The 'train_dataloader' does not have many workers which may be ...", stacklevel=1)
        with pytest.raises(UserWarning, match="something else"):
            warnings.warn("something else", stacklevel=1)
    with pytest.raises(UserWarning, match="many workers"):
        warnings.warn("The 'train_dataloader' does not have many workers", stacklevel=1)
