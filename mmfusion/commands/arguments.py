"""What several commands take on their command line."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmfusion.config.override import parse_overrides, split_trust
from mmfusion.progress import busy

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

TRUST = "trusted_modules=[mypackage], if the run has components of your own"

SECTIONS = "report.sections.mine._target_=mypackage.Mine, for a section of your own on the page"

READING = "how the table is read, where that is not found out: data.header=false data.delimiter=tab data.decimal=, …"

OVERRIDES_HELP = """\
overrides:
  group=option               another option: fusion=gated (mmfusion ls lists them)
  key=value                  another value: trainer.max_epochs=20 optimizer.lr=3e-4
  ~encoder.speech            leave a modality out; ~task.largest leaves a task out
  +encoder/series@encoder.lidar=gru    add a modality lidar; +task@task.age=regression adds a task age
  trusted_modules=[mypackage]          let _target_ name components of your own
  @outputs/NAME/best.yaml    the overrides in a file: a search's best trial, or any run's overrides.yaml
"""


@contextmanager
def starting() -> Iterator[None]:
    """Import in it what is heavy, once all that can be checked without is checked; says so on a terminal."""
    gc.enable()  # from here on more is thrown away
    with busy("starting"):
        yield


def parser_of(command: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """A command's parser."""
    parser = argparse.ArgumentParser(
        prog=f"mmfusion {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--traceback", action="store_true", help="show where an error was raised")
    return parser


def take_overrides(parser: argparse.ArgumentParser) -> None:
    """Overrides of the config, and folders of one's own configs."""
    parser.add_argument("overrides", nargs="*", help="what differs from the defaults, see below")
    take_config_dir(parser)


def take_config_dir(parser: argparse.ArgumentParser) -> None:
    """Folders of one's own configs."""
    parser.add_argument(
        "--config-dir",
        action="append",
        default=[],
        metavar="DIR",
        help="folder of your own configs, beside ./conf, which is always looked in; may be repeated",
    )


def take_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Which of a run's checkpoints."""
    parser.add_argument("--checkpoint", default="best", help="best, last, or a file (default: %(default)s)")


def take_trust(places: list[str]) -> list[str]:
    """The folders among a command's words, with the modules of `trusted_modules=[...]` opened for this process."""
    rest, modules = split_trust(places)
    if modules:
        from mmfusion.config.instantiate import trust

        trust(modules)
    return rest


def take_sections(words: list[str]) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """The folders among a command's words, and the page's further sections that `report.sections.<name>` describes."""
    rest: list[str] = []
    sections: dict[str, Any] = {}
    for word, override in zip(words, parse_overrides(words), strict=True):
        if not f"{override.key}.".startswith("report.sections.") or override.value is None:
            rest.append(word)
            continue
        from mmfusion.config.quoting import value_of

        *parents, last = override.key.split(".")
        node: dict[str, Any] = {"report": {"sections": sections}}
        for name in parents:
            node = node.setdefault(name, {})
        value = value_of(word)
        if isinstance(value, dict):
            node.setdefault(last, {}).update(value)
        else:
            node[last] = value
    return rest, sections


def check_run(run: str, overrides: list[str], *, new_table: bool = False) -> tuple[list[str], list[str]]:
    """The overrides of a command on a run, and the modules that they open.

    Refuses what is no run, and overrides that it has no place for, before the heavy imports.
    """
    from mmfusion.config.instantiate import trusting
    from mmfusion.runs.config import OF_NEW_TABLE, read_run_config, reading_overrides

    rest, trusted = split_trust(overrides)
    with trusting(trusted):
        read_run_config(run, [] if new_table else rest)
    if new_table:
        reading_overrides(rest, OF_NEW_TABLE)
    return rest, trusted
