"""What `mmfusion validate` looks at: media, labels, splits, leaks; one file each, and one that prints."""
