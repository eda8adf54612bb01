"""From records to tables, and which differences between methods are real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from srbench.leaderboard.collect import collect_attributes, collected, write_attributes, write_leaderboard
    from srbench.leaderboard.columns.downstream import is_better_low, is_score
    from srbench.leaderboard.columns.speed import timings_text
    from srbench.leaderboard.grid import grid
    from srbench.leaderboard.order import ranked, sorted_by
    from srbench.leaderboard.significance.compare import choose, compare_methods, compare_runs
    from srbench.leaderboard.significance.comparison import MethodComparison, comparison_text, read_limit, worse
    from srbench.leaderboard.significance.paired import Difference, compare_pairs, min_images
    from srbench.leaderboard.table import Leaderboard, build_attribute_table, records_frame
    from srbench.leaderboard.tally import GROUP_COLUMNS, Place, places, tallies
    from srbench.leaderboard.text import counted, metric_title, to_html, to_text
else:  # what needs torch, pandas or matplotlib is imported when it is first used
    __getattr__, *_ = lazy_loader.attach(
        __name__,
        submod_attrs={
            "collect": ["collect_attributes", "collected", "write_attributes", "write_leaderboard"],
            "columns.downstream": ["is_better_low", "is_score"],
            "columns.speed": ["timings_text"],
            "grid": ["grid"],
            "order": ["ranked", "sorted_by"],
            "significance.compare": ["choose", "compare_methods", "compare_runs"],
            "significance.comparison": ["MethodComparison", "comparison_text", "read_limit", "worse"],
            "significance.paired": ["Difference", "compare_pairs", "min_images"],
            "table": ["Leaderboard", "build_attribute_table", "records_frame"],
            "tally": ["GROUP_COLUMNS", "Place", "places", "tallies"],
            "text": ["counted", "metric_title", "to_html", "to_text"],
        },
    )

__all__ = [
    "GROUP_COLUMNS",
    "Difference",
    "Leaderboard",
    "MethodComparison",
    "Place",
    "build_attribute_table",
    "choose",
    "collect_attributes",
    "collected",
    "compare_methods",
    "compare_pairs",
    "compare_runs",
    "comparison_text",
    "counted",
    "grid",
    "is_better_low",
    "is_score",
    "metric_title",
    "min_images",
    "places",
    "ranked",
    "read_limit",
    "records_frame",
    "sorted_by",
    "tallies",
    "timings_text",
    "to_html",
    "to_text",
    "worse",
    "write_attributes",
    "write_leaderboard",
]
