"""Metrics that compare the features of networks, in tiles."""
