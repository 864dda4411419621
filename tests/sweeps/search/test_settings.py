import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.hydra_options import PARTS, check_options
from tests.sweeps.search.fake_pool import DEFAULTS, settings


def check(**changes):
    check_options({"sweeper": {"_target_": PARTS["sweeper"][1], **DEFAULTS, **changes}})
    settings(**changes)


def test_what_is_off_and_the_lowest_numbers_are_taken():
    check(timeout_s=None, max_failures=None, stale_after_s=None, seeds=None)
    check(n_trials=1, timeout_s=0, max_failures=0, stale_after_s=0.0, batch_size=1, seeds=[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_trials": 0}, r"^hydra.sweeper.n_trials: must be a whole number of at least 1, found 0"),
        ({"batch_size": 0}, r"^hydra.sweeper.batch_size: must be a whole number of at least 1, found 0"),
        ({"timeout_s": -1}, r"^hydra.sweeper.timeout_s: must be a number of at least 0 or null, found -1"),
        ({"max_failures": -1}, r"^hydra.sweeper.max_failures: must be a whole number of at least 0 or null, found -1"),
        ({"stale_after_s": -0.5}, r"^hydra.sweeper.stale_after_s: must be a number of at least 0 or null, found -0.5"),
        ({"seeds": [1, 1]}, r"^hydra.sweeper.seeds: expected different numbers"),
        ({"seeds": []}, r"^hydra.sweeper.seeds: expected different numbers"),
    ],
)
def test_settings_out_of_range_are_named(changes, message):
    with pytest.raises(ConfigError, match=message):
        check(**changes)
