import PIL.Image
import pytest

from mmfusion.data.errors import DataError
from tests.runs.inspect.plans import plan_of, roles

N = 40
LABELS = ["ab"[i % 3 % 2] for i in range(N)]
TEXTS = [f"word{i} and some more words" for i in range(N)]


@pytest.mark.parametrize(
    ("suffix", "reason", "advice"),
    [
        *((suffix, ": videos", "videos are not read; take frames") for suffix in ("mp4", "AVI", "mov", "mkv", "webm")),
        ("dcm", "", "convert them to PNG or JPEG"),
    ],
)
def test_media_that_are_not_read_say_what_to_do(tmp_path, suffix, reason, advice):
    columns = {"clip": [f"clips/{i}.{suffix}" for i in range(N)], "label": LABELS}
    plan = plan_of(columns | {"words": TEXTS}, tmp_path)
    assert roles(plan) == {"clip": "ignored", "label": "task classification", "words": "modality text"}
    assert plan.decisions["clip"].reason.startswith(f"paths ending in .{suffix.lower()}{reason}")
    assert advice in plan.decisions["clip"].warning
    with pytest.raises(DataError, match=f"nothing to learn from.*{advice}"):
        plan_of(columns, tmp_path)


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
    assert plan_of(columns, folders, kinds={"file": "image"}).decisions["file"].columns == ["folder", "file"]


def test_files_that_are_there_need_no_folder(folders):
    columns = {"folder": ["3", "cats"] * (N // 2), "path": [f"3/{i // 2}.png" for i in range(N)], "label": LABELS}
    assert plan_of(columns, folders).decisions["path"].columns == ["path"]
