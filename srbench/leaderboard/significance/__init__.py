"""Which differences between methods are real: paired, image by image."""
