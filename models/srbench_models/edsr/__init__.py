"""EDSR: enhanced deep residual network (Lim et al., 2017)."""
