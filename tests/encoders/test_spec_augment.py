import pytest
import torch

from mmfusion.encoders.spec_augment import SpecAugment, interpolate

ROWS, FRAMES, BANDS = 400, 50, 40
SPECTROGRAM = torch.ones(ROWS, FRAMES, BANDS)
COUNTS = torch.where(torch.arange(ROWS) % 2 == 0, 50, 20)


def test_nothing_in_eval_mode_or_without_shares():
    assert SpecAugment(0.5, 0.5, 1).eval()(SPECTROGRAM, COUNTS) is SPECTROGRAM
    assert torch.equal(SpecAugment(0.0, 0.0, 3)(SPECTROGRAM, COUNTS), SPECTROGRAM)
    assert torch.equal(SpecAugment(0.5, 0.5, 0)(SPECTROGRAM, COUNTS), SPECTROGRAM)


def test_time_holes_are_stretches_within_the_rows_own_duration():
    torch.manual_seed(0)
    augmented = SpecAugment(0.5, 0.0, 1)(SPECTROGRAM, COUNTS)
    assert torch.equal(augmented.amin(2), augmented.amax(2)), "all bands of a frame go together"
    hidden = augmented[:, :, 0] == 0
    lengths = hidden.sum(1)
    assert (lengths <= COUNTS // 2 + 1).all()
    assert not hidden[1::2, 20:].any()
    starts = hidden.float().argmax(1)
    for row in range(ROWS):
        assert hidden[row, starts[row] : starts[row] + lengths[row]].all()
    # Widths are uniform up to half of the row, so a quarter is hidden on average.
    assert (lengths / COUNTS).mean().item() == pytest.approx(0.25, abs=0.02)


def test_frequency_holes_go_through_all_frames():
    torch.manual_seed(0)
    augmented = SpecAugment(0.0, 0.4, 1)(SPECTROGRAM, COUNTS)
    assert torch.equal(augmented.amin(1), augmented.amax(1))
    assert (augmented[:, 0] == 0).float().mean().item() == pytest.approx(0.2, abs=0.02)


def test_rows_and_seeds_differ_and_more_masks_hide_more():
    torch.manual_seed(0)
    once = SpecAugment(0.3, 0.3, 1)(SPECTROGRAM, COUNTS)
    assert not torch.equal(once[0], once[2])
    assert not torch.equal(once, SpecAugment(0.3, 0.3, 1)(SPECTROGRAM, COUNTS))
    torch.manual_seed(0)
    assert torch.equal(once, SpecAugment(0.3, 0.3, 1)(SPECTROGRAM, COUNTS))
    assert SpecAugment(0.3, 0.3, 3)(SPECTROGRAM, COUNTS).mean() < once.mean()


def test_interpolate_is_linear_between_points():
    x = torch.randn(2, 5, 3)
    places = torch.tensor([[0.0, 1.5, 4.0], [2.25, 3.0, 0.5]])
    augmented = interpolate(x, places)
    torch.testing.assert_close(augmented[0], torch.stack([x[0, 0], (x[0, 1] + x[0, 2]) / 2, x[0, 4]]))
    expected = torch.stack([0.75 * x[1, 2] + 0.25 * x[1, 3], x[1, 3], (x[1, 0] + x[1, 1]) / 2])
    torch.testing.assert_close(augmented[1], expected)


def ramp(along: str) -> torch.Tensor:
    """Each point's value is its own frame or band, and zero after a row's end."""
    frames, bands = torch.meshgrid(torch.arange(50.0), torch.arange(40.0), indexing="ij")
    values = (frames if along == "time" else bands).expand(ROWS, -1, -1)
    return torch.where((torch.arange(FRAMES) < COUNTS[:, None])[..., None], values, 0.0)


@pytest.mark.parametrize(("option", "along", "most"), [("tempo", "time", 0.3), ("pitch", "frequency", 0.2)])
def test_tempo_and_pitch_are_slopes(option, along, most):
    torch.manual_seed(0)
    moved = SpecAugment(**{option: most})(ramp(along), COUNTS)
    step = (5, 0) if along == "time" else (0, 5)
    slopes = ((moved[:, step[0], step[1]] - moved[:, 0, 0]) / 5).log()
    assert (slopes.min().item(), slopes.max().item()) == pytest.approx((-most, most), abs=0.02)
    assert (moved.amax((1, 2)) <= (COUNTS - 1 if along == "time" else BANDS - 1)).all()
    assert not moved[1::2, 20:].any()


def test_shift_is_a_share_of_the_rows_own_duration():
    torch.manual_seed(0)
    augmented = SpecAugment(shift=0.1)(ramp("time"), COUNTS)
    moved = (augmented[:, 10, 0] - 10) / COUNTS
    assert moved.min().item() == pytest.approx(-0.1, abs=0.01)
    assert moved.max().item() == pytest.approx(0.1, abs=0.01)
