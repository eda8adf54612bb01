"""Where a method comes from: a card, a function, a file, finished images, a wrapper around another."""
