from pathlib import Path

import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.folders import groups, hidden_files, own_folder, user_folders


def test_own_folder_has_the_top_level_config():
    assert (own_folder() / "train.yaml").is_file()


def test_user_folders_are_those_given_and_conf_here(mini, tmp_path):
    assert user_folders() == []
    (Path.cwd() / "conf").mkdir()
    other = tmp_path / "other"
    other.mkdir()
    assert user_folders([other, str(other)]) == [other, Path.cwd() / "conf"]
    with pytest.raises(ConfigError, match="--config-dir: there is no folder"):
        user_folders([tmp_path / "absent"])


def test_own_folder_is_not_a_users(mini, monkeypatch):
    (mini.parent / "link").mkdir()
    (mini.parent / "link" / "conf").symlink_to(mini)
    monkeypatch.chdir(mini.parent / "link")
    assert user_folders([mini]) == []


def test_groups_of_all_folders_the_first_wins(mini, tmp_path):
    mine = tmp_path / "mine"
    (mine / "fusion").mkdir(parents=True)
    (mine / "fusion" / "mine.yaml").write_text("a: 1\n")
    (mine / "fusion" / "concat.yaml").write_text("a: 1\n")
    (mine / "fusion" / "notes.txt").write_text("no config\n")
    found = groups([mini, mine])
    assert list(found["fusion"]) == ["concat", "gated", "mine"]
    assert found["fusion"]["concat"] == mini / "fusion" / "concat.yaml"
    assert set(found["encoder/image"]) == {"cnn"}
    assert hidden_files([mini, mine]) == [mine / "fusion" / "concat.yaml"]
    assert hidden_files([mini]) == []
