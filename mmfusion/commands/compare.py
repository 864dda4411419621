"""`mmfusion compare`: which run is best, how sure is that, what did it cost?"""

from __future__ import annotations

from mmfusion.commands.arguments import OK, SECTIONS, TRUST, parser_of, starting, take_sections, take_trust


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("compare", "Rank runs: means over seeds with 95% intervals, paired tests, Δm, cost, failures.")
    parser.add_argument(
        "folders", nargs="+", metavar="folder", help=f"of a run or a sweep, or one above them; {TRUST}; {SECTIONS}"
    )
    parser.add_argument(
        "--by", metavar="KEYS", help="group by these: fusion,loss_weighting,lr (default: all that differ)"
    )
    parser.add_argument(
        "--metric", metavar="NAME", help="rank by this one (default: the first task's main test metric)"
    )
    direction = parser.add_mutually_exclusive_group()
    direction.add_argument("--lower", action="store_true", help="less of it is better, where mmfusion does not know")
    direction.add_argument("--higher", action="store_true", help="more of it is better")
    parser.add_argument("--html", metavar="FILE", help="write the report as a page, one file")
    parser.add_argument("--csv", metavar="FILE", help="write the table, with all its columns")
    args = parser.parse_intermixed_args(arguments)
    folders, sections = take_sections(take_trust(args.folders))
    if sections and args.html is None:
        parser.error("report.sections are of the page: say --html FILE as well")
    with starting():
        from mmfusion.report.compare_folders import compare_folders

    lower = args.lower if args.lower or args.higher else None
    compare_folders(folders, args.metric, args.by, args.html, args.csv, lower, sections)
    return OK
