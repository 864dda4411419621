"""`mmfusion predict`: a trained run and a table of new rows."""

from __future__ import annotations

from mmfusion.commands.arguments import OK, READING, TRUST, check_run, parser_of, starting, take_checkpoint
from mmfusion.store.files import PREDICTIONS


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("predict", "Predict the rows of a table; an empty cell is an absent modality.")
    parser.add_argument("run", help="the run's folder")
    parser.add_argument("table", help="CSV, TSV, JSON, JSONL or Parquet with the columns that the run was trained on")
    parser.add_argument("overrides", nargs="*", help=f"{READING}; {TRUST}")
    parser.add_argument("--out", default=PREDICTIONS, help=".parquet, .csv, .tsv or .jsonl (default: %(default)s)")
    parser.add_argument("--root", help="folder of the table's media (default: the table's own)")
    take_checkpoint(parser)
    parser.add_argument(
        "--device", default="cpu", help="where the model runs, as torch names it (default: %(default)s)"
    )
    args = parser.parse_intermixed_args(arguments)
    overrides, trusted = check_run(args.run, args.overrides, new_table=True)
    with starting():
        from mmfusion.runs.predict import predict

    rows = len(predict(args.run, args.table, args.out, args.checkpoint, args.root, args.device, trusted, overrides))
    print(f"{rows} rows in {args.out}")
    return OK
