"""Transforms, one a file: what torchvision.transforms.v2 and torchaudio.transforms lack."""
