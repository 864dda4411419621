"""`mmfusion train`: one run, or with `-m` many."""

from __future__ import annotations

from mmfusion.commands.arguments import FAILED, OK, OVERRIDES_HELP, parser_of, starting, take_overrides

STUDY = """\
  study=fusion               a whole comparison with a written conclusion; study.seeds=2 makes it small
"""


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("train", "Train and test what the config says.", OVERRIDES_HELP + STUDY)
    take_overrides(parser)
    parser.add_argument(
        "-m", "--multirun", action="store_true", help="run each combination: fusion=concat,gated seed=1,2"
    )
    parser.add_argument("--cfg", choices=["job"], help="print the composed config, check it, and stop")
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.override import expanded

    args.overrides = expanded(args.overrides)
    from mmfusion.studies.requested import requested_study

    preset = requested_study(args.overrides)
    if preset is not None and not args.cfg:
        with starting():
            from mmfusion.studies.launch import run_study

        return OK if run_study(preset, args.overrides, args.config_dir) else FAILED
    if args.multirun:
        with starting():
            from mmfusion.sweeps.multirun import multirun

        return OK if multirun(args.overrides, args.config_dir) else FAILED
    if args.cfg:
        return _show_config(args.overrides, args.config_dir)
    from mmfusion.api import compose_one
    from mmfusion.config.environment import end_with_parent

    end_with_parent()
    config = compose_one(args.overrides, args.config_dir)
    with starting():
        from mmfusion.runs.train import train_config

    result = train_config(config, args.overrides)
    return OK if result.status == "completed" or result.pruned else FAILED


def _show_config(overrides: list[str], config_dirs: list[str]) -> int:
    """Print first, check then: a config that is wrong is best seen."""
    import yaml

    from mmfusion.config.check import check
    from mmfusion.config.compose import compose_unchecked

    composed = compose_unchecked(overrides, config_dirs)
    print(yaml.safe_dump(composed.config, sort_keys=False, allow_unicode=True), end="")
    check(composed.config, composed.sources)
    return OK
