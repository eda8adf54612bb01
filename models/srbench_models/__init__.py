"""Learned upscalers: a folder each with its network, adapter, card, recipe and weights; classifiers; and metrics."""
