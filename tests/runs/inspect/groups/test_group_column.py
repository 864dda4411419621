from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from tests.helpers.pairwise import pairwise
from tests.runs.inspect.plans import plan_of, roles

N = 240
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")


def ravdess(mixed: bool, codes: bool) -> dict[str, list]:
    """A table like RAVDESS's: 24 actors, each with the same 60 clips."""
    clips = [
        clip
        for clip in product(range(1, 25), range(1, 9), (1, 2), ("Kids are talking", "Dogs are sitting"), (1, 2))
        if clip[1:3] != (1, 2)  # nobody is strongly neutral
    ]
    if mixed:
        random.Random(0).shuffle(clips)
    assert len(clips) == 1440
    actors, emotions, intensities, statements, takes = map(list, zip(*clips, strict=True))
    return {
        "path": [f"Actor_{a:02}/03-01-{e:02}-{i:02}-{s[0]}-{t:02}-{a:02}.wav" for a, e, i, s, t in clips],
        "emotion": [f"{e:02}" if codes else EMOTIONS[e - 1] for e in emotions],
        "intensity": [f"{i:02}" if codes else ("normal", "strong")[i - 1] for i in intensities],
        "statement": statements,
        "repetition": takes,
        "actor": [f"{a:02}" if codes else str(a) for a in actors],
        "gender": [("female", "male")[a % 2] for a in actors],
    }


@pairwise(mixed=[False, True], codes=[False, True], name=["actor", "col_7"])
def test_the_actor_of_a_table_like_ravdess(mixed, codes, name):
    columns = {name if key == "actor" else key: cells for key, cells in ravdess(mixed, codes).items()}
    plan = plan_of(columns)
    assert [d.column for d in plan.of("group")] == [name]
    assert roles(plan)["emotion"] == "task classification"
    assert roles(plan)["path"] == "modality speech"


def table(**columns):
    generator = random.Random(0)
    columns |= {
        "x": [f"{generator.gauss(0, 1):.3f}" for _ in range(N)],
        "label": [generator.choice("ab") for _ in range(N)],
    }
    return plan_of(columns)


def near(owners, spread=0.4):
    """Two columns of numbers that are near to each other in rows of one owner."""
    generator = random.Random(0)
    own = {owner: [generator.gauss(0, 1) for _ in range(2)] for owner in sorted(set(owners))}
    return {f"m{k}": [f"{own[o][k] + generator.gauss(0, spread):.2f}" for o in owners] for k in range(2)}


def test_rows_of_random_words_that_stand_together_under_a_code():
    generator = random.Random(0)
    words = ["plot", "film", "great", "good", "boring", "bad", "actor"]
    note = [" ".join(generator.choices(words, k=8)) for _ in range(N)]
    plan = table(patientid=[f"P{i // 4:03}" for i in range(N)], note=note)
    decision = plan.decisions["patientid"]
    assert decision.role == "group"
    assert decision.reason == (
        "rows of one value belong together: 60 values in 240 rows; named like one; codes like 'P000'; "
        "rows of one value stand together; 4 rows each"
    )
    assert decision.warning == ""


SPLIT = {"split": ["train"] * 180 + ["val"] * 30 + ["test"] * 30}


@pytest.mark.parametrize(
    ("patients", "columns", "role", "warning"),
    [
        (
            [f"s{i % 7}" for i in range(N)],
            {},
            "group",
            "7 values alone: if new rows will have the same ones, it may be wanted as an input instead",
        ),
        ([f"p{i % 40:02}" for i in range(N)], SPLIT, "group", "40 of them are in more than one split"),
        (
            [None if i % 30 == 0 else f"p{i // 4:02}" for i in range(N)],
            {},
            "ignored",
            "8 rows have none, so nothing can be split by it: fill them, then set `data.split.group`",
        ),
    ],
)
def test_what_is_to_be_known_of_a_group(patients, columns, role, warning):
    decision = table(patient=patients, **columns).decisions["patient"]
    assert (decision.role, decision.warning) == (role, warning)
    assert decision.arguments == ({"straddling": 40} if columns else {})


def test_what_is_the_same_for_a_patient_is_an_input_and_its_visits_are_kept_with_it():
    generator = random.Random(1)
    ages = [str(generator.randint(20, 90)) for _ in range(30)]
    plan = table(
        visit=[f"v{i // 2:03}" for i in range(N)],
        age=[ages[i // 8] for i in range(N)],
        patient=[f"p{i // 8:03}" for i in range(N)],
    )
    assert roles(plan)["patient"] == "group"
    assert roles(plan)["age"] == "modality tabular"
    assert plan.decisions["visit"].reason.endswith("another group, `patient`, is the one that is kept together")


@pytest.mark.parametrize(
    "cells",
    [
        lambda g: f"SKU-{g.randint(0, 60):03}",
        lambda g: f"{g.randint(0, 30) / 2}",
    ],
)
def test_what_merely_repeats_is_no_group(cells):
    generator = random.Random(3)
    plan = table(column=[cells(generator) for _ in range(N)])
    assert plan.of("group") == []
    assert "belong together" not in plan.decisions["column"].reason


def test_the_last_column_is_the_target_though_texts_share_its_words():
    generator = random.Random(0)
    topics = [generator.randrange(22) for _ in range(N)]
    text = [" ".join(generator.choices([f"w{chr(97 + t)}{chr(97 + i)}" for i in range(15)], k=8)) for t in topics]
    names = [f"topic{chr(97 + i)}" for i in range(22)]
    plan = plan_of({"text": text, "topic": [names[t] for t in topics]})
    assert roles(plan) == {"text": "modality text", "topic": "task classification"}


def test_what_is_a_group_but_for_its_few_values_is_said_and_stays_an_input():
    generator = random.Random(0)
    devices = [generator.choice("abcd") for _ in range(N)]
    near = {k: [f"{3 * ord(d) * (-1) ** (ord(d) + k) + generator.gauss(0, 1):.2f}" for d in devices] for k in range(2)}
    plan = table(made_by=[f"{d}{d}x" for d in devices], first=near[0], second=near[1])
    assert roles(plan)["made_by"] == "modality tabular"
    assert plan.decisions["made_by"].reason == (
        "4 levels, and not a target; rows of one value are alike in 2 of 3 other columns: if new rows will be of "
        "others than these 4, keep those of one together (--group made_by)"
    )


def test_a_number_that_begins_anew_in_each_site_is_warned_of():
    towns = [("oslo", "rome", "lima", "cairo")[i // 60] for i in range(N)]
    plan = table(town=towns, number=[str(i // 4 % 15 + 1) for i in range(N)], **near([i // 4 for i in range(N)]))
    assert plan.of("group") == []
    warning = plan.decisions["number"].warning
    assert warning.startswith("rows of one `town` and one `number` belong together: 60 pairs in 240 rows; ")
    assert warning.endswith("write both into one column (`town-number`) and keep its rows together (--group COLUMN)")


def test_a_day_of_which_rows_are_alike_is_a_group_and_a_diary_is_none():
    generator = random.Random(0)
    dates = [f"2024-{1 + d // 28:02}-{1 + d % 28:02}" for d in (generator.randrange(40) for _ in range(N))]
    assert roles(table(day=dates, **near(dates)))["day"] == "group"
    assert table(day=sorted(dates)).decisions["day"].reason.startswith("dates or times")


def path_warning(tmp_path, paths, **columns) -> str:
    labels = np.random.default_rng(1).choice(["yes", "no", "stop"], len(paths)).tolist()
    plan = plan_of({"file": paths, **({"label": labels} | columns)}, tmp_path)
    return plan.decisions["file"].warning


PATHS = 300
SPEAKERS = [f"wav/spk{i // 15:02}_utt{i % 15:03}.wav" for i in range(PATHS)]
FOLDERS = [f"Actor_{i // 12:02}/03-01-{i % 8:02}-{i % 12:02}-{i // 12:02}.wav" for i in range(PATHS)]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (SPEAKERS, "20 values like 'spk00' for 300 rows: if that is a speaker"),
        (FOLDERS, "25 values like '00' for 300 rows: if that is a speaker"),
        ([f"patient{i // 6:03}/scan_{i % 6}.png" for i in range(PATHS)], "50 values like 'patient000' for 300 rows"),
    ],
)
def test_a_speaker_or_patient_in_paths_is_said(tmp_path, paths, message):
    assert message in path_warning(tmp_path, paths)
    assert "--group COLUMN" in path_warning(tmp_path, paths)


def test_of_paths_with_a_split_those_that_are_parted_are_counted(tmp_path):
    splits = np.random.default_rng(0).choice(["train", "train", "val", "test"], PATHS).tolist()
    assert "20 of them in more than one split" in path_warning(tmp_path, SPEAKERS, split=splits)
    whole = ["train" if i < 180 else "val" if i < 240 else "test" for i in range(PATHS)]
    assert "its paths hold" not in path_warning(tmp_path, SPEAKERS, split=whole)


def test_what_a_column_keeps_together_needs_no_word(tmp_path):
    assert "its paths hold" not in path_warning(tmp_path, SPEAKERS, speaker=[f"spk{i // 15:02}" for i in range(PATHS)])


@pytest.mark.parametrize(
    "paths",
    [
        [f"images/img_{i:05}.png" for i in range(PATHS)],
        [f"{['cat', 'dog', 'owl'][i % 3]}/{i // 3:03}.jpg" for i in range(PATHS)],
        [f"2023/{i % 12 + 1:02}/{i:04}.png" for i in range(PATHS)],
        [f"a{'_b' * (i % 4)}{i}.png" for i in range(PATHS)],
    ],
)
def test_classes_numbers_and_dates_in_paths_are_no_groups(tmp_path, paths):
    labels = [path.split("/")[0] for path in paths]
    assert "its paths hold" not in path_warning(tmp_path, paths, **({"label": labels} if len(set(labels)) == 3 else {}))
