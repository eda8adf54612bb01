"""Metrics of samples at the same place, one a file."""
