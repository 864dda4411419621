import os

import numpy as np
import polars as pl
import pytest

from mmfusion.runs import baseline_cache as module
from mmfusion.runs.baseline_cache import baselines, compared
from mmfusion.store.files import BASELINE_PREDICTIONS
from mmfusion.training.build import build_data
from tests.runs.small_experiment import small_config, write_small_experiment


def ready(conf, *overrides):
    config = small_config(conf, *overrides)
    data, tasks = build_data(config)
    data.setup()
    return config, data, tasks


@pytest.fixture
def conf(tmp_path):
    return write_small_experiment(tmp_path)


def test_a_table_is_measured_once_whatever_is_trained_on_it(conf, monkeypatch):
    first, folder = baselines(*ready(conf))
    assert set(first["metrics"]) == {"constant", "linear[a]", "linear[b]", "linear[c]", "linear[a+b+c]"}
    monkeypatch.setattr(module, "measure_baselines", None)
    assert baselines(*ready(conf, "fusion=gated", "seed=3", "data.loader.batch_size=8")) == (first, folder)


@pytest.mark.parametrize(
    "change", ["~encoder.c", "~task.level", "data.modalities.a.columns=[a1,a2]", "task.flag.positive=no", "rows"]
)
def test_what_changes_the_numbers_is_measured_anew(conf, change):
    before = module._key(*ready(conf)[:2])
    if change == "rows":
        table = conf.parent / "small.csv"
        table.write_text("\n".join(table.read_text().split("\n")[:-2]) + "\n")
    assert module._key(*ready(conf, *([] if change == "rows" else [change]))[:2]) != before


def test_a_medium_that_was_changed_under_its_name_counts(tmp_path, conf):
    rows = ["id,split,v,kind"]
    for i in range(9):
        np.save(tmp_path / f"{i}.npy", np.ones(3) * i)
        rows.append(f"r{i},{('train', 'val', 'test')[i % 3]},{i}.npy,{'ab'[i // 3 % 2]}")
    (tmp_path / "small.csv").write_text("\n".join(rows))
    alone = ["~encoder.b", "~encoder.c", "~task.level", "~task.flag"]
    alone += ["data.modalities.a.columns=null", "+data.modalities.a.column=v"]
    before = module._key(*ready(conf, *alone)[:2])
    assert module._key(*ready(conf, *alone)[:2]) == before
    os.utime(tmp_path / "4.npy", (1, 1))
    assert module._key(*ready(conf, *alone)[:2]) != before


def test_a_run_is_compared_on_the_rows_that_it_predicted(conf, tmp_path):
    summary, folder = baselines(*ready(conf))
    simple = pl.read_parquet(folder / BASELINE_PREDICTIONS)
    own = simple.with_columns(kind_true=pl.col("kind"), level_true=pl.col("level"), flag_true=pl.lit(None, pl.String))
    found = compared(summary, folder, own.head(10), tmp_path)
    assert found["against"]["kind"] == {"rows": 10, "difference": 0, "low": 0, "high": 0}
    assert found["against"]["flag"]["rows"] == 0
    assert pl.read_parquet(tmp_path / BASELINE_PREDICTIONS).equals(simple)
