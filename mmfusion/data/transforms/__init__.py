"""Transforms, one a file: a batch of one modality to the same batch, changed at random or not.

They work on inputs as encoders get them (images and features standardised, waveforms in −1…1, token ids). Whatever
they write into padding or into rows that lack the modality is set back to zero afterwards, in one place.
"""

__all__: list[str] = []
