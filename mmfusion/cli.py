"""The command line. Nothing heavy is imported before it is known what to do and that the config is right."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence

from mmfusion import __version__
from mmfusion.config.errors import ConfigError, nearest

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

HELP = """\
usage: mmfusion <command> [...]

  train      train and test what the config says
  eval       test a trained run again, on its own data or other data
  predict    predict the rows of a table with a trained run
  validate   read all data once and report what is wrong with it
  init       write an experiment config for a table of your own
  ls         list what can be chosen

  mmfusion <command> --help   says more
  mmfusion --version

examples:
  mmfusion train
  mmfusion train encoder/image=resnet fusion=gated loss_weighting=gradnorm trainer.max_epochs=20
  mmfusion ls fusion
  mmfusion init data.csv && mmfusion train experiment=data
"""

TRUST = "trusted_modules=[mypackage], if the run has components of your own"

OVERRIDES = """\
overrides:
  group=option               another option: fusion=gated (mmfusion ls lists them)
  key=value                  another value: trainer.max_epochs=20 optimizer.lr=3e-4
  ~encoder.speech            leave a modality out; ~task.largest leaves a task out
  +encoder/series@encoder.lidar=gru    add a modality lidar; +task@task.age=regression adds a task age
  trusted_modules=[mypackage]          let _target_ name components of your own
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 the run failed, 2 usage or config, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    commands: dict[str, Callable[[list[str]], int]] = {
        "train": _train,
        "eval": _eval,
        "predict": _predict,
        "validate": _validate,
        "init": _init,
        "ls": _ls,
    }
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return OK if arguments else USAGE
    if arguments[0] == "--version":
        print(f"mmfusion {__version__}")
        return OK
    name, *rest = arguments
    if name not in commands:
        close = nearest(name, commands)
        return _complain(f"there is no command {name!r}" + (f"; did you mean {close}?" if close else ""), USAGE)
    verbose = "--traceback" in rest or bool(os.environ.get("MMFUSION_TRACEBACK"))
    rest = [each for each in rest if each != "--traceback"]
    # Until the config is known to be right, collecting garbage only costs time: nothing much is thrown away.
    gc.disable()
    try:
        return commands[name](rest)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except (ValueError, OSError, ImportError) as error:
        if verbose:
            import traceback

            traceback.print_exc()
        is_config = isinstance(error, ConfigError)
        hint = "" if is_config or verbose else "\n(--traceback shows where)"
        return _complain(f"{_told(error)}{hint}", USAGE if is_config else FAILED)
    finally:
        gc.enable()


def _train(arguments: list[str]) -> int:
    parser = _parser("train", "Train and test what the config says.", OVERRIDES)
    _take_overrides(parser)
    parser.add_argument(
        "-m", "--multirun", action="store_true", help="run each combination: fusion=concat,gated seed=1,2"
    )
    parser.add_argument("--cfg", choices=["job"], help="print the composed config, check it, and stop")
    args = parser.parse_intermixed_args(arguments)
    if args.multirun:
        from mmfusion.runs.multirun import multirun

        return FAILED if multirun(args.overrides, args.config_dir) else OK

    if args.cfg:
        return _show_config(args.overrides, args.config_dir)
    from mmfusion.config.compose import load_config

    config = load_config(args.overrides, args.config_dir)
    gc.enable()
    from mmfusion.runs.train import train

    return OK if train(config, args.overrides).status == "completed" else FAILED


def _show_config(overrides: list[str], config_dirs: list[str]) -> int:
    """Print first, check then: a config that is wrong is best seen."""
    import yaml

    from mmfusion.config.check import check
    from mmfusion.config.compose import compose

    composed = compose(overrides, config_dirs)
    print(yaml.safe_dump(composed.config, sort_keys=False), end="")
    check(composed.config, composed.origin)
    return OK


def _eval(arguments: list[str]) -> int:
    parser = _parser("eval", "Test a trained run again, as it is or on other data (data.path=other.csv).")
    parser.add_argument("run", help="the run's folder")
    parser.add_argument("overrides", nargs="*", help=f"key=value of the run's own config; {TRUST}")
    parser.add_argument("--split", choices=["train", "val", "test"], default="test", help="rows (default: %(default)s)")
    _take_checkpoint(parser)
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.compose import split_trust

    overrides, trusted = split_trust(args.overrides)
    gc.enable()
    from mmfusion.runs.evaluate import evaluate

    evaluate(args.run, args.checkpoint, args.split, overrides, trusted)
    return OK


def _predict(arguments: list[str]) -> int:
    parser = _parser("predict", "Predict the rows of a table; an empty cell is an absent modality.")
    parser.add_argument("run", help="the run's folder")
    parser.add_argument("table", help="CSV, TSV, JSONL or Parquet with the columns that the run was trained on")
    parser.add_argument("overrides", nargs="*", help=TRUST)
    parser.add_argument(
        "--out", default="predictions.parquet", help=".parquet, .csv, .tsv or .jsonl (default: %(default)s)"
    )
    parser.add_argument("--root", help="folder of the table's media (default: the table's own)")
    _take_checkpoint(parser)
    parser.add_argument(
        "--device", default="cpu", help="where the model runs, as torch names it (default: %(default)s)"
    )
    args = parser.parse_intermixed_args(arguments)
    trusted = _only_trust(args.overrides)
    gc.enable()
    from mmfusion.runs.predict import predict

    rows = len(predict(args.run, args.table, args.out, args.checkpoint, args.root, args.device, trusted))
    print(f"{rows} rows in {args.out}")
    return OK


def _validate(arguments: list[str]) -> int:
    parser = _parser("validate", "Read all data once: unreadable media, class counts, gaps, leaks.", OVERRIDES)
    _take_overrides(parser)
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.compose import load_config

    config = load_config(args.overrides, args.config_dir)
    gc.enable()
    from mmfusion.runs.validate import validate

    return OK if validate(config) else FAILED


def _init(arguments: list[str]) -> int:
    parser = _parser("init", "Look at a table's columns, decide what they are, and write an experiment config.")
    parser.add_argument("table", help="CSV, TSV, JSONL or Parquet")
    parser.add_argument(
        "--root", metavar="DIR", help="folder of the media that the table names (default: the table's own)"
    )
    parser.add_argument("--name", help="of the experiment (default: the table's)")
    parser.add_argument("--task", action="append", default=[], metavar="COLUMN", help="predict this column; repeatable")
    parser.add_argument("--ignore", action="append", default=[], metavar="COLUMN", help="leave it out; repeatable")
    parser.add_argument("--out", metavar="FILE", help="what to write (default: conf/experiment/<name>.yaml)")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    args = parser.parse_intermixed_args(arguments)
    gc.enable()
    from mmfusion.runs.init import init

    init(args.table, args.root, args.name, args.out, args.task, args.ignore, args.force)
    return OK


def _ls(arguments: list[str]) -> int:
    parser = _parser("ls", "List groups, their options and what each is; * marks the defaults.")
    parser.add_argument("group", nargs="?", help="this group alone, for example encoder/image")
    _take_config_dir(parser)
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.listing import listing

    width = os.get_terminal_size().columns if sys.stdout.isatty() else None
    print(listing(args.group, args.config_dir, width))
    return OK


def _parser(command: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"mmfusion {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--traceback", action="store_true", help="show where an error was raised")
    return parser


def _take_overrides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", help="what differs from the defaults, see below")
    _take_config_dir(parser)


def _take_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkpoint", default="best", help="best, last, or a file (default: %(default)s)")


def _only_trust(overrides: list[str]) -> list[str]:
    """The modules of `trusted_modules=[...]`, where no other override makes sense."""
    from mmfusion.config.compose import split_trust

    rest, trusted = split_trust(overrides)
    if rest:
        raise ConfigError(f"{rest[0]}: a run keeps its config; the only override here is trusted_modules=[...]")
    return trusted


def _take_config_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config-dir",
        action="append",
        default=[],
        metavar="DIR",
        help="folder of your own configs, beside ./conf, which is always looked in; may be repeated",
    )


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"


def _complain(text: str, code: int) -> int:
    print(f"mmfusion: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
