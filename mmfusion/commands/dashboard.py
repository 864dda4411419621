"""`mmfusion dashboard`: the runs of a folder in the browser while they go on."""

from __future__ import annotations

from mmfusion.commands.arguments import OK, parser_of, starting


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("dashboard", "Show the runs of a folder in the browser while they go on; Ctrl-C ends it.")
    parser.add_argument("folder", nargs="?", default="outputs", help="of runs and sweeps (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8765, help="on 127.0.0.1; 0 takes a free one (default: %(default)s)"
    )
    args = parser.parse_args(arguments)
    with starting():
        from mmfusion.report.dashboard import dashboard

    dashboard(args.folder, args.port)
    return OK
