import PIL.Image
import pytest

from tests.runs.inspect.plans import plan_of, roles

N = 40
LABELS = ["ab"[i % 3 % 2] for i in range(N)]
TEXTS = [f"word{i} and some more words" for i in range(N)]


@pytest.mark.parametrize("suffix", ["mp4", "AVI", "mov", "mkv", "webm"])
def test_videos_are_not_read_and_it_says_what_to_do(tmp_path, suffix):
    columns = {"clip": [f"clips/{i}.{suffix}" for i in range(N)], "said": TEXTS, "label": LABELS}
    plan = plan_of(columns, tmp_path)
    assert roles(plan) == {"clip": "ignored", "said": "modality text", "label": "task classification"}
    assert plan.decisions["clip"].reason == f"paths ending in .{suffix.lower()}: videos"
    assert plan.decisions["clip"].warning.startswith("videos are not read; take frames")


def test_other_media_that_are_not_read(tmp_path):
    plan = plan_of({"scan": [f"{i}.dcm" for i in range(N)], "said": TEXTS, "label": LABELS}, tmp_path)
    assert roles(plan)["scan"] == "ignored"
    assert "convert them to PNG or JPEG" in plan.decisions["scan"].warning


def test_with_nothing_but_videos_the_error_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"nothing to learn from.*videos are not read; take frames"):
        plan_of({"clip": [f"{i}.mp4" for i in range(N)], "label": LABELS}, tmp_path)


@pytest.fixture
def folders(tmp_path):
    for name in ("3", "cats"):
        (tmp_path / name).mkdir()
    for i in range(N):
        PIL.Image.new("L", (6, 6)).save(tmp_path / ("3", "cats")[i % 2] / f"{i // 2}.png")
    return tmp_path


def test_files_that_are_there_only_behind_a_column_of_folders(folders):
    columns = {
        "folder": [("3", "cats")[i % 2] for i in range(N)],
        "file": [f"{i // 2}.png" for i in range(N)],
        "label": LABELS,
    }
    plan = plan_of(columns, folders)
    decision = plan.decisions["file"]
    assert (decision.kind, decision.columns) == ("image", ["folder", "file"])
    assert decision.reason.startswith("paths ending in .png in the folders that `folder` names; 40 of 40 looked for")
    assert decision.arguments == {"size": [6, 6], "channels": 1}
    told = plan_of(columns, folders, kinds={"file": "image"}).decisions["file"]
    assert told.columns == ["folder", "file"]


def test_files_that_are_there_need_no_folder(folders):
    columns = {"folder": ["3", "cats"] * (N // 2), "path": [f"3/{i // 2}.png" for i in range(N)], "label": LABELS}
    assert plan_of(columns, folders).decisions["path"].columns == ["path"]
