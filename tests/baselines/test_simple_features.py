import numpy as np
import pytest
import torch

from mmfusion.baselines import simple_features as numbers
from mmfusion.baselines.simple_features import read_features, simple_features
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
    monkeypatch.setattr("mmfusion.baselines.simple_features.filled", lambda cells: np.arange(len(cells)) != 3)
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


def test_a_sequence_is_summed_up_over_its_own_length():
    x = Tokens(torch.tensor([[[1.0], [2.0], [3.0], [0.0]], [[5.0], [0.0], [0.0], [0.0]]]), torch.tensor([3, 1]))
    mean, deviation, low, high, slope, length = numbers.sequence(x).T.tolist()
    assert mean == [2, 5]
    assert deviation == pytest.approx([np.std([1, 2, 3]), 0])
    assert (low, high) == ([1, 5], [3, 5])
    assert slope == pytest.approx([np.polyfit(np.array([-2, 0, 2]) / 3, [1, 2, 3], 1)[0], 0])
    assert length == pytest.approx([np.log(3), 0])


def test_an_absent_sequence_gives_finite_numbers():
    assert numbers.sequence(Tokens(torch.zeros(2, 1, 3), torch.tensor([0, 1]))).isfinite().all()


def test_categories_are_one_hot_and_unknown_ones_zero():
    x = torch.tensor([[0.5, 2, 0], [1.5, 0, 1]])
    assert numbers.table(x, 1, [3, 2]).tolist() == [[0.5, 0, 1, 0], [1.5, 0, 0, 1]]


@pytest.mark.parametrize("rate", [8000, 2000, 100])
def test_sound_does_not_depend_on_padding(rate):
    generator = torch.Generator().manual_seed(0)
    wave = torch.randn(1, rate, generator=generator)
    short = numbers.log_mel_statistics(Tokens(wave, torch.tensor([rate])), rate)
    long = numbers.log_mel_statistics(Tokens(torch.cat([wave, torch.zeros(1, rate)], 1), torch.tensor([rate])), rate)
    torch.testing.assert_close(short, long, atol=1e-4, rtol=1e-4)
    assert numbers.log_mel_statistics(Tokens(torch.zeros(1, 1), torch.tensor([0])), rate).isfinite().all()


def test_images_of_a_line_upright_and_lying_have_different_edges():
    upright, lying = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    upright[..., 16], lying[..., 16, :] = 1, 1
    edges = slice(numbers.GRID**2, numbers.GRID**2 + numbers.CELLS**2 * numbers.ORIENTATIONS)
    a, b = numbers.image(upright)[0, edges], numbers.image(lying)[0, edges]
    assert a.norm() == pytest.approx(1, abs=1e-5)
    assert float(a @ b) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (3, 40, 33)])
def test_images_of_any_size_give_the_same_number_of_numbers(shape):
    found = numbers.image(torch.rand(2, *shape))
    assert found.shape == (2, 256 + 144 + 8 * shape[0])
    # Eight shares of each channel's pixels.
    torch.testing.assert_close(found[:, -8 * shape[0] :].sum(1), torch.full((2,), float(shape[0])))


def test_wide_vectors_are_averaged_over_neighbours():
    x = torch.arange(2.0 * numbers.MOST_NUMBERS)[None]
    assert numbers.vectors(x)[0, :2].tolist() == [0.5, 2.5]
    assert numbers.vectors(torch.ones(2, 3, 4)).shape == (2, 12)
