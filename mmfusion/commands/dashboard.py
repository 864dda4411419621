"""`mmfusion dashboard`: the runs of a folder in the browser while they go on."""

from __future__ import annotations

from mmfusion.commands.arguments import OK, SECTIONS, TRUST, parser_of, starting, take_sections, take_trust


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("dashboard", "Show the runs of a folder in the browser while they go on; Ctrl-C ends it.")
    parser.add_argument("folder", nargs="*", help=f"of runs and sweeps (default: outputs); {TRUST}; {SECTIONS}")
    parser.add_argument(
        "--port", type=int, default=8765, help="on 127.0.0.1; 0 takes a free one (default: %(default)s)"
    )
    args = parser.parse_intermixed_args(arguments)
    folders, sections = take_sections(take_trust(args.folder))
    folders = folders or ["outputs"]
    if len(folders) > 1:
        parser.error(f"expected one folder, found {' '.join(folders)}")
    with starting():
        from mmfusion.report.dashboard import dashboard

    dashboard(folders[0], args.port, sections)
    return OK
