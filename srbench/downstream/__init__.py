"""Whether the pixels still work: what classifiers recognise in upscaled images, beside HR and beside labels."""

from srbench.downstream.classifier import ChosenClassifier, find_classifier
from srbench.downstream.seen import Seen
from srbench.downstream.viewer import Viewer, Views

__all__ = ["ChosenClassifier", "Seen", "Viewer", "Views", "find_classifier"]
