"""Many tiny images in one run, killed twice: none fails, and nothing differs from a run that nothing disturbs."""

from __future__ import annotations

import pytest
from processes import Forked, install_pack
from soak import soak


@pytest.mark.slow
def test_a_long_run_that_is_killed_twice_has_no_failures(tmp_path):
    """The long form, `python tests/support/soak.py 2000`, also says what an image costs in time and memory."""
    install_pack(tmp_path)
    processes = Forked(tmp_path / "first")
    try:
        found = soak(60, tmp_path, processes, ())
    finally:
        processes.close()
    assert found.failed == []
    assert found.equal
    assert all(20 <= images < 60 for images in found.kills)
    assert found.images == 60 * 4
