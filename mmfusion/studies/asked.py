"""Whether a command asks for a study; light, for every `mmfusion train` comes by here."""

from __future__ import annotations

from collections.abc import Sequence

from mmfusion.config.errors import ConfigError

GROUP = "study"


def asked(overrides: Sequence[str]) -> str | None:
    """The option of `study=`; None for none.

    Raises:
        ConfigError: a key of a study without the study.
    """
    options = [value for key, value in map(_parted, overrides) if key == GROUP]
    if options and options[-1] not in ("null", ""):
        return options[-1]
    for override in overrides:
        if _parted(override)[0].startswith(f"{GROUP}."):
            raise ConfigError(f"{override}: say which study as well, study=fusion for example (mmfusion ls study)")
    return None


def _parted(override: str) -> tuple[str, str]:
    key, _, value = override.lstrip("+").partition("=")
    return key, value
