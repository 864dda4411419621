import pytest

from mmfusion.config.compose import load_config
from mmfusion.config.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("cache=disk", "cache: must be 'auto' or 'memory' or 'none'"),
        ("on_error=ignore", "on_error: must be 'raise' or 'skip' or 'absent'"),
        ("rows_without_modality=keep", "rows_without_modality: must be 'refuse' or 'skip'"),
        ("batch_size=0", "batch_size: must be a whole number of at least 1, found 0"),
        ("eval_batch_size=0", "eval_batch_size: must be a whole number of at least 1 or null, found 0"),
        ("workers=-1", "workers: must be a whole number of at least 0 or 'auto', found -1"),
        ("workers=many", "workers: must be a whole number of at least 0 or 'auto', found the string 'many'"),
        ("cache_limit_gb=-1", "cache_limit_gb: must be a number of at least 0"),
        ("max_error_rate=2.0", "max_error_rate: must be a number from 0 to 1, found 2.0"),
        ("timeout_s=-1", "timeout_s: must be a number of at least 0"),
    ],
)
def test_wrong_options(override, message):
    with pytest.raises(ConfigError, match=rf"^data\.loader\.{message}"):
        load_config([f"data.loader.{override}"])
