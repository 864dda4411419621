import io

from rich.console import Console

from mmfusion.report.sections._base import Section, SectionTable
from mmfusion.studies.conclusion import Conclusion, markdown, show_conclusion

TABLE = SectionTable(
    ["", "accuracy ↑", "n", "time"], [["a|b", "0.90 ± 0.01", "5", "40 s"], ["[red]c", "0.80 ± 0.02", "5", "41 s"]]
)
FOUND = Conclusion(
    "study=fusion: 2 variants, 5 seeds",
    ["a is better than [red]c."],
    [Section("Numbers", ["Five seeds."], [TABLE]), Section("Jobs", ["10 of 10 jobs completed.", "None failed."])],
)


def shown(width):
    text = io.StringIO()
    show_conclusion(FOUND, Console(file=text, width=width, no_color=True))
    return text.getvalue()


def test_as_markdown():
    assert (
        markdown(FOUND)
        == """\
# study=fusion: 2 variants, 5 seeds

**a is better than [red]c.**

## Numbers

|  | accuracy ↑ | n | time |
| --- | ---: | ---: | ---: |
| a\\|b | 0.90 ± 0.01 | 5 | 40 s |
| [red]c | 0.80 ± 0.02 | 5 | 41 s |

- Five seeds.

## Jobs

- 10 of 10 jobs completed.
- None failed.
"""
    )


def test_in_the_terminal_the_answer_comes_last():
    text = shown(100)
    assert text.rstrip().endswith("a is better than [red]c.")
    assert "[red]c" in text.split("Jobs")[0]
    assert "41 s" in text
    assert "• 10 of 10 jobs completed." in text


def test_columns_that_do_not_fit_are_named():
    text = shown(31)
    assert "41 s" not in text
    assert "0.80 ± 0.02" in text
    assert "Not shown for want of width: time; conclusion.md has all." in text
