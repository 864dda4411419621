import json

import pytest

from mmfusion.store.sweep import Sweep, job_hash
from mmfusion.sweeps.command import Command
from mmfusion.sweeps.search.batch_runner import BatchRunner


class Launcher:
    """As joblib's: runs what it is given and comes back when all of it has ended."""

    def __init__(self, folder):
        self.folder, self.batches = folder, []

    def launch(self, job_overrides, initial_job_idx):
        self.batches.append([list(item) for item in job_overrides])
        for overrides in job_overrides:
            job = self.folder.planned(job_hash(overrides))
            self.folder.prepare(job)
            if "seed=2" not in job.overrides:
                (job.folder / "result.json").write_text('{"status": "completed", "seconds": 3.0}')


@pytest.fixture
def batch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Sweep(tmp_path / "sweep")
    folder.open(kind="search")
    command = Command([], [], [], [], {}, folder.path)
    return BatchRunner(Launcher(folder), folder, command, 2)


def test_jobs_are_launched_together_and_their_results_come_back(batch):
    jobs = [batch.sweep.job([f"seed={n}", "optimizer.lr=0.5"], 7 + n) for n in range(3)]
    with batch:
        batch.start(jobs[0], {"A": "1"}, trial=7)
        assert batch.has_slot(jobs[1])
        batch.start(jobs[1], {}, trial=8)
        assert not batch.has_slot(jobs[2])
        ended = batch.wait()
        assert [(item.job.number, item.status, item.seconds) for item in ended] == [
            (7, "completed", 3.0),
            (8, "completed", 3.0),
        ]
        batch.start(jobs[2], {}, trial=9)
        (last,) = batch.wait()
        assert (last.status, last.error) == ("failed", "its worker died: the launcher came back without a result")
        assert batch.wait() == []
    assert batch.launcher.batches == [
        [["++seed=0", "++optimizer.lr=0.5"], ["++seed=1", "++optimizer.lr=0.5"]],
        [["++seed=2", "++optimizer.lr=0.5"]],
    ]
    about = batch.sweep.about()
    assert about["jobs"][jobs[0].hash]["given"] == jobs[0].hash, "a + before a key changes nothing"
    assert about["environments"][jobs[0].hash] == {"A": "1"}
    assert json.loads((jobs[0].folder / "job.json").read_text())["trial"] == 7


def test_a_group_that_is_left_out_is_found_again(batch):
    job = batch.sweep.job(["optimizer.lr=0.5", "logger=null"], 0)
    batch.start(job)
    batch.wait()
    ((given,),) = batch.launcher.batches
    assert given == ["++optimizer.lr=0.5", "logger=[]"]
    assert batch.sweep.planned(job_hash(given)) == job


def test_a_job_whose_files_give_hydra_orders_is_not_launched(batch, tmp_path):
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    text = "# @package _global_\ndefaults: [digits, _self_]\nhydra: {callbacks: {x: {_target_: os.system}}}\n"
    (tmp_path / "conf" / "experiment" / "evil.yaml").write_text(text)
    job = batch.sweep.job(["experiment=evil"], 0)
    batch.start(job)
    assert not batch.has_slot(job), "a search is to hear of it before it starts another"
    (ended,) = batch.wait()
    assert ended.status == "failed"
    assert ended.error.startswith("it could not be started: ConfigError: hydra.callbacks: a config file may set")
    assert batch.launcher.batches == []
