"""Networks that say what is in an image; a folder each."""
