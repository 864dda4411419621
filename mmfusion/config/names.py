"""Names that a config may use and that more than one module must agree on."""

from __future__ import annotations

KIND_TARGETS = {
    "image": "mmfusion.data.kinds.image.Image",
    "text": "mmfusion.data.kinds.text.Text",
    "speech": "mmfusion.data.kinds.speech.Speech",
    "tabular": "mmfusion.data.kinds.tabular.Tabular",
    "features": "mmfusion.data.kinds.features.Features",
    "series": "mmfusion.data.kinds.series.Series",
}
"""A modality's `kind` to the class that reads it."""

MANIFEST = "mmfusion.data.sources.manifest.ManifestSource"
"""The source of a person's own table."""

REMOVED = {
    "mmfusion.data.transforms.horizontal_flip.HorizontalFlip": "torchvision.transforms.v2.RandomHorizontalFlip, p: 0.5",
    "mmfusion.data.transforms.random_crop.RandomCrop": (
        "torchvision.transforms.v2.RandomCrop, size: [HEIGHT, WIDTH], padding: 2"
    ),
}
"""A target of earlier versions to what takes its place."""

SOURCE_KEYS = ("modalities", "loader")
"""Keys of `data` that are not the source's own arguments."""

MODALITY_KEYS = ("kind", "transforms")
"""Keys of `data.modalities.<name>` that are not the kind's own arguments."""

ENCODER_KEYS = ("freeze", "lr_scale")
"""Keys of `encoder.<name>` that the builder reads; the encoder's class never sees them."""

TASK_KEYS = ("metrics",)
"""Keys of `task.<name>` that are not the task's own arguments."""

CLASS_COUNTS = ("num_classes", "num_labels")
"""What torchmetrics calls the number of classes, which the training split tells a metric that leaves it out."""

KIND_ARGUMENTS = {
    "image": ("channels",),
    "text": ("vocab_size",),
    "speech": ("sample_rate",),
    "tabular": ("numeric", "cardinalities"),
    "features": ("in_dim", "sequence"),
    "series": ("channels",),
}
"""What the data tells an encoder of each kind; not for configs to set."""

MONITOR = "val/monitor"
"""What is logged, after each validation, of the metric that chooses checkpoints; searches may go by it too."""

SECTIONS = {
    "data.loader": "mmfusion.data.module.LoaderConfig",
    "trainer": "mmfusion.training.trainer.TrainerConfig",
    "callbacks": "mmfusion.training.callbacks.build.CallbacksConfig",
}
"""Sections whose keys are a dataclass's fields, beside those that `mmfusion.config.schema.Config` names."""

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
