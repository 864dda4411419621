"""Media that are not read: how they are known, and what to do instead."""

from __future__ import annotations

VIDEO = (
    "videos are not read; take frames (ffmpeg -i clip.mp4 -vf fps=1 clip-%d.png) and name them in a column of images, "
    "the sound (ffmpeg -i clip.mp4 clip.wav) in one of speech, or a network's features of each video (.npy) in one of "
    "features"
)

SUFFIXES = {
    "video": (".mp4", ".m4v", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ogv", ".mts"),
    "picture": (".gif", ".heic", ".heif", ".avif", ".svg", ".jp2", ".dcm", ".dicom"),
    "recording": (".m4a", ".aac", ".wma", ".amr"),
    "document": (".pdf", ".docx", ".doc", ".html"),
}
"""What it is to the suffixes of such files."""

ADVICE = {
    "video": VIDEO,
    "picture": "pictures of this format are not read; convert them to PNG or JPEG and name those files",
    "recording": "recordings of this format are not read; convert them (ffmpeg -i a.m4a a.wav) and name those files",
    "document": "documents are not read; put their text into a column of the table",
}


def advice_on(name: str) -> str:
    """What to add to the message that a file cannot be read, if it is of such a kind."""
    what = next((what for what, suffixes in SUFFIXES.items() if name.lower().endswith(suffixes)), None)
    return f"; {ADVICE[what]}" if what else ""
