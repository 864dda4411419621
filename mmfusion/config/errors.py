"""The error of everything a person may get wrong in a config, and the search for what they meant."""

from __future__ import annotations

from collections.abc import Iterable


class ConfigError(ValueError):
    """A config that cannot be run; the message says which key, what was found and what would work."""


class AbsentKeyError(ConfigError):
    """`~key` for a key that the config does not have."""

    def __init__(self, key: str, hint: str = "see all with --cfg job") -> None:
        super().__init__(f"~{key}: the config has no such key; {hint}")
        self.key = key


def nearest(name: str, options: Iterable[str]) -> str | None:
    """The option closest to `name`, or None if nothing comes close."""
    import difflib  # rarely needed, and the command line starts without it

    options = list(options)
    for known in ({option: option for option in options}, {option.lower(): option for option in options}):
        if close := difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5):
            return known[close[0]]
    return None


def suggest(name: str, options: Iterable[str], *, limit: int = 12) -> str:
    """`did you mean 'x'?` and the list of options, as one sentence to append to a message."""
    options = sorted(set(options))
    if not options:
        return "there are none"
    shown = ", ".join(options[:limit]) + (f" and {len(options) - limit} more" if len(options) > limit else "")
    close = nearest(name, options)
    return f"did you mean {close!r}? Valid: {shown}" if close else f"valid: {shown}"


def no_option(where: str, group: str, option: str, options: Iterable[str]) -> str:
    """That a group has no such option, with all that it has."""
    return f"{where}: group {group} has no option {option!r}; {suggest(option, options, limit=100)}"
