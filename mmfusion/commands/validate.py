"""`mmfusion validate`: all data read once."""

from __future__ import annotations

from mmfusion.commands.arguments import FAILED, OK, OVERRIDES_HELP, parser_of, starting, take_overrides


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("validate", "Read all data once: unreadable media, class counts, gaps, leaks.", OVERRIDES_HELP)
    take_overrides(parser)
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.compose import load_config

    config = load_config(args.overrides, args.config_dir)
    with starting():
        from mmfusion.runs.validate import validate

    return OK if validate(config) else FAILED
