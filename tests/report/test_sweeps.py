from mmfusion.report.runs import find_runs
from mmfusion.report.sweeps import not_begun, read_sweep
from tests.helpers.run_folders import write_run, write_sweep


def test_jobs_that_are_to_come(tmp_path):
    first, second = write_sweep(tmp_path / "a", planned=3), write_sweep(tmp_path / "b", planned=1)
    for folder in (first / "0", second / "0", second / "1", tmp_path / "alone"):
        write_run(folder)
    assert not_begun(find_runs([tmp_path])) == [(first, 2, 3)]


def test_the_jobs_are_the_plan(tmp_path):
    sweep = write_sweep(tmp_path / "a", jobs={f"{n:016x}": {"number": n, "overrides": []} for n in range(5)})
    write_run(sweep / "0")
    assert not_begun(find_runs([sweep])) == [(sweep, 4, 5)]


def test_damage_is_no_obstacle(tmp_path):
    sweep = write_sweep(tmp_path / "a", planned=3)
    write_run(sweep / "0")
    for damage in ("{", "[]", '{"kind": "grid", "planned": "many"}'):
        (sweep / "sweep.json").write_text(damage)
        assert not_begun(find_runs([sweep])) == []
    assert read_sweep(tmp_path) == {}
