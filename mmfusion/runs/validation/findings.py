"""What a validation found."""

from __future__ import annotations

from dataclasses import dataclass, field

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Unreadable:
    """One row whose medium cannot be read.

    Attributes:
        modality: of the medium.
        split: of the row.
        row: its number in the file.
        cell: what the table says.
        why: what went wrong.
    """

    modality: str
    split: str
    row: int
    cell: str
    why: str


@dataclass
class Report:
    """What was found; true if nothing must be mended before training.

    Attributes:
        errors: what training would refuse, or what makes its scores worthless. The first line is a summary.
        warnings: what a person should look at.
        rows: split to its number of rows.
        media: modality to the number of different media that were read.
        absent: modality to split to the share of rows without it.
        unknown: text modality to split to the share of its words that the training split's vocabulary lacks.
        unlabelled: task to split to the share of rows without a label.
        classes: task to split to class to rows; empty for regressions.
        bare: task to split to the rows that are known to hold none of several labels, where there are such.
        unreadable: every row whose medium cannot be read.
    """

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    media: dict[str, int] = field(default_factory=dict)
    absent: dict[str, dict[str, float]] = field(default_factory=dict)
    unknown: dict[str, dict[str, float]] = field(default_factory=dict)
    unlabelled: dict[str, dict[str, float]] = field(default_factory=dict)
    classes: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    bare: dict[str, dict[str, int]] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not self.errors
