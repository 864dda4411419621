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
    objectives = [{"metric": f"val/task{i}/accuracy", "direction": way} for i, way in enumerate(directions)]
    about = {"kind": "search", "study": "s", "storage": "journal", "objectives": objectives}
    (folder / "sweep.json").write_text(json.dumps(about))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        storage = JournalStorage(JournalFileBackend(str(folder / "study.journal")))
        study = optuna.create_study(study_name="s", storage=storage, directions=list(directions))
    space = {"lr": FloatDistribution(0.0, 1.0), "depth": FloatDistribution(0.0, 1.0)}
    for i in range(trials):
        lr, depth = (i * 0.618) % 1, (i * 0.414) % 1
        values = [lr + 0.01 * depth, depth + 0.01 * lr][: len(directions)]
        study.add_trial(create_trial(params={"lr": lr, "depth": depth}, distributions=space, values=values))
    return study


def add_rates(study, values):
    """Trials of a learning rate alone."""
    space = {"lr": FloatDistribution(0.0, 1.0)}
    for i, value in enumerate(values):
        study.add_trial(create_trial(params={"lr": i / 9}, distributions=space, value=value))


def test_the_parameter_that_decides_an_objective_is_the_most_important_whichever_way_is_better(tmp_path):
    search(tmp_path, 60, ("maximize", "minimize"))
    for found, decides in zip(importance(tmp_path), ("lr", "depth"), strict=True):
        assert (found["trials"], found["note"]) == (60, None)
        assert list(found["methods"]) == ["fANOVA", "PED-ANOVA, best 6"]
        for values in found["methods"].values():
            assert values[decides] > 0.8
            assert sum(values.values()) == pytest.approx(1.0)
    assert importance(tmp_path)[0]["objective"] == "val/task0/accuracy"


def test_a_conditional_parameter_is_left_to_the_method_that_knows_them(tmp_path):
    add_rates(search(tmp_path, 30), [0.5])
    (found,) = importance(tmp_path)
    assert set(found["methods"]["fANOVA"]) == {"lr"}
    assert set(found["methods"]["PED-ANOVA, best 5"]) == {"lr", "depth"}


@pytest.mark.parametrize(
    ("trials", "rates", "note"),
    [
        (7, [], "7 completed trials; 8 are the fewest that anything is said of"),
        (0, [0.5] * 9, "all trials came to the same value"),
    ],
)
def test_too_few_trials_and_equal_ones_say_so(tmp_path, trials, rates, note):
    add_rates(search(tmp_path, trials), rates)
    (found,) = importance(tmp_path)
    assert (found["methods"], found["note"]) == ({}, note)


def test_a_sweep_that_is_no_search_has_none(tmp_path):
    assert importance(tmp_path) == []
    for text in ('{"kind": "grid"}', "["):
        (tmp_path / "sweep.json").write_text(text)
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
    add_rates(study, [i / 3 for i in range(9)])
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
