"""What a run is to do, and the folder it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

from srbench.runs.description import RunDescription, TimingsDescription, describe_run, now
from srbench.runs.folder import RunStore
from srbench.runs.gallery import Gallery
from srbench.runs.identities import Identities, identify
from srbench.runs.plan import Cell, Plan, Request, make_plan
from srbench.runs.reading import Run, current_records, open_run, open_runs
from srbench.runs.record import CellKey, MemoryStore, Record, RecordKey, RecordSink

if TYPE_CHECKING:
    from srbench.runs.provenance import device_name, environment, srbench_version
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__, submod_attrs={"provenance": ["device_name", "environment", "srbench_version"]}
    )

__all__ = [
    "Cell",
    "CellKey",
    "Gallery",
    "Identities",
    "MemoryStore",
    "Plan",
    "Record",
    "RecordKey",
    "RecordSink",
    "Request",
    "Run",
    "RunDescription",
    "RunStore",
    "TimingsDescription",
    "current_records",
    "describe_run",
    "device_name",
    "environment",
    "identify",
    "make_plan",
    "now",
    "open_run",
    "open_runs",
    "srbench_version",
]
