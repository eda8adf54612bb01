"""The run folder: what is kept, what is refused, and what a torn or full disk leaves behind."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock
from helpers import description_of
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench.errors import OutputError, RequestError, StoreError
from srbench.files import atomic_write, pixel_sha256, write_text
from srbench.runs import Record, RecordKey, RunStore
from srbench.runs.reading import read_records, read_run

DESCRIBED = description_of(methods=("a",)).model_copy(update={"started": "then"})
PLAN = DESCRIBED.plan


def record(image, value=1.0, fingerprint="f"):
    key = RecordKey("a", "d", 4, "classic-y", "made", image)
    return Record(key, "ok", fingerprint, "p", "0" * 64, {"psnr": value})


def describe(store):
    store.write_run(DESCRIBED)


def test_records_come_back_and_later_ones_win(tmp_path):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        for item in (record("x"), record("y"), record("x", 2.0, "g")):
            store.append(item)
    with RunStore(tmp_path / "run", PLAN) as store:
        assert store.records() == [record("x", 2.0, "g"), record("y")]
        assert store.finished(record("x").key, "g", {})
        assert not store.finished(record("x").key, "f", {})
        assert not store.finished(record("z").key, "f", {})


def test_a_record_is_finished_for_the_metrics_that_have_measured_it(tmp_path):
    measured = replace(record("x"), fingerprint="g", measured_by={"psnr": "1", "ssim": "2"})
    with RunStore(tmp_path / "run", DESCRIBED.plan) as store:
        store.append(measured)
        assert store.finished(measured.key, "g", {"psnr": "1"})
        assert not store.finished(measured.key, "g", {"psnr": "other"})
        assert not store.finished(measured.key, "g", {"psnr": "1", "l1": "3"})


def test_failed_records_are_not_finished(tmp_path):
    failed = Record(record("x").key, "failed", "f", "p", error="boom")
    with RunStore(tmp_path / "run", PLAN) as store:
        store.append(failed)
        assert not store.finished(failed.key, "f", {})


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 2000))
def test_a_file_cut_anywhere_loses_only_the_torn_line(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("torn")
    with RunStore(folder, PLAN) as store:
        describe(store)
        for image in "uvwxyz":
            store.append(record(image))
    path = folder / "records.jsonl"
    whole = path.read_bytes()
    cut = min(cut, len(whole))
    path.write_bytes(whole[:cut])
    kept = whole[:cut].count(b"\n")
    assert len(read_records(folder)[0]) == kept
    with RunStore(folder, PLAN) as store:
        assert len(store.records()) == kept
        store.append(record("new"))
    lines = path.read_text().splitlines()
    assert len(lines) == kept + 1
    assert all(json.loads(line)["method"] == "a" for line in lines)


def test_a_long_torn_tail_is_cut_too(tmp_path):
    (tmp_path / "records.jsonl").write_bytes(record("x").to_json().encode() + b"\n" + b"#" * 10_000)
    (tmp_path / "run.json").write_text(DESCRIBED.to_json())
    with RunStore(tmp_path, PLAN) as store:
        assert store.records() == [record("x")]


def altered(line, changed, to):
    assert changed in line
    return line.replace(changed, to)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: altered(line, '"psnr": 1.0', '"psnr": 2.0'),
        lambda line: altered(line, '"psnr": 1.0', '"psnr": NaN'),
        lambda line: altered(line, '"psnr": 1.0', '"psnr": Infinity'),
        lambda line: altered(line, '"psnr": 1.0', '"psnr": null'),
        lambda line: altered(line, '"psnr": 1.0', '"psnr": "1.0"'),
        lambda line: altered(line, '"image": "y"', '"image": 3'),
        lambda line: altered(line, '"image": "y"', '"image": "x"'),
        lambda line: altered(line, '"status": "ok"', '"status": "failed"'),
        lambda line: altered(line, line[-40:], line[-39:]),
        lambda line: re.sub(', "check": "[0-9a-f]*"', "", line),
        lambda line: '{"method": 3}',
        lambda line: "[" * 100_000,
        lambda line: '"' + "9" * 5000,
        lambda line: "\ufffd\x00",
    ],
)
def test_an_altered_line_is_named_and_its_image_is_not_finished(tmp_path, change):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        for image in "xyz":
            store.append(record(image, fingerprint="a.b-c"))
    path = tmp_path / "run" / "records.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], change(lines[1]), lines[2]]) + "\n")
    records, damaged = read_records(tmp_path / "run")
    assert [one.key.image for one in records] == ["x", "z"]
    assert len(damaged) == 1
    assert damaged[0].startswith("records.jsonl, line 2: ")
    with RunStore(tmp_path / "run", PLAN) as store:
        assert store.damaged == damaged
        assert not store.finished(record("y").key, "a.b-c", {})
        store.append(record("y", fingerprint="a.b-c"))
    assert read_records(tmp_path / "run")[1] == []  # named once
    assert len(read_records(tmp_path / "run")[0]) == 3


def test_bytes_that_are_no_text_are_a_damaged_line(tmp_path):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        store.append(record("x"))
    path = tmp_path / "run" / "records.jsonl"
    path.write_bytes(b"\xff\xfe\n" + path.read_bytes())
    records, damaged = read_records(tmp_path / "run")
    assert (len(records), len(damaged)) == (1, 1)


def test_lines_of_versions_without_checksums_are_read_but_checked_for_types(tmp_path):
    line = re.sub(', "check": "[0-9a-f]*"', "", record("x").to_json())
    assert Record.from_json(line) == record("x")
    for wrong in ('"psnr": "1.0"', '"psnr": NaN', '"psnr": [1]'):
        with pytest.raises(StoreError, match="not a record"):
            Record.from_json(altered(line, '"psnr": 1.0', wrong))


def test_a_deleted_folder_is_written_again(tmp_path, capsys):
    folder = tmp_path / "run"
    with RunStore(folder, PLAN) as store:
        describe(store)
        store.append(record("x"))
        shutil.rmtree(folder)
        store.append(record("y"))
    assert "was deleted during the run; its records are written again" in capsys.readouterr().err
    assert [one.key.image for one in read_records(folder)[0]] == ["x", "y"]
    assert read_run(folder) == DESCRIBED
    with RunStore(folder, PLAN) as store:
        assert len(store.records()) == 2


def test_a_folder_deleted_after_the_last_record_is_written_again(tmp_path):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        store.append(record("x"))
        shutil.rmtree(tmp_path / "run")
    assert len(read_records(tmp_path / "run")[0]) == 1


def test_a_closed_descriptor_writes_to_no_other_file(tmp_path):
    folder = tmp_path / "run"
    with RunStore(folder, PLAN) as store:
        describe(store)
        store.append(record("x"))
        os.close(store._file)
        with (tmp_path / "other").open("w") as other:  # takes the number
            assert other.fileno() == store._file
            store.append(record("y"))
        assert (tmp_path / "other").read_text() == ""
    assert len(read_records(folder)[0]) == 2


def test_images_may_be_saved_while_others_are_checked(tmp_path):
    """A resumed run checks the next images' files while it saves the last ones'."""
    image = np.zeros((3, 4, 4), np.uint8)
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        for number in range(300):
            file = f"images/{number}.png"
            store.save(file, image)
            store.append(
                replace(record(str(number)), image_sha256=pixel_sha256(image), reference_sha256=pixel_sha256(image))
            )
        with ThreadPoolExecutor(2) as pool:
            saving = pool.submit(lambda: [store.save(f"images/{number}.png", image) for number in range(300)])
            checking = pool.submit(
                lambda: [
                    store.saved(record(str(number)).key, f"images/{number}.png", f"images/{number}.png")
                    for number in range(300)
                ]
            )
            saving.result()
            assert all(checking.result())


def test_another_plan_a_strange_folder_and_a_file_are_refused(tmp_path):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
    with pytest.raises(OutputError, match=r"another plan \(scales: 4; asked for: 2\)"):
        RunStore(tmp_path / "run", PLAN.model_copy(update={"scales": (2,)}))
    (tmp_path / "stuff").mkdir()
    (tmp_path / "stuff" / "thesis.tex").write_text("")
    with pytest.raises(OutputError, match="holds files but no srbench run"):
        RunStore(tmp_path / "stuff", PLAN)
    with pytest.raises(OutputError, match="cannot be used as a run folder"):
        RunStore(tmp_path / "stuff" / "thesis.tex" / "run", PLAN)


def test_a_folder_in_use_is_refused_and_let_go_afterwards(tmp_path):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        with pytest.raises(OutputError, match="in use by another srbench run"):
            RunStore(tmp_path / "run", PLAN)
    # A refused plan must not keep the lock.
    with pytest.raises(OutputError, match="another plan"):
        RunStore(tmp_path / "run", PLAN.model_copy(update={"scales": (9,)}))
    with FileLock(tmp_path / "run" / ".lock", timeout=0):
        pass


def test_a_full_disk_takes_back_the_half_line(tmp_path, monkeypatch):
    with RunStore(tmp_path / "run", PLAN) as store:
        describe(store)
        store.append(record("x"))
        real = os.write

        def full(file, data):
            if len(data) < 50:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(file, data[:40])

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StoreError, match="No space left on device.*the 1 finished records are kept"):
            store.append(record("y"))
        monkeypatch.undo()
        store.append(record("z"))
    assert [item.key.image for item in read_records(tmp_path / "run")[0]] == ["x", "z"]


def test_run_json_keeps_its_first_start_and_is_checked(tmp_path):
    with RunStore(tmp_path, PLAN) as store:
        describe(store)
    with RunStore(tmp_path, PLAN) as store:
        store.write_run(DESCRIBED.model_copy(update={"started": "now"}))
    assert read_run(tmp_path) == DESCRIBED
    (tmp_path / "run.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(StoreError, match="schema 99, this srbench reads up to 4"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(StoreError, match="damaged or unreadable"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text('{"schema": 1, "plan": {"metrics": []}}')
    with pytest.raises(StoreError, match=r"damaged \(srbench: Field required\)"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text("[" * 100_000)
    with pytest.raises(StoreError, match="damaged or unreadable"):
        read_run(tmp_path)
    for damaged in ('{"schema": 2, "plan": 3}', '{"schema": 1}', "[]", '{"schema": 1, "plan": {"metrics": ["blur"]}}'):
        (tmp_path / "run.json").write_text(damaged)
        with pytest.raises(StoreError, match="damaged"):
            read_run(tmp_path)
    with pytest.raises(RequestError, match="nowhere: no such folder"):
        read_run(tmp_path / "nowhere")
    (tmp_path / "run.json").unlink()
    with pytest.raises(RequestError, match="holds no srbench run"):
        read_run(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        RunStore(tmp_path / "file", PLAN)


def test_nan_cannot_be_stored(tmp_path):
    with pytest.raises(ValueError, match="Out of range float"):
        record("x", float("nan")).to_json()


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    write_text(tmp_path / "a", "one\n", StoreError)
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "a" / "b", "two", OutputError)
    with contextlib.suppress(ZeroDivisionError), atomic_write(tmp_path / "a") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "a").read_bytes() == b"one\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
