import math

import numpy as np
import polars as pl

from mmfusion.data.decode.path_parts import joined_paths


def test_folders_and_files():
    paths = joined_paths([["a", "b/", None, "c"], pl.Series(["1.png", "2.png", "3.png", None])])
    assert paths.to_list() == ["a/1.png", "b/2.png", "3.png", None]


def test_numbers_are_names_of_folders():
    assert joined_paths([[3.0, math.nan], [7, 8], ["1.png", "2.png"]]).to_list() == ["3/7/1.png", "8/2.png"]


def test_arrays_stay_what_they_are():
    array = np.zeros(2)
    assert joined_paths([["a", "b"], [array, "1.npy"]])[0] is array
