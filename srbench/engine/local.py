"""The only loop over cells and images. It knows no metric and no file format.

An image is decoded once, degraded once for each scale and degradation rule, upscaled once by each method, and the
result scored under every protocol that shares the rule. Three things go on at once: the next image is decoded and
degraded, this one is upscaled, the one before is scored; a few images wait in between, however many there are. What
fails, fails in its own records.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from srbench.engine.engine import Advance, Conditions
from srbench.engine.worker import Worker
from srbench.runs import Identities, Plan, RecordSink

__all__ = ["run_plan"]


def run_plan(
    plan: Plan, conditions: Conditions, identities: Identities, sink: RecordSink, advance: Advance = lambda _: None
) -> int:
    """Make every record of a plan that the sink does not hold yet.

    Args:
        plan: The cells.
        conditions: Metrics, device, precision.
        identities: What the records depend on.
        sink: Takes each record as it is made.
        advance: Called as records are made or found finished.

    Returns:
        How many finished records were found and not made again.

    Raises:
        StoreError: The sink cannot take more; what fails otherwise becomes a failed record.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="srbench-score") as scorer:
        runner = Worker(plan, conditions, identities, sink, advance, scorer)
        try:
            runner.run()
        finally:
            # After an error nobody waits for what is still to be scored.
            scorer.shutdown(wait=False, cancel_futures=True)
    return runner.reused
