from .find import find_classifiers as find_classifiers
from .panel import load_panel as load_panel
