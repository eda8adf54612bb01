"""Figures: an image with crops of results, a dataset's images in order, quality against speed."""
