"""The command line. Nothing heavy is imported before it is known what to do and that the config is right."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from mmfusion import __version__
from mmfusion.commands.arguments import FAILED, INTERRUPTED, OK, USAGE
from mmfusion.config.errors import ConfigError, nearest

COMMANDS = ("train", "eval", "predict", "compare", "dashboard", "validate", "init", "ls")  # modules of `commands`

HELP = """\
usage: mmfusion <command> [...]

  train      train and test what the config says
  eval       test a trained run again, on its own data or other data
  predict    predict the rows of a table with a trained run
  compare    rank the runs of a sweep: means and intervals over seeds, tests, cost
  dashboard  show the runs of a folder in the browser while they go on
  validate   read all data once and report what is wrong with it
  init       write an experiment config for a table of your own
  ls         list what can be chosen

  mmfusion <command> --help   says more
  mmfusion --version

examples:
  mmfusion train
  mmfusion train encoder/image=resnet fusion=gated loss_weighting=gradnorm trainer.max_epochs=20
  mmfusion train -m fusion=concat,gated seed=0,1,2
  mmfusion train study=fusion study.seeds=3
  mmfusion compare outputs/digits --by fusion
  mmfusion ls fusion
  mmfusion init data.csv && mmfusion train experiment=data
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 the run failed, 2 usage or config, 130 interrupted."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return OK if arguments else USAGE
    if arguments[0] == "--version":
        print(f"mmfusion {__version__}")
        return OK
    name, *rest = arguments
    if name not in COMMANDS:
        close = nearest(name, COMMANDS)
        return _complain(f"there is no command {name!r}" + (f"; did you mean {close}?" if close else ""), USAGE)
    verbose = "--traceback" in rest or bool(os.environ.get("MMFUSION_TRACEBACK"))
    rest = [word for word in rest if word != "--traceback"]
    # Until the config is known to be right, collecting garbage only costs time: nothing much is thrown away.
    gc.disable()
    try:
        return import_module(f"mmfusion.commands.{name}").run(rest)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        # Anybody else's RuntimeError may be a fault of the program and is shown whole; ours says what to do.
        if isinstance(error, RuntimeError) and not type(error).__module__.startswith("mmfusion."):
            raise
        if verbose:
            import traceback

            traceback.print_exc()
        is_config = isinstance(error, ConfigError)
        hint = "" if is_config or verbose else "\n(--traceback shows where)"
        name = "" if is_config else f"{type(error).__name__}: "
        return _complain(f"{name}{error}{hint}", USAGE if is_config else FAILED)
    finally:
        gc.enable()


def _complain(text: str, code: int) -> int:
    print(f"mmfusion: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
