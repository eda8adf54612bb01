"""Other people's classifiers, through the libraries they come in: optional extras, loaded only when they are named."""
