"""Names that a config may use and that more than one module must agree on."""

from __future__ import annotations

MANIFEST = "mmfusion.data.sources.manifest.ManifestSource"
"""The source of a person's own table."""

MOVED = {
    "mmfusion.data.manifest.source.ManifestSource": MANIFEST,
    "mmfusion.data.digits.source.Digits": "mmfusion.data.sources.digits.source.Digits",
    "mmfusion.data.latent.Latent": "mmfusion.data.sources.latent.Latent",
}
"""A source's target in the runs of earlier versions to where it is now."""

REMOVED = {
    "mmfusion.data.transforms.horizontal_flip.HorizontalFlip": "torchvision.transforms.v2.RandomHorizontalFlip, p: 0.5",
    "mmfusion.data.transforms.random_crop.RandomCrop": (
        "torchvision.transforms.v2.RandomCrop, size: [HEIGHT, WIDTH], padding: 2"
    ),
}
"""A target of earlier versions to what takes its place."""

CLASS_COUNTS = ("num_classes", "num_labels")
"""What torchmetrics calls the number of classes, which the training split tells a metric that leaves it out."""

MONITOR = "val/monitor"
"""What is logged, after each validation, of the metric that chooses checkpoints; searches may go by it too."""
