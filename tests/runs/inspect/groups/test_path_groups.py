from __future__ import annotations

import numpy as np
import pytest

from tests.runs.inspect.plans import plan_of

N = 300


def warning(tmp_path, paths, **columns) -> str:
    labels = np.random.default_rng(1).choice(["yes", "no", "stop"], len(paths)).tolist()
    plan = plan_of({"file": paths, **({"label": labels} | columns)}, tmp_path)
    return plan.decisions["file"].warning


SPEAKERS = [f"wav/spk{i // 15:02}_utt{i % 15:03}.wav" for i in range(N)]
FOLDERS = [f"Actor_{i // 12:02}/03-01-{i % 8:02}-{i % 12:02}-{i // 12:02}.wav" for i in range(N)]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (SPEAKERS, "20 values like 'spk00' for 300 rows: if that is a speaker"),
        (FOLDERS, "25 values like '00' for 300 rows: if that is a speaker"),
        ([f"patient{i // 6:03}/scan_{i % 6}.png" for i in range(N)], "50 values like 'patient000' for 300 rows"),
    ],
)
def test_a_speaker_or_patient_in_paths_is_said(tmp_path, paths, message):
    assert message in warning(tmp_path, paths)
    assert "--group COLUMN" in warning(tmp_path, paths)


def test_of_paths_with_a_split_those_that_are_parted_are_counted(tmp_path):
    splits = np.random.default_rng(0).choice(["train", "train", "val", "test"], N).tolist()
    assert "20 of them in more than one split" in warning(tmp_path, SPEAKERS, split=splits)
    whole = ["train" if i < 180 else "val" if i < 240 else "test" for i in range(N)]
    assert "its paths hold" not in warning(tmp_path, SPEAKERS, split=whole)


def test_what_a_column_keeps_together_needs_no_word(tmp_path):
    assert "its paths hold" not in warning(tmp_path, SPEAKERS, speaker=[f"spk{i // 15:02}" for i in range(N)])


@pytest.mark.parametrize(
    "paths",
    [
        [f"images/img_{i:05}.png" for i in range(N)],
        [f"{['cat', 'dog', 'owl'][i % 3]}/{i // 3:03}.jpg" for i in range(N)],
        [f"2023/{i % 12 + 1:02}/{i:04}.png" for i in range(N)],
        [f"a{'_b' * (i % 4)}{i}.png" for i in range(N)],
    ],
)
def test_classes_numbers_and_dates_in_paths_are_no_groups(tmp_path, paths):
    labels = [path.split("/")[0] for path in paths]
    assert "its paths hold" not in warning(tmp_path, paths, **({"label": labels} if len(set(labels)) == 3 else {}))
