"""Files from elsewhere: downloads, archives, and weights that a card names by their sha256."""
