"""Upscalers that learn nothing; a card beside each says which kernel and whose implementation it is."""
