import numpy as np
import pytest

from mmfusion.data.sources.digits.images import SHARES, draw_digits, pool


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_no_handwritten_image_is_in_two_splits():
    pools = {split: pool(split)[0] for split in SHARES}
    seen = [image.tobytes() for images in pools.values() for image in images]
    assert len(seen) == 1797
    assert len(set(seen)) == len(seen)
    for split, share in SHARES.items():
        counts = np.bincount(pool(split)[1], minlength=10)
        assert counts.min() >= share * 1797 / 10 - 5


def test_images_are_white_on_black_and_within_the_frame():
    images = draw_digits(np.arange(10).repeat(20), "train", rng())
    assert images.shape == (200, 32, 32)
    assert images.dtype == np.uint8
    assert images.max() > 200
    assert (images[:, 0] == 0).mean() > 0.7
    assert images[:, 8:24, 8:24].mean() > 3 * images[:, [0, 1, 30, 31]].mean()


def test_the_seed_decides_and_noise_comes_on_top():
    digits = np.arange(10)
    assert np.array_equal(draw_digits(digits, "test", rng(1)), draw_digits(digits, "test", rng(1)))
    assert not np.array_equal(draw_digits(digits, "test", rng(1)), draw_digits(digits, "test", rng(2)))
    clean, noisy = draw_digits(digits, "test", rng(1)), draw_digits(digits, "test", rng(1), noise=0.2)
    middle = (clean > 60) & (clean < 190)
    difference = noisy[middle].astype(float) - clean[middle]
    assert difference.std() == pytest.approx(0.2 * 255, rel=0.1)
    assert abs(difference.mean()) < 5


def test_digits_can_be_told_apart():
    """Nearest neighbours of another split's handwriting: far from chance, and not perfect."""
    train, test = np.arange(10).repeat(60), np.arange(10).repeat(20)
    a, b = (draw_digits(d, s, rng(), 0.1).reshape(len(d), -1) / 255.0 for d, s in ((train, "train"), (test, "test")))
    nearest = train[((a**2).sum(1) - 2 * b @ a.T).argmin(1)]
    assert 0.7 < (nearest == test).mean() < 1
