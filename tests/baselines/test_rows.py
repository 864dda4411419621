import numpy as np
import pytest

from mmfusion.baselines.rows import simple
from mmfusion.training.build import build_data
from tests.runs.toy import make_toy, toy_config


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    data, _ = build_data(toy_config(make_toy(tmp_path_factory.mktemp("toy"), 150)))
    data.setup()
    return data


def test_features_masks_and_labels_of_a_split(toy):
    found = simple(toy.rows("test"), toy.kinds)
    rows = toy.rows("test")
    assert found.ids == rows.ids.tolist()
    assert found.raw["a"].shape == (len(rows), 3)
    assert (found.present["a"] == rows.inputs["a"].present.numpy()).all()
    assert not found.present["a"].all()
    assert found.raw["c"].shape == (len(rows), 4)  # two numbers, and which of them are empty
    assert not found.raw["c"][:, 2:].any()
    assert found.targets["kind"].tolist() == rows.labels["kind"].targets.tolist()


def test_a_draw_of_rows_keeps_their_order_and_is_the_same_again(toy):
    once, again = (simple(toy.rows("train"), toy.kinds, most=20) for _ in range(2))
    assert once.ids == again.ids
    assert len(once) == 20
    places = [toy.rows("train").ids.tolist().index(each) for each in once.ids]
    assert places == sorted(places)


def test_empty_cells_of_a_table_are_marked(toy, monkeypatch):
    rows = toy.rows("test")
    monkeypatch.setattr(type(rows.table), "filled", lambda self, name: np.arange(len(self)) != 3)
    assert simple(rows, toy.kinds).raw["c"][:5, 2].tolist() == [0, 0, 0, 1, 0]
