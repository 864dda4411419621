import pytest

from mmfusion.cli import main
from mmfusion.commands.ls import run


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_ls(capsys):
    assert main(["ls", "fusion"]) == 0
    assert capsys.readouterr().out.startswith("fusion\n * concat")
    assert main(["ls"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"fusion", "encoder/image", "loss_weighting"} <= set(lines)
    assert not any(line.endswith("…") for line in lines), "without a terminal lines are whole"
    assert main(["ls", "fusoin"]) == 2
    assert "did you mean 'fusion'" in capsys.readouterr().err


def test_ones_own_options_are_listed_with_their_place(here, capsys):
    own = here / "mine" / "fusion" / "maximum.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("# Element-wise maximum\n_target_: mypackage.Maximum\n")
    assert run(["--config-dir", "mine", "fusion"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "maximum" in line]
    assert line.split()[0] == "maximum", "it is no default"
    assert line.endswith(f"Element-wise maximum [{own}]")
    assert run(["fusion"]) == 0
    assert "maximum" not in capsys.readouterr().out


def test_one_group_at_a_time(capsys):
    with pytest.raises(SystemExit) as end:
        run(["fusion", "task"])
    assert end.value.code == 2
    assert "unrecognized arguments: task" in capsys.readouterr().err
