"""The engine of this process: what is on the disk, and when."""

from __future__ import annotations

import threading
import time

import srbench


def test_a_record_is_on_the_disk_while_the_next_image_is_upscaled(photos, tmp_path):
    path = tmp_path / "run" / "records.jsonl"
    images = iter(range(3))

    def patient(lr, scale):
        expected, deadline = next(images), time.monotonic() + 60
        while len(path.read_bytes().splitlines()) < expected:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{expected} records were scored, and are not there")
            time.sleep(0.01)
        return lr.repeat_interleave(scale, 2).repeat_interleave(scale, 3)

    result = srbench.run(patient, datasets=str(photos), output=tmp_path / "run", metrics="psnr")
    assert result.failed == 0, result.notes


def test_progress_is_reported_in_the_callers_thread(photos):
    seen = []
    srbench.run(
        "nearest", datasets=str(photos), metrics="psnr", progress=lambda *_: seen.append(threading.current_thread())
    )
    assert set(seen) == {threading.main_thread()}
