"""Attributes of faces, in the 40 terms of CelebA."""
