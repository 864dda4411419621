"""`mmfusion eval`: a trained run, tested again."""

from __future__ import annotations

from mmfusion.commands.arguments import OK, TRUST, check_run, parser_of, starting, take_checkpoint


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("eval", "Test a trained run again, as it is or on other data (data.path=other.csv).")
    parser.add_argument("run", help="the run's folder")
    parser.add_argument("overrides", nargs="*", help=f"key=value of the run's own config; {TRUST}")
    parser.add_argument(
        "--split",
        choices=["train", "val", "test", "all"],
        default="test",
        help="rows; all: those of another table, whatever its splits (default: %(default)s)",
    )
    take_checkpoint(parser)
    args = parser.parse_intermixed_args(arguments)
    overrides, trusted = check_run(args.run, args.overrides)
    with starting():
        from mmfusion.runs.evaluate import evaluate

    evaluate(args.run, args.checkpoint, args.split, overrides, trusted)
    return OK
