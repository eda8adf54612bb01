"""Perceptual metrics with weights or parameters of their own."""
