"""SqueezeNet 1.1 as a classifier of ImageNet's 1000 classes."""
