"""What `srbench train` runs: recipes, patches, losses, the Lightning loop and the export of weights."""
