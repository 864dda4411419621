import gc

import pytest

from mmfusion.commands.arguments import parser_of, starting, take_checkpoint, take_overrides, take_trust
from mmfusion.config.instantiate import is_allowed, trusting


def parsed(*words):
    parser = parser_of("example", "What it does.", "An epilog\n  as it is.")
    take_overrides(parser)
    take_checkpoint(parser)
    return parser.parse_intermixed_args(words)


def test_overrides_and_options_in_any_order():
    args = parsed()
    assert (args.overrides, args.config_dir, args.checkpoint, args.traceback) == ([], [], "best", False)
    args = parsed("a=1", "--config-dir", "x", "~b", "--checkpoint=last", "+c=2", "--config-dir=y", "--traceback")
    assert args.overrides == ["a=1", "~b", "+c=2"]
    assert (args.config_dir, args.checkpoint, args.traceback) == (["x", "y"], "last", True)


def test_an_option_is_written_out(capsys):
    with pytest.raises(SystemExit) as end:
        parsed("--check", "last")
    assert end.value.code == 2
    assert "unrecognized arguments: --check" in capsys.readouterr().err


def test_help_names_the_command_and_keeps_the_lines_of_the_epilog(capsys):
    with pytest.raises(SystemExit) as end:
        parsed("--help")
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: mmfusion example ")
    assert "An epilog\n  as it is.\n" in out
    assert "(default: best)" in out


def test_starting_lets_errors_through_and_leaves_the_collector_on(capsys):
    was_on = gc.isenabled()
    gc.disable()
    try:
        with pytest.raises(ImportError, match="no torch"), starting():
            raise ImportError("no torch")
        assert gc.isenabled()
    finally:
        (gc.enable if was_on else gc.disable)()
    assert capsys.readouterr() == ("", ""), "there is no terminal to say it on"


def test_trust_stands_among_folders():
    assert take_trust(["outputs/a", "outputs/b"]) == ["outputs/a", "outputs/b"]
    with trusting([]):
        assert take_trust(["outputs/a", "trusted_modules=[mine.tasks]"]) == ["outputs/a"]
        assert is_allowed("mine.tasks.Own", "task.y")
    assert not is_allowed("mine.tasks.Own", "task.y")
