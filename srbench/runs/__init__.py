"""What a run is to do, and the folder it leaves behind."""

from __future__ import annotations

from srbench.runs.description import Described, added_cost, cells, describe_run, now, other_trials
from srbench.runs.folder import RunStore
from srbench.runs.gallery import Gallery
from srbench.runs.identities import Identities, identify
from srbench.runs.plan import Cell, Plan, Request, make_plan
from srbench.runs.provenance import device_name, srbench_version
from srbench.runs.reading import current_records, labels_of, read_records, read_run
from srbench.runs.record import MemoryStore, Record, RecordKey, RecordSink

__all__ = [
    "Cell",
    "Described",
    "Gallery",
    "Identities",
    "MemoryStore",
    "Plan",
    "Record",
    "RecordKey",
    "RecordSink",
    "Request",
    "RunStore",
    "added_cost",
    "cells",
    "current_records",
    "describe_run",
    "device_name",
    "identify",
    "labels_of",
    "make_plan",
    "now",
    "other_trials",
    "read_records",
    "read_run",
    "srbench_version",
]
