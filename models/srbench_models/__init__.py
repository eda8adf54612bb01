"""Learned upscalers: a folder each with its network, its adapter, its card, its recipe and its weights."""
