"""Datasets: a card each, and readers for the layouts they come in. No image files."""
