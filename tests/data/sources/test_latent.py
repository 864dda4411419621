import numpy as np
import pytest

from mmfusion.data.sources.latent import Latent

ROWS = {"train": 400, "val": 50, "test": 2000}
DIMS = {"image": 40, "text": 30, "speech": 20}


def test_columns_and_splits():
    table = Latent(ROWS, dims=DIMS).read()
    assert [len(table.where(split)) for split in ROWS] == [400, 50, 2000]
    assert {name: table.columns[name].shape for name in DIMS} == {name: (2450, size) for name, size in DIMS.items()}
    assert set(table.columns["label"]) == {f"class_{i}" for i in range(5)}
    for name in DIMS:
        assert table.columns[name].dtype == np.float32
    assert table.columns["value"].var() == pytest.approx(1.01, rel=0.1)
    assert len(set(table.ids)) == len(table)


def regress(table, names: set[str]) -> np.ndarray:
    """Errors on the test rows of least squares from these modalities' features."""
    x = np.concatenate([table.columns[name] for name in sorted(names)], axis=1).astype(float)
    y = np.asarray(table.columns["value"])
    train, test = table.where("train"), table.where("test")
    weights = np.linalg.solve(x[train].T @ x[train] + np.eye(x.shape[1]), x[train].T @ y[train])
    return x[test] @ weights - y[test]


@pytest.mark.parametrize(
    "names", [{"image"}, {"image", "speech"}, set(DIMS)], ids=lambda names: "+".join(sorted(names))
)
@pytest.mark.parametrize("noise", [0.0, 0.1, 0.5])
def test_least_squares_comes_close_to_the_ceiling_and_never_beats_it(names, noise):
    source = Latent({**ROWS, "train": 3000}, dims=DIMS, noise=noise)
    error = regress(source.read(), names)
    best = source.ceiling(frozenset(names))["value"]
    result = {"mae": np.abs(error).mean(), "rmse": np.sqrt((error**2).mean())}
    for name, value in result.items():
        assert 0.95 * best[name] - 0.01 < value < 1.08 * best[name] + 0.01
    assert best["r2"] == pytest.approx(1 - best["rmse"] ** 2 / (1 + noise**2))
    assert best["pearson"] == pytest.approx(best["r2"] ** 0.5)


def test_features_too_few_for_their_share_leave_something_unknown():
    source = Latent(ROWS, dims={"image": 2, "text": 40}, latent=8, noise=0.0)
    unseen = source._value[:4] - np.linalg.pinv(source._views["image"].T) @ source._views["image"].T @ source._value[:4]
    best = source.ceiling(frozenset({"image", "text"}))["value"]["rmse"]
    assert best == pytest.approx(np.linalg.norm(unseen))


def test_the_label_needs_every_modality():
    """Someone who inverts the views and knows the classes is right with all of them, and with no fewer."""
    source = Latent(ROWS, dims=DIMS, noise=0.0)
    table = source.read()
    truth = np.array([int(label.removeprefix("class_")) for label in table.columns["label"]])

    def score(names) -> float:
        z = np.zeros((len(table), len(source._value)))
        for name in names:
            z[:, source._parts[name]] = table.columns[name] @ np.linalg.pinv(source._views[name])
        return ((z @ source._classes).argmax(1) == truth).mean()

    assert score(DIMS) > 0.999
    for left_out in DIMS:
        assert 0.3 < score([name for name in DIMS if name != left_out]) < 0.9
    assert np.bincount(truth).min() > 0.1 * len(truth)


def test_the_seed_decides():
    first, again, other = (Latent(ROWS, seed=seed, dims=DIMS).read() for seed in (0, 0, 1))
    for name in first.columns:
        assert np.array_equal(first.columns[name], again.columns[name])
        assert not np.array_equal(first.columns[name], other.columns[name])


def test_fewer_hidden_numbers_than_modalities():
    with pytest.raises(ValueError, match="latent: expected 3 or more, one for each modality, found 2"):
        Latent(ROWS, latent=2)
