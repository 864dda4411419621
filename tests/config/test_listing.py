import pytest

from mmfusion.config.errors import ConfigError
from mmfusion.config.listing import headline, listing


def test_lists_all_groups_and_marks_the_defaults(mini):
    text = listing()
    assert "\nfusion\n * concat  side by side (source)\n   gated   gates\n" in text
    assert "\nlogger\n * csv    a file\n   wandb  a service" in text
    assert "experiment\n * digits  the default" in text
    assert "encoder/image\n   cnn  convolutions" in text


def test_lists_one_group_and_those_below_it(mini):
    assert listing("encoder") == "encoder/image\n   cnn  convolutions\n\nencoder/text\n   rnn  words"
    with pytest.raises(ConfigError, match=r"no group 'fusoin'; did you mean 'fusion'"):
        listing("fusoin")


def test_shows_the_users_own_and_where_they_are(mini, tmp_path):
    file = tmp_path / "mine" / "fusion" / "mine.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("a: 1\n")
    assert f"   mine     [{file}]" in listing("fusion", [tmp_path / "mine"])


def test_cuts_lines_to_the_terminal(mini):
    assert all(len(line) <= 20 for line in listing(width=20).splitlines())


def test_headline_passes_over_hydras_own(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("# @package _global_\n# what it is\na: 1\n")
    assert headline(file) == "what it is"
    file.write_text("a: 1\n# later\n")
    assert headline(file) == ""
