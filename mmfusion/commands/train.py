"""`mmfusion train`: one run, or with `-m` many."""

from __future__ import annotations

from mmfusion.commands.arguments import FAILED, OK, OVERRIDES, parser_of, starting, take_overrides
from mmfusion.config.errors import ConfigError

STUDY = """\
  study=fusion               a whole comparison with a written conclusion; study.seeds=2 makes it small
"""


def run(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    parser = parser_of("train", "Train and test what the config says.", OVERRIDES + STUDY)
    take_overrides(parser)
    parser.add_argument(
        "-m", "--multirun", action="store_true", help="run each combination: fusion=concat,gated seed=1,2"
    )
    parser.add_argument("--cfg", choices=["job"], help="print the composed config, check it, and stop")
    args = parser.parse_intermixed_args(arguments)
    from mmfusion.config.override import parse_overrides
    from mmfusion.config.overrides_file import expanded

    args.overrides = expanded(args.overrides)
    from mmfusion.studies.asked import asked

    preset = asked(args.overrides)
    if preset is not None and not args.cfg:
        with starting():
            from mmfusion.studies.run import run_study

        return OK if run_study(preset, args.overrides, args.config_dir) else FAILED
    if args.multirun:
        with starting():
            from mmfusion.sweeps.multirun import multirun

        return OK if multirun(args.overrides, args.config_dir) else FAILED
    for_hydra = next((each for each in parse_overrides(args.overrides) if each.section == "hydra"), None)
    if for_hydra is not None and not args.cfg:
        raise ConfigError(f"{for_hydra}: Hydra's part is for many runs, and would change nothing here; add -m")
    if args.cfg:
        return _show_config(args.overrides, args.config_dir)
    from mmfusion.config.compose import load_config
    from mmfusion.config.environment import end_with_parent

    end_with_parent()
    for override in parse_overrides(args.overrides):
        if override.key == "hparams_search" and override.sign != "~":
            raise ConfigError(f"{override}: a search is many runs; add -m")
    config = load_config(args.overrides, args.config_dir)
    if config.get("study") is not None:
        raise ConfigError("a config file chooses a study; a study is for the command line, study=fusion for example")
    with starting():
        from mmfusion.runs.train import train

    result = train(config, args.overrides)
    return OK if result.status == "completed" or result.pruned else FAILED


def _show_config(overrides: list[str], config_dirs: list[str]) -> int:
    """Print first, check then: a config that is wrong is best seen."""
    import yaml

    from mmfusion.config.check import check
    from mmfusion.config.compose import compose

    composed = compose(overrides, config_dirs)
    print(yaml.safe_dump(composed.config, sort_keys=False, allow_unicode=True), end="")
    check(composed.config, composed.origin)
    return OK
