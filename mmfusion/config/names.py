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

_ATTRIBUTES = (
    "T_destination "
    "add_module apply bfloat16 buffers call_super_init children clear compile cpu cuda double dump_patches "
    "eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu items keys "
    "load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters pop "
    "register_backward_hook register_buffer register_forward_hook register_forward_pre_hook "
    "register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook "
    "register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook "
    "register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty "
    "train training type update values xpu zero_grad"
)
RESERVED = frozenset(_ATTRIBUTES.split())
"""Attributes of torch's ModuleDict, which takes no entry of such a name: no modality or task may have one."""
