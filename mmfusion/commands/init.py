"""`mmfusion init`: an experiment config for a table."""

from __future__ import annotations

from mmfusion.commands.arguments import OK, READING, parser_of, starting


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("init", "Look at a table's columns, decide what they are, and write an experiment config.")
    parser.add_argument("table", help="CSV, TSV, JSONL or Parquet")
    parser.add_argument(
        "--root", metavar="DIR", help="folder of the media that the table names (default: the table's own)"
    )
    parser.add_argument("--name", help="of the experiment (default: the table's)")
    parser.add_argument("--task", action="append", default=[], metavar="COLUMN", help="predict this column; repeatable")
    parser.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="leave it out; repeatable")
    parser.add_argument("--out", metavar="FILE", help="what to write (default: conf/experiment/<name>.yaml)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.add_argument("overrides", nargs="*", help=READING)
    args = parser.parse_intermixed_args(arguments)
    with starting():
        from mmfusion.runs.init import init

    init(args.table, args.root, args.name, args.out, args.task, args.ignore, args.force, overrides=args.overrides)
    return OK
