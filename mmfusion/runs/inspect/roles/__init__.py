"""What columns become: split, id, modality, target, or left out."""
