"""Wrappers: what a `+name` after a method does with it. They compose from left to right."""
