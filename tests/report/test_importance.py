import json
import warnings

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import create_trial

from mmfusion.report.importance import importance


def search(folder, trials, directions=("maximize",)):
    """A sweep's folder with a study of which `lr` decides the first objective and `depth` the second."""
    metrics = [f"val/task{i}/accuracy" for i in range(len(directions))]
    (folder / "sweep.json").write_text(
        json.dumps(
            {
                "kind": "search",
                "study": "s",
                "storage": "journal",
                "objectives": [
                    {"metric": metric, "direction": direction}
                    for metric, direction in zip(metrics, directions, strict=True)
                ],
            }
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
        study = optuna.create_study(study_name="s", storage=storage, directions=list(directions))
    space = {"lr": FloatDistribution(0.0, 1.0), "depth": FloatDistribution(0.0, 1.0)}
    for i in range(trials):
        values = {"lr": (i * 0.618) % 1, "depth": (i * 0.414) % 1}
        objectives = [values["lr"] + 0.01 * values["depth"], values["depth"] + 0.01 * values["lr"]][: len(directions)]
        study.add_trial(create_trial(params=values, distributions=space, values=objectives))
    return study


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_parameter_that_decides_is_the_most_important_whichever_way_is_better(tmp_path, direction):
    search(tmp_path, 60, (direction,))
    (found,) = importance(tmp_path)
    assert found["objective"] == "val/task0/accuracy"
    assert found["trials"] == 60
    assert found["note"] is None
    assert list(found["methods"]) == ["fANOVA", "PED-ANOVA, best 6"]
    for values in found["methods"].values():
        assert values["lr"] > 0.8
        assert sum(values.values()) == pytest.approx(1.0)


def test_every_objective_has_its_own(tmp_path):
    search(tmp_path, 40, ("maximize", "minimize"))
    first, second = importance(tmp_path)
    assert first["methods"]["fANOVA"]["lr"] > 0.8
    assert second["methods"]["fANOVA"]["depth"] > 0.8


def test_a_conditional_parameter_is_left_to_the_method_that_knows_them(tmp_path):
    study = search(tmp_path, 30)
    space = {"lr": FloatDistribution(0.0, 1.0)}
    study.add_trial(create_trial(params={"lr": 0.5}, distributions=space, value=0.5))
    (found,) = importance(tmp_path)
    assert set(found["methods"]["fANOVA"]) == {"lr"}
    assert set(found["methods"]["PED-ANOVA, best 5"]) == {"lr", "depth"}


def test_too_few_trials_say_so(tmp_path):
    search(tmp_path, 7)
    (found,) = importance(tmp_path)
    assert found["methods"] == {}
    assert found["note"] == "7 completed trials; 8 are the fewest that anything is said of"


def test_trials_that_all_came_to_the_same_say_so(tmp_path):
    study = search(tmp_path, 0)
    for i in range(9):
        space = {"lr": FloatDistribution(0.0, 1.0)}
        study.add_trial(create_trial(params={"lr": i / 9}, distributions=space, value=0.5))
    (found,) = importance(tmp_path)
    assert found["methods"] == {}
    assert found["note"] == "all trials came to the same value"


def test_a_sweep_that_is_no_search_has_none(tmp_path):
    assert importance(tmp_path) == []
    (tmp_path / "sweep.json").write_text('{"kind": "grid"}')
    assert importance(tmp_path) == []
    (tmp_path / "sweep.json").write_text("[")
    assert importance(tmp_path) == []


def test_a_study_that_cannot_be_read_says_why_and_ends_nothing(tmp_path):
    about = {"kind": "search", "study": "s", "storage": "sqlite:///nowhere.db", "objectives": [{"metric": "val/loss"}]}
    (tmp_path / "sweep.json").write_text(json.dumps(about))
    (found,) = importance(tmp_path, other_storages=False)
    assert "sqlite:///nowhere.db is not read here" in found["note"]
    (found,) = importance(tmp_path)
    assert "nowhere.db is not there" in found["note"]
    (tmp_path / "sweep.json").write_text(json.dumps(about | {"storage": "study.journal"}))
    (tmp_path / "study.journal").write_text("no journal\n")
    (found,) = importance(tmp_path)
    assert found["note"].startswith("the study cannot be read: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.journal", "sweep.json"]


def test_a_study_in_sqlite_is_read(tmp_path):
    search(tmp_path, 0)
    url = f"sqlite:///{tmp_path / 'study.db'}"
    about = json.loads((tmp_path / "sweep.json").read_text())
    (tmp_path / "sweep.json").write_text(json.dumps(about | {"storage": url, "study": "other"}))
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(study_name="other", storage=storage)
    for i in range(9):
        study.add_trial(create_trial(params={"lr": i / 9}, distributions={"lr": FloatDistribution(0, 1)}, value=i / 3))
    storage.remove_session()
    storage.engine.dispose()
    (found,) = importance(tmp_path)
    assert found["trials"] == 9
    assert found["methods"]["fANOVA"] == {"lr": 1.0}


def test_a_journal_of_another_name_is_read_where_the_folder_is_now_unless_only_the_folder_may_be(tmp_path):
    search(tmp_path, 9)
    (tmp_path / "study.journal").rename(tmp_path / "mine.journal")
    about = json.loads((tmp_path / "sweep.json").read_text())
    (tmp_path / "sweep.json").write_text(json.dumps(about | {"storage": "/elsewhere/before/mine.journal"}))
    (found,) = importance(tmp_path)
    assert found["trials"] == 9
    (found,) = importance(tmp_path, other_storages=False)
    assert "is not read here" in found["note"]
