import json

import pytest
from plotly.graph_objects import Figure

from mmfusion.config.errors import ConfigError
from mmfusion.config.instantiate import trusting
from mmfusion.report.built_sections import build_sections, contents
from mmfusion.report.sections._base import ReportSection, Section, SectionTable
from tests.report.memory_runs import make_run


class Seeds(ReportSection):
    """How often each seed was run, as sentence, table and chart."""

    def __init__(self, noun="seed", fails=False):
        self.noun = noun
        self.fails = fails

    def section(self, runs):
        if self.fails:
            raise KeyError(self.noun)
        if not runs:
            return None
        table = SectionTable([self.noun, "runs"], [[run.seed, 1] for run in runs])
        figure = Figure().add_bar(x=[run.seed for run in runs], y=[1.0] * len(runs))
        return Section("Seeds", [f"{len(runs)} runs."], [table], [figure, {"data": [], "layout": {"height": 200}}])


NODE = {"_target_": f"{__name__}.Seeds"}


def test_one_file_in_the_folder_is_a_section(tmp_path, monkeypatch):
    from mmfusion.report import sections

    source = "from mmfusion.report.sections._base import ReportSection, Section\n\n\n"
    source += "class Mine(ReportSection):\n    def section(self, runs):\n        return Section('Mine', ['yes'])\n"
    (tmp_path / "mine.py").write_text(source)
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    built = build_sections()
    assert list(built) == ["mine", "undefined_metrics"]
    assert [(each["name"], each["lines"]) for each in contents(built, [])] == [("mine", ["yes"])]


def test_a_section_of_ones_own_as_json_knows_it():
    with trusting([__name__]):
        built = build_sections({"seeds": {**NODE, "noun": "<b>"}})
    (found,) = contents(built, [make_run("a", seed=3)])
    assert json.loads(json.dumps(found)) == found
    assert (found["title"], found["lines"]) == ("Seeds", ["1 runs."])
    assert found["tables"] == [{"head": ["<b>", "runs"], "rows": [["3", "1"]]}]
    assert [len(figure["data"]) for figure in found["figures"]] == [1, 0]
    assert contents(built, []) == []


def test_one_that_fails_says_why_and_leaves_the_rest():
    with trusting([__name__]):
        built = build_sections({"wrong": {**NODE, "fails": True}, "seeds": NODE})
    wrong, seeds = contents(built, [make_run("a")])
    assert wrong["lines"] == ["This section could not be made: KeyError: 'seed'"]
    assert seeds["title"] == "Seeds"


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ({"mine": NODE}, "is refused: it is not a public name under mmfusion.report.sections"),
        ({"undefined_metrics": NODE}, "there is a section of this name already"),
        ({"a b": NODE}, "a name is made of ASCII letters"),
        ({"mine": {}}, "expected a mapping with a `_target_`"),
        ({"other": {"_target_": f"{__name__}.Other"}}, "Other is no ReportSection"),
    ],
)
def test_refused(nodes, message):
    trusted = [__name__] if "other" in nodes else []
    with trusting(trusted), pytest.raises(ConfigError, match=rf"^report.sections.{next(iter(nodes))}: .*{message}"):
        build_sections(nodes)


class Other:
    """Something else."""
