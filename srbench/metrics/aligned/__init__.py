"""Metrics that first move the result by whole pixels to where it fits HR best."""
