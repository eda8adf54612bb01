"""SRCNN: three convolutions on a bicubic enlargement (Dong et al., 2014)."""
