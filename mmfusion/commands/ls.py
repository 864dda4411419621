"""`mmfusion ls`: what can be chosen."""

from __future__ import annotations

import os
import sys

from mmfusion.commands.arguments import OK, parser_of, take_config_dir


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("ls", "List groups, their options and what each is; * marks the defaults.")
    parser.add_argument("group", nargs="?", help="this group alone, for example encoder/image")
    take_config_dir(parser)
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.listing import listing

    width = os.get_terminal_size().columns if sys.stdout.isatty() else None
    print(listing(args.group, args.config_dir, width))
    return OK
