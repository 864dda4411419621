"""`mmfusion init`: an experiment config for a table."""

from __future__ import annotations

from mmfusion.commands.arguments import OK, READING, parser_of, starting
from mmfusion.config.errors import ConfigError


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("init", "Look at a table's columns, decide what they are, and write an experiment config.")
    parser.add_argument("table", help="CSV, TSV, JSON, JSONL or Parquet")
    parser.add_argument(
        "--root", metavar="DIR", help="folder of the media that the table names (default: the table's own)"
    )
    parser.add_argument("--name", help="of the experiment (default: the table's)")
    for name, text in (
        ("task", "predict this column"),
        ("ignore", "leave it out"),
        ("input", "learn from it"),
        ("group", "keep its rows in one split"),
        ("split", "it says which split a row is in"),
    ):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="COLUMN", help=f"{text}; repeatable")
    parser.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="COLUMN=KIND",
        help="learn from it as image, speech, text, features, series, numeric, categorical or tabular, or predict it "
        "as classification, binary, multilabel or regression; repeatable",
    )
    parser.add_argument("--out", metavar="FILE", help="what to write (default: conf/experiment/<name>.yaml)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.add_argument("overrides", nargs="*", help=READING)
    args = parser.parse_intermixed_args(arguments)
    kinds = kinds_of(args.kind)
    with starting():
        from mmfusion.runs.init import init

    by = {"groups": args.group, "splits": args.split, "inputs": args.input, "kinds": kinds}
    init(args.table, args.root, args.name, args.out, args.task, args.ignore, args.force, overrides=args.overrides, **by)
    return OK


def kinds_of(given: list[str]) -> dict[str, str]:
    """Column to kind, of texts `COLUMN=KIND`.

    Raises:
        ConfigError: one without `=`, or two kinds for a column.
    """
    kinds: dict[str, str] = {}
    for text in given:
        column, sign, kind = text.rpartition("=")
        if not sign or not column or not kind:
            raise ConfigError(f"--kind: expected COLUMN=KIND, such as note=text, found {text!r}")
        if kinds.setdefault(column, kind) != kind:
            raise ConfigError(
                f"--kind: column {column!r} is given two kinds, {kinds[column]} and {kind}; keep one of them"
            )
    return kinds
