"""Whether a command asks for a study; light, for every `mmfusion train` comes by here."""

from __future__ import annotations

from collections.abc import Sequence

from mmfusion.config.errors import ConfigError
from mmfusion.config.override import parse_overrides

GROUP = "study"


def requested_study(overrides: Sequence[str]) -> str | None:
    """The option of `study=`; None for none.

    Raises:
        ConfigError: a key of a study without the study.
    """
    given = [override for override in parse_overrides(overrides) if override.sign != "~"]
    options = [override.value for override in given if override.key == GROUP]
    if options and options[-1] not in ("null", "", None):
        return options[-1]
    for override in given:
        if override.key.startswith(f"{GROUP}."):
            raise ConfigError(f"{override}: say which study as well, study=fusion for example (mmfusion ls study)")
    return None
