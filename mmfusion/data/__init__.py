"""From rows of a source to batches: sources, kinds of modality, transforms and the data module."""
