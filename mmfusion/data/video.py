"""Videos, which are not read: how they are known, and what to do instead."""

from __future__ import annotations

SUFFIXES = (
    ".mp4", ".m4v", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv", ".mts",
)  # fmt: skip

NOT_READ = (
    "videos are not read; take frames (ffmpeg -i clip.mp4 -vf fps=1 clip-%d.png) and name them in a column of images, "
    "the sound (ffmpeg -i clip.mp4 clip.wav) in one of speech, or a network's features of each video (.npy) in one of "
    "features"
)


def if_video(name: str) -> str:
    """What to add to a message that a file cannot be read."""
    return f"; {NOT_READ}" if name.lower().endswith(SUFFIXES) else ""
