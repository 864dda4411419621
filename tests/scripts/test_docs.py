"""What README and docs point to exists, and what they say to type is right."""

import re
import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from mmfusion.cli import HELP, main
from mmfusion.config.compose import load_config


def test_no_page_has_a_gap_and_every_link_leads_somewhere(repo):
    pages = [repo / "README.md", repo / "CONTRIBUTING.md", *sorted((repo / "docs").glob("*.md"))]
    for page in pages:
        text = page.read_text()
        assert "@@" not in text, page
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


OF_ONES_OWN = re.compile(r"experiment=data|maximum|mypackage|…|<|\[overrides\]")
"""Commands that need a file which the page has made up."""


def commands(repo, verb):
    """Every `mmfusion <verb> …` of the pages, as words, comments and backquotes taken off."""
    pages = [repo / "README.md", repo / "CONTRIBUTING.md", *sorted((repo / "docs").glob("*.md"))]
    text = "\n".join([HELP, *(page.read_text() for page in pages)])
    for line in re.findall(rf"(?:^|`|\$ )[ ]*(?:\.venv/bin/)?mmfusion ({verb}\b[^`\n]*)", text, re.MULTILINE):
        if not OF_ONES_OWN.search(line):
            yield shlex.split(line.split(" && ")[0], comments=True)[1:]


def test_every_training_that_the_pages_name_is_a_right_config(repo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RANK", raising=False)
    seen = set()
    for words in commands(repo, "train"):
        # `@file` is a file that the page has made up.
        overrides = [word for word in words if not word.startswith(("-", "@")) and word != "job"]
        # Several values, for -m: each of them in turn, beside the first of the others.
        choices = [values(word) for word in overrides]
        first = [each[0] for each in choices]
        others = [[*first[:i], value, *first[i + 1 :]] for i, each in enumerate(choices) for value in each[1:]]
        for chosen in (first, *others):
            if "optimizer.lrr=1e-3" in chosen:
                with pytest.raises(ValueError, match="did you mean 'lr'"):
                    load_config(chosen)
            else:
                load_config(chosen)
            seen.update(chosen)
    assert {"~encoder.speech", "fusion=gated", "loss_weighting=gradnorm", "trainer=ddp", "seed=2"} <= seen


def values(override):
    """The override with each value that it sweeps; of an interval, its ends."""
    parsed = OverridesParser.create().parse_override(override)
    if parsed.is_discrete_sweep():
        return [f"{parsed.get_key_element()}={each}" for each in parsed.sweep_string_iterator()]
    if parsed.is_interval_sweep():
        return [f"{parsed.get_key_element()}={each}" for each in (parsed.value().start, parsed.value().end)]
    return [override]


def test_every_group_that_the_pages_list_is_there(repo, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    listed = [words for words in commands(repo, "ls") if words]
    assert listed
    for words in listed:
        assert main(["ls", *words]) == 0, words
    assert capsys.readouterr().out
