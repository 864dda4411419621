from mmfusion.sweeps.job import Job, job_hash


def test_a_job_is_its_overrides_whatever_their_order():
    assert job_hash(["seed=1", "++fusion.dim=3"]) == job_hash(["fusion.dim=3", "seed=1"])
    assert job_hash(["seed=1"]) != job_hash(["seed=2"])


def test_of_one_key_the_later_counts():
    assert job_hash(["seed=1", "seed=2"]) != job_hash(["seed=2", "seed=1"])


def test_what_its_process_is_told(tmp_path):
    job = Job(("seed=1",), "abc", 3, tmp_path / "sweep" / "3")
    assert job.environment() == {"MMFUSION_SWEEP": "sweep", "MMFUSION_JOB": "abc"}
    assert str(job) == "job 3 (seed=1)"
