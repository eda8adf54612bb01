"""Two images that are compared: as arrays, or as tensors where they lie."""
