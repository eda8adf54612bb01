"""Perceptual metrics: distances between two images' features in networks that were trained to classify photographs."""
