import json
import shutil

import pytest

from mmfusion.report.live import Live, leaves
from mmfusion.report.sections._base import ReportSection, Section
from tests.helpers.run_folders import config, training_curves, write_run, write_sweep

METRIC = {"test/largest/accuracy": 0.9}


def patient(folder):
    """One that reads everything at once, however slow the machine is."""
    return Live(folder, patience=600)


def ask(live, before=None):
    version, server = (before["version"], before["server"]) if before else (0, "")
    return json.loads(live.since(version, server))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "outputs"
    write_sweep(folder / "s", planned=4)
    for number, fusion in enumerate(("concat", "gated")):
        write_run(folder / "s" / str(number), config({"fusion": fusion}), METRIC, curves=training_curves(20))
    return folder


def test_an_answer_has_what_changed_since_the_one_before(folder):
    live = patient(folder)
    first = ask(live)
    assert [run["id"] for run in first["runs"]] == first["ids"] == ["s/0", "s/1"]
    assert (first["full"], first["shared"]["by"], first["reading"]) == (True, ["fusion"], 0)
    again = ask(live, first)
    assert (again["full"], again["runs"], again["ids"], again["shared"]) == (False, [], None, None)
    assert again["version"] == first["version"]

    (folder / "s" / "1" / "metrics.csv").write_bytes(training_curves(40))
    points = ask(live, first)
    assert [run["id"] for run in points["runs"]] == ["s/1"]
    assert points["runs"][0]["curves"]["step/sum/loss"]["n"] == 40
    assert (points["ids"], points["shared"]) == (None, None)

    write_run(folder / "s" / "2", config({"fusion": "sum"}), METRIC)
    late = ask(live)  # another page
    assert len(late["runs"]) == 3
    job = ask(live, points)
    assert ([run["id"] for run in job["runs"]], job["ids"]) == (["s/2"], ["s/0", "s/1", "s/2"])
    assert job["shared"]["to_come"] == [["s", 1, 4]]
    assert ask(live, late)["runs"] == []

    shutil.rmtree(folder / "s" / "0")
    gone = ask(live, job)
    assert (gone["ids"], gone["runs"]) == (["s/1", "s/2"], [])
    shutil.rmtree(folder)
    assert ask(live, gone)["ids"] == []


def test_sections_of_the_page_are_written_anew_with_what_is_shown_of_all(folder):
    class Counted(ReportSection):
        def section(self, runs):
            return Section(f"{len(runs)} runs")

    live = Live(folder, patience=600, sections={"counted": Counted()})
    first = ask(live)
    assert [section["title"] for section in first["shared"]["sections"]] == ["2 runs"]
    write_run(folder / "s" / "2", config({"fusion": "sum"}), METRIC)
    assert [section["title"] for section in ask(live, first)["shared"]["sections"]] == ["3 runs"]


def test_a_page_of_an_earlier_server_gets_everything(folder):
    live = patient(folder)
    new = ask(live, ask(patient(folder)))
    assert (new["full"], len(new["runs"])) == (True, 2)
    assert ask(live, new | {"version": 99})["full"] is True


def test_what_one_answer_has_no_time_for_comes_with_the_next_ones(folder):
    for number in range(2, 6):
        write_run(folder / "s" / str(number), config({"fusion": "sum"}, seed=number), METRIC)
    live = Live(folder, patience=0.0)
    seen, before = [], None
    while before is None or before["reading"]:
        before = ask(live, before)
        seen.append([run["id"] for run in before["runs"]])
    assert seen == [[f"s/{number}"] for number in range(6)]
    assert before["ids"] == [f"s/{number}" for number in range(6)]
    assert len(before["shared"]["settings"]) == 6


@pytest.mark.parametrize(
    "name", ["config.yaml", "result.json", "metrics.csv", "predictions.parquet", "log.txt", "job.json"]
)
def test_a_file_that_is_a_link_out_of_the_folder_is_not_shown(folder, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text('{"status": "failed", "error": "hunter2", "name": "hunter2"}')
    inside = folder / "s" / "1" / name
    inside.unlink(missing_ok=True)
    inside.symlink_to(secret)
    answer = patient(folder).since(0, "")
    assert "hunter2" not in answer
    run = next(run for run in json.loads(answer)["runs"] if run["id"] == "s/1")
    assert run["error"] == f"{name} leads out of the folder; nothing of this run is shown"
    assert run["config"] == {}


def test_a_folder_that_is_a_link_is_not_gone_into_and_a_link_inside_is_read(folder, tmp_path):
    write_run(tmp_path / "elsewhere", metrics={"test/largest/accuracy": 0.1})
    (folder / "away").symlink_to(tmp_path / "elsewhere")
    (folder / "s" / "1" / "metrics.csv").unlink()
    (folder / "s" / "1" / "metrics.csv").symlink_to("../0/metrics.csv")
    found = ask(patient(folder))
    assert found["ids"] == ["s/0", "s/1"]
    assert found["runs"][1]["curves"]


def test_a_sweep_above_the_folder_or_behind_a_link_says_nothing(folder, tmp_path):
    assert ask(patient(folder / "s" / "0"))["runs"][0]["sweep"] is None
    secret = tmp_path / "sweep.json"
    secret.write_text(json.dumps({"kind": "grid", "planned": 77}))
    (folder / "s" / "sweep.json").unlink()
    (folder / "s" / "sweep.json").symlink_to(secret)
    found = ask(patient(folder))
    assert found["shared"]["to_come"] == []
    assert found["runs"][0]["sweep"] is None


def test_what_a_study_concludes_is_shown_unless_it_lies_elsewhere(folder, tmp_path):
    (folder / "s" / "conclusion.md").write_text("# study=fusion\n")
    live = patient(folder)
    first = ask(live)
    assert first["shared"]["conclusions"] == [["s", "# study=fusion\n"]]
    (folder / "s" / "conclusion.md").write_text("# another\n")
    assert ask(live, first)["shared"]["conclusions"] == [["s", "# another\n"]]
    secret = tmp_path / "secret.md"
    secret.write_text("a secret")
    (folder / "s" / "conclusion.md").unlink()
    (folder / "s" / "conclusion.md").symlink_to(secret)
    assert ask(patient(folder))["shared"]["conclusions"] == []


def test_links_are_followed_to_their_end(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("")
    run = folder / "s" / "0"
    (run / "log.txt").symlink_to(run / "hop")
    (run / "hop").symlink_to(outside)
    assert leaves(run, folder.resolve()) == "log.txt"
    (run / "hop").unlink()
    (run / "hop").symlink_to(run / "metrics.csv")
    assert leaves(run, folder.resolve()) is None
    (tmp_path / "link").symlink_to(folder / "s")
    assert leaves(tmp_path / "link" / "1", folder.resolve()) is None
