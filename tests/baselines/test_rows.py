import numpy as np
import pytest
import torch

from mmfusion.baselines.rows import read_features, simple_features
from mmfusion.batch import Tokens
from mmfusion.data.kinds.text import Text
from mmfusion.training.build import build_data
from tests.runs.small_experiment import small_config, write_small_experiment


@pytest.fixture(scope="module")
def small_data(tmp_path_factory):
    data, _ = build_data(small_config(write_small_experiment(tmp_path_factory.mktemp("small"), 150)))
    data.setup()
    return data


def test_features_masks_and_labels_of_a_split(small_data):
    found = read_features(small_data.rows("test"), small_data.kinds)
    rows = small_data.rows("test")
    assert found.ids == rows.ids.tolist()
    assert found.raw["a"].shape == (len(rows), 3)
    assert (found.present["a"] == rows.inputs["a"].present.numpy()).all()
    assert not found.present["a"].all()
    assert found.raw["c"].shape == (len(rows), 4)  # two numbers, and which of them are empty
    assert not found.raw["c"][:, 2:].any()
    assert found.targets["kind"].tolist() == rows.labels["kind"].targets.tolist()


def test_a_draw_of_rows_keeps_their_order_and_is_the_same_again(small_data):
    once, again = (read_features(small_data.rows("train"), small_data.kinds, most=20) for _ in range(2))
    assert once.ids == again.ids
    assert len(once) == 20
    places = [small_data.rows("train").ids.tolist().index(each) for each in once.ids]
    assert places == sorted(places)


def test_empty_cells_of_a_table_are_marked(small_data, monkeypatch):
    rows = small_data.rows("test")
    monkeypatch.setattr("mmfusion.baselines.rows.filled", lambda cells: np.arange(len(cells)) != 3)
    assert read_features(rows, small_data.kinds).raw["c"][:5, 2].tolist() == [0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("values", "ragged", "features"),
    [
        (torch.rand(2, 5), True, 6),
        (torch.rand(2, 5, 3, 2), True, 31),
        (torch.rand(2, 4), False, 4),
        (torch.rand(2, 4, 3), False, 12),
        (torch.arange(10).view(2, 5), True, None),
    ],
)
def test_a_kind_of_ones_own_is_read_by_the_form_of_its_batches(values, ragged, features):
    class Own(Text):
        """Of no form that mmfusion knows."""

    raw = simple_features(Tokens(values, torch.tensor([5, 4])) if ragged else values, Own())
    assert raw == [[0, 1, 2, 3, 4], [5, 6, 7, 8]] if features is None else raw.shape == (2, features)
