"""Datasets: images of a name or a folder, their labels, and how they get onto this machine."""

from __future__ import annotations

from srbench.datasets.derive import Preparation, prepare_folder
from srbench.datasets.fetch import fetch_datasets, import_named
from srbench.datasets.find import find_datasets, installed_listing, open_dataset
from srbench.datasets.install import ImportReport
from srbench.datasets.labels import read_attributes, read_label_table
from srbench.datasets.layout import list_folder, lr_files
from srbench.datasets.select import selected

__all__ = [
    "ImportReport",
    "Preparation",
    "fetch_datasets",
    "find_datasets",
    "import_named",
    "installed_listing",
    "list_folder",
    "lr_files",
    "open_dataset",
    "prepare_folder",
    "read_attributes",
    "read_label_table",
    "selected",
]
