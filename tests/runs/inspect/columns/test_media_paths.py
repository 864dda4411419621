import numpy as np
import PIL.Image
import polars as pl
import pytest
import soundfile

from mmfusion.data.kinds.series import Series
from mmfusion.runs.inspect.columns.media_paths import LOOKED_FOR, look


def series(cells):
    return pl.Series(cells, dtype=pl.String)


def picture(path, width=8, height=6, mode="L"):
    PIL.Image.new(mode, (width, height)).save(path)


@pytest.mark.parametrize(
    "cells",
    [["a.png", "b"], ["a.png", "a.wav"], [None, None], ["see a.png for more"] * 2 + ["a", "b"], ["3.14", "2.71"]],
)
def test_columns_that_are_no_paths(tmp_path, cells):
    assert look(series(cells), tmp_path) is None
    assert look([["a.png"]], tmp_path) is None
    assert look(pl.Series([1.5]), tmp_path) is None


def test_one_stray_cell_in_ten_and_capitals(tmp_path):
    media = look(series(["A.PNG"] * 7 + ["b.jpg", None, "c.png", "none"]), tmp_path)
    assert (media.kind, media.suffixes) == ("image", [".png", ".jpg"])


def test_files_outside_the_root_and_urls_count_as_missing(tmp_path):
    (tmp_path / "root").mkdir()
    picture(tmp_path / "a.png")
    picture(tmp_path / "root" / "b#1%.png")
    media = look(series(["../a.png", "b#1%.png", "https://x.org/c.png"]), tmp_path / "root")
    assert (media.looked_for, media.present) == (3, 1)
    assert "outside the media root" in media.missing
    alone = look(series(["gone.png"]), tmp_path)
    assert alone.missing == f"not found: {tmp_path / 'gone.png'}"


@pytest.mark.parametrize("files", [1, 10 * LOOKED_FOR])
def test_a_sample_of_different_files_is_looked_for(tmp_path, files):
    media = look(series([f"{i}.png" for i in range(files)] * 2), tmp_path)
    assert (media.looked_for, media.present) == (min(files, LOOKED_FOR), 0)
    media = look(series([f"{i}.png" for i in range(files)]), "s3://bucket/media")
    assert (media.looked_for, media.missing, media.arguments) == (0, None, {"size": [128, 128]})


def test_images_of_one_small_size_keep_it_and_others_are_resized(tmp_path):
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    cells = series(["a.png", "b.png"])
    assert look(cells, tmp_path).arguments == {"size": [6, 8], "channels": 1}
    picture(tmp_path / "b.png", width=9, mode="RGB")
    media = look(cells, tmp_path)
    assert media.arguments == {"size": [128, 128], "channels": 3}
    assert media.headers == "2 sizes in 2 files, colour"
    picture(tmp_path / "big.png", 300, 300)
    assert look(series(["big.png"]), tmp_path).arguments["size"] == [128, 128]


def test_sounds_are_taken_at_their_commonest_rate_and_up_to_ten_seconds(tmp_path):
    for name, rate, seconds in (("a", 8000, 1.2), ("b", 8000, 0.1), ("c", 44100, 0.2)):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(int(rate * seconds)), rate)
    media = look(series(["a.wav", "b.wav", "c.wav"]), tmp_path)
    assert media.arguments == {"sample_rate": 8000, "seconds": 2.0}
    assert media.headers == "8000, 44100 Hz, up to 1.2 s"
    assert look(series(["c.wav"]), tmp_path).arguments == {"sample_rate": 16000, "seconds": 1.0}
    soundfile.write(tmp_path / "long.wav", np.zeros(15 * 1000), 1000)
    assert look(series(["long.wav"]), tmp_path).arguments["seconds"] == 10.0


@pytest.mark.parametrize(
    ("shape", "kind"), [((16,), "features"), ((50, 3), "series"), ((7, 256), "features"), ((4, 5, 6), "features")]
)
def test_the_shape_of_an_array_says_what_it_is(tmp_path, shape, kind):
    np.savez(tmp_path / "a.npz", x=np.zeros(shape))
    media = look(series(["a.npz"]), tmp_path)
    assert (media.kind, media.headers) == (kind, f"shape {list(shape)}")


def test_an_archive_of_several_arrays_needs_a_key(tmp_path):
    np.savez(tmp_path / "a.npz", ids=np.zeros(2), steps=np.zeros((9, 3)), other=np.zeros(20))
    np.savez(tmp_path / "b.npz", ids=np.zeros(90), steps=np.zeros((7, 3)))
    media = look(series(["a.npz", "b.npz"]), tmp_path)
    assert (media.kind, media.arguments) == ("series", {"key": "steps"})
    assert media.headers == "shape [9, 3] of 'steps', the largest of the arrays ids, other, steps"
    kind = Series("x", **media.arguments)
    kind.fit(["a.npz", "b.npz"], tmp_path)
    assert kind.decode("b.npz", tmp_path).shape == (7, 3)


@pytest.mark.parametrize(("names", "headers"), [("x", "shape [4]"), ("xy", "none of which is in all of them")])
def test_archives_of_one_array_need_no_key_whatever_its_name(tmp_path, names, headers):
    np.savez(tmp_path / "a.npz", **dict.fromkeys(names, np.zeros(4)))
    np.savez(tmp_path / "b.npz", z=np.zeros(4))
    media = look(series(["a.npz", "b.npz"]), tmp_path)
    assert media.arguments == {}
    assert headers in media.headers


@pytest.mark.parametrize("name", ["a.png", "a.wav", "a.npy", "a.npz"])
def test_headers_that_cannot_be_read_are_passed_over(tmp_path, name):
    (tmp_path / name).write_bytes(b"not what it says")
    media = look(series([name]), tmp_path)
    assert media.present == 1
    assert media.arguments in ({"size": [128, 128]}, {"sample_rate": 16000}, {})


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_tables_of_measurements_are_series_that_can_be_read(tmp_path, name):
    (tmp_path / name).write_text("x,y\n1,2\n" if name == "a.csv" else "x\ty\n1\t2\n")
    assert look(series([name]), tmp_path).kind == "series"
    assert Series().decode(name, tmp_path).tolist() == [[1.0, 2.0]]
