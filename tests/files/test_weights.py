"""Weight files: hashes decide, other people's are kept once, nothing is executed, and every refusal says what to do."""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from helpers import plan_of
from safetensors.torch import load_file, save_file

from srbench.api import Inference
from srbench.cards import WeightsEntry, installed_cards
from srbench.errors import RequestError, UnknownNameError, WeightsError
from srbench.files import WeightFile, cache_home
from srbench.methods import find_method
from srbench.runs import make_plan


def entry(data, **changes):
    fields = {
        "name": "official",
        "scale": 4,
        "file": "net.bin",
        "sha256": hashlib.sha256(data).hexdigest()[:8],
        "urls": ["http://127.0.0.1:9/net.bin"],
        "licence": "for tests",
        "trained_on": ["nothing"],
        "parameters": 1,
    }
    return WeightsEntry.model_validate(fields | changes)


@pytest.fixture
def server(tmp_path):
    """A web server on loopback over a folder; yields its address and the folder."""
    root = tmp_path / "web"
    root.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(root))

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}", root
        running.shutdown()


def test_a_given_file_is_checked_kept_and_its_licence_said_once(tmp_path, capsys):
    given = tmp_path / "downloaded"
    given.write_bytes(b"weights")
    file = WeightFile(entry(b"weights"), "net@official", tmp_path, "pack 1", given)
    kept = file.obtain()
    assert kept.read_bytes() == b"weights"
    assert "net@official: weights under for tests" in capsys.readouterr().err
    file.obtain()
    assert capsys.readouterr().err == ""
    without = WeightFile(entry(b"weights"), "net@official", tmp_path, "pack 1")
    assert without.here
    assert without.obtain() == kept
    kept.write_bytes(b"altered")
    with pytest.raises(WeightsError, match="was altered since it was fetched; delete it"):
        without.obtain()


ONE, OTHER = b"69235", b"95303"
"""Two files whose sha256 begin with the same eight digits."""


def beginning(folder, given=None, **changes):
    """A file of which the card has eight digits; `given` are the bytes of the user's copy."""
    if given is not None:
        (folder / f"given-{given.decode()}").write_bytes(given)
    path = None if given is None else folder / f"given-{given.decode()}"
    return WeightFile(entry(ONE, **changes), "net@official", folder, "pack 1", path)


def whole(data):
    return hashlib.sha256(data).hexdigest()


def test_eight_digits_are_completed_by_the_file_used_first(tmp_path):
    assert whole(ONE)[:8] == whole(OTHER)[:8]
    assert beginning(tmp_path, ONE).identity() == whole(ONE)
    kept = beginning(tmp_path, ONE).obtain()
    assert (kept.parent / "net.bin.sha256").read_text() == f"{whole(ONE)}\n"
    with pytest.raises(WeightsError, match=r"given-95303: is not the file first used as net@official's for ×4") as told:
        beginning(tmp_path, OTHER).obtain()
    assert f"delete {kept.parent}" in str(told.value)
    assert "\n" not in str(told.value)
    kept.write_bytes(OTHER)
    with pytest.raises(WeightsError, match="was altered since it was fetched"):
        beginning(tmp_path).obtain()
    kept.unlink()
    assert beginning(tmp_path).identity() == whole(ONE)  # without another download
    with pytest.raises(WeightsError, match="is not the file first used"):
        beginning(tmp_path, OTHER).obtain()
    (kept.parent / "net.bin.sha256").unlink()
    assert beginning(tmp_path, OTHER).obtain().read_bytes() == OTHER
    assert beginning(tmp_path).identity() == whole(OTHER)


def test_a_file_kept_by_an_earlier_version_is_the_one_used_first(tmp_path):
    kept = beginning(tmp_path, ONE).obtain()
    (kept.parent / "net.bin.sha256").unlink()
    with pytest.raises(WeightsError, match="is not the file first used"):
        beginning(tmp_path, OTHER).obtain()
    assert beginning(tmp_path).identity() == whole(ONE)


@pytest.mark.parametrize(
    "damage", [b"", b"garbage", b"\xff" * 64, whole(b"another").encode()], ids=["empty", "text", "binary", "another"]
)
def test_a_damaged_note_is_written_again(tmp_path, damage):
    kept = beginning(tmp_path, ONE).obtain()
    (kept.parent / "net.bin.sha256").write_bytes(damage)
    assert beginning(tmp_path).identity() == whole(ONE)
    assert beginning(tmp_path).obtain() == kept
    assert (kept.parent / "net.bin.sha256").read_text() == f"{whole(ONE)}\n"


def test_a_cache_without_a_note_that_cannot_be_written_still_serves(tmp_path, monkeypatch):
    kept = beginning(tmp_path, ONE).obtain()
    (kept.parent / "net.bin.sha256").unlink()

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("srbench.files.remote.weights.atomic_write", refuse)
    assert beginning(tmp_path).identity() == whole(ONE)
    assert beginning(tmp_path).obtain() == kept


def test_another_file_of_the_same_digits_is_not_fetched(tmp_path, site):
    site.files |= {"/one": ONE, "/other": OTHER}
    kept = beginning(tmp_path, urls=[f"{site.url}/one"]).obtain()
    kept.unlink()
    with pytest.raises(WeightsError, match=r"/other: net\.bin: is not the file first used"):
        beginning(tmp_path, urls=[f"{site.url}/other"]).obtain()
    assert beginning(tmp_path, urls=[f"{site.url}/other", f"{site.url}/one"]).obtain().read_bytes() == ONE


def test_of_two_files_used_first_at_once_one_is_refused(tmp_path):
    files = [beginning(tmp_path, data) for data in (ONE, OTHER)]

    def obtained(file):
        try:
            return file.obtain().read_bytes() == file.given.read_bytes()
        except WeightsError as error:
            return "first used" not in str(error)

    for _ in range(10):
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(obtained, files * 4))
        assert sorted(found) == [False] * 4 + [True] * 4
        shutil.rmtree(cache_home())


def test_archives_are_identified_by_their_member_too(tmp_path):
    assert beginning(tmp_path, ONE, member="x4.mat").identity() == f"{whole(ONE)}:x4.mat"


@pytest.fixture
def by_its_file(tmp_path, monkeypatch):
    """A method that adds to nearest's levels what its weights say, of which its card has eight digits."""
    (tmp_path / "adding.py").write_text(
        "def create(request):\n"
        "    levels = int(request.weights.read_text()) / 1e6\n"
        "    scale = request.scale\n"
        "    return lambda lr: lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1) + levels\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "one").write_bytes(ONE)
    (tmp_path / "other").write_bytes(OTHER)
    real = installed_cards()

    def request(given=None, url="http://127.0.0.1:9/net.bin"):
        changes = {"name": "adding", "factory": "adding:create", "weights": (entry(ONE, urls=[url]),), "scales": (4,)}
        edsr = real.method("edsr")
        card = replace(edsr, card=edsr.card.model_copy(update=changes))
        cards = SimpleNamespace(method=lambda name: card, methods={"adding": card})
        return find_method("adding@official", cards, {"adding@official": (given,)} if given else {})

    return request


def run_of(method, photos, **options):
    """`srbench.run` of a method that no pack has."""
    from srbench.harness.execute import execute
    from srbench.harness.options import RunOptions, completed

    plan = plan_of("nearest", datasets=str(photos), metrics="psnr")
    request = replace(plan.request, methods=(method,))
    return execute(make_plan(request), completed(options, RunOptions))


def test_two_files_of_one_beginning_share_no_record(by_its_file, photos, tmp_path, monkeypatch):
    first = run_of(by_its_file(tmp_path / "one"), photos, output=tmp_path / "run")
    assert run_of(by_its_file(tmp_path / "one"), photos, output=tmp_path / "run").reused == 3
    assert run_of(by_its_file(), photos, output=tmp_path / "run").reused == 3
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path / "elsewhere"))
    second = run_of(by_its_file(tmp_path / "other"), photos, output=tmp_path / "run")
    assert second.reused == 0
    weights = [made.leaderboard["weights_sha256"].item() for made in (first, second)]
    assert weights == [whole(ONE), whole(OTHER)]
    assert first.leaderboard["psnr"].item() != second.leaderboard["psnr"].item()


def test_weights_are_fetched_before_their_records_are_identified(by_its_file, photos, tmp_path, site):
    """Otherwise the first run's records would be those of eight digits, and made once more by the second."""
    site.files["/net.bin"] = ONE
    method = by_its_file(url=f"{site.url}/net.bin")
    assert run_of(method, photos, output=tmp_path / "run").reused == 0
    assert run_of(by_its_file(), photos, output=tmp_path / "run").reused == 3
    assert len(site.asked) == 1


def test_weights_that_cannot_be_fetched_are_asked_for_once(by_its_file, photos, tmp_path, site):
    result = run_of(by_its_file(url=f"{site.url}/absent"), photos, output=tmp_path / "run")
    assert result.failed == 3
    assert any("its weights are not on this machine and cannot be fetched" in note for note in result.notes)
    assert len(site.asked) == 1
    site.files["/absent"] = ONE
    assert run_of(by_its_file(url=f"{site.url}/absent"), photos, output=tmp_path / "run").failed == 0


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("SRBENCH_CACHE", str(tmp_path / "file"))
    given = tmp_path / "downloaded"
    given.write_bytes(b"weights")
    with pytest.raises(WeightsError, match="the weights cannot be kept .Not a directory"):
        WeightFile(entry(b"weights"), "net@official", tmp_path, "pack 1", given).obtain()


def test_another_file_is_refused(tmp_path):
    given = tmp_path / "downloaded"
    given.write_bytes(b"<!DOCTYPE html><p>quota exceeded")
    file = WeightFile(entry(b"weights"), "net@official", tmp_path, "pack 1", given)
    with pytest.raises(WeightsError, match="is not net@official's file for ×4 .it is a web page.: sha256 is"):
        file.obtain()
    assert not WeightFile(entry(b"weights"), "net@official", tmp_path, "pack 1").here


def test_files_are_fetched_from_the_first_address_that_has_them(tmp_path, server, capsys):
    address, root = server
    (root / "other.bin").write_bytes(b"other weights")
    (root / "net.bin").write_bytes(b"weights")
    urls = [f"{address}/absent.bin", f"{address}/other.bin", f"{address}/net.bin"]
    file = WeightFile(entry(b"weights", urls=urls), "net@official", tmp_path, "pack 1")
    assert not file.here
    assert file.obtain().read_bytes() == b"weights"
    assert sorted(path.name for path in file.obtain().parent.iterdir()) == ["net.bin", "net.bin.sha256"]


def test_what_cannot_be_fetched_says_how_to_go_on(tmp_path, server):
    address, root = server
    (root / "net.bin").write_bytes(b"<html>please sign in")
    urls = [f"{address}/absent.bin", f"{address}/net.bin"]
    file = WeightFile(entry(b"weights", urls=urls), "net@official", tmp_path, "pack 1")
    with pytest.raises(
        WeightsError,
        match=r"404.*a web page came in place.*get net.bin yourself, ask for net@official and add --weights FILE",
    ):
        file.obtain()
    assert not file.here


def test_one_member_of_an_archive(tmp_path):
    archive = tmp_path / "models.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("models/9-5-5/x4.mat", b"four")
        out.writestr("models/9-5-5/x2.mat", b"two")
        out.writestr("old/x4.mat", b"older")
    data = archive.read_bytes()
    kinds = {"sha256": hashlib.sha256(data).hexdigest()}
    file = WeightFile(entry(data, member="9-5-5/x4.mat", **kinds), "net@official", tmp_path, "pack 1", archive)
    assert file.obtain().read_bytes() == b"four"
    for member, count in (("x4.mat", 2), ("x8.mat", 0)):
        file = WeightFile(entry(data, member=member, **kinds), "net@official", tmp_path, "pack 1", archive)
        with pytest.raises(WeightsError, match=f"{count} files in it end in '{member}', expected one"):
            file.obtain()


def test_a_shipped_file_that_was_altered(tmp_path):
    shipped = entry(b"weights", urls=[], sha256=hashlib.sha256(b"weights").hexdigest())
    file = WeightFile(shipped, "net", tmp_path, "pack 1")
    with pytest.raises(WeightsError, match="no such weight file; reinstall pack 1"):
        file.obtain()
    (tmp_path / "net.bin").write_bytes(b"altered")
    with pytest.raises(WeightsError, match="sha256 differs from its card's; reinstall pack 1"):
        file.obtain()


@pytest.mark.parametrize("changes", [{"urls": []}, {"urls": ["ftp://host/file"]}, {"sha256": "abc"}])
def test_cards_say_where_weights_come_from(changes):
    with pytest.raises(ValueError, match="whole sha256|should match pattern"):
        entry(b"weights", **changes)


@pytest.fixture
def own_edsr(tmp_path):
    """A small EDSR of one's own at ×2 with scaled branches, as `srbench train` writes it."""
    from srbench_models.edsr.network import EDSR

    torch.manual_seed(0)
    arguments = {"scale": 2, "blocks": 2, "features": 8, "res_scale": 0.5}
    metadata = {"recipe": json.dumps({"network": arguments})}
    save_file(EDSR(**arguments).state_dict(), tmp_path / "mine.safetensors", metadata)
    return tmp_path / "mine.safetensors"


def built_from(path, scale=2):
    return find_method("edsr@mine", installed_cards(), {"edsr@mine": (path,)}).build(scale, Inference())


def test_ones_own_weights_are_a_row_of_their_own(own_edsr, cli, photos):
    done = cli("run", "--methods", "edsr,edsr@mine", "--weights", own_edsr, "--scale", 2, "--datasets", photos)
    assert done.code == 0
    assert "edsr@mine" in done.out
    method = find_method("edsr@mine", installed_cards(), {"edsr@mine": (own_edsr,)})
    assert method.receptive_radius(2) is None
    assert method.identity(2)["weights"] == hashlib.sha256(own_edsr.read_bytes()).hexdigest()


def test_ones_own_network_is_built_as_its_file_says(own_edsr):
    """Its branches are scaled as they were in training, which no shape would tell."""
    from srbench_models.edsr.network import EDSR

    network = EDSR(2, blocks=2, features=8, res_scale=0.5)
    network.load_state_dict(load_file(own_edsr))
    lr = torch.rand(1, 3, 6, 7)
    with torch.inference_mode():
        assert torch.allclose(built_from(own_edsr)(lr), network(lr), atol=1e-6)
    with pytest.raises(WeightsError, match="was trained for ×2, not for ×4"):
        built_from(own_edsr, 4)


def test_a_file_that_says_nothing_must_be_of_a_released_size(own_edsr, tmp_path):
    from srbench_models.edsr.network import EDSR

    torch.save(load_file(own_edsr), tmp_path / "odd.pt")
    with pytest.raises(WeightsError, match="holds 2 blocks of 8 features, and does not say its res_scale"):
        built_from(tmp_path / "odd.pt")
    torch.save(EDSR(2).state_dict(), tmp_path / "released.pt")
    assert built_from(tmp_path / "released.pt")(torch.rand(1, 3, 4, 4)).shape == (1, 3, 8, 8)


def test_weights_that_do_not_fit_fail_with_the_list(tmp_path, cli, photos):
    from srbench_models.edsr.network import EDSR

    torch.save(EDSR(2).state_dict(), tmp_path / "two.pt")
    done = cli("run", "--methods", "edsr@mine", "--weights", "two.pt", "--scale", 4, "--datasets", photos)
    assert done.code == 1
    assert "does not fit EDSR: missing tail.0.2.bias; missing tail.0.2.weight" in done.err


def test_files_of_another_network_say_so(tmp_path):
    save_file(
        {"a": torch.zeros(1)}, tmp_path / "a.safetensors", {"recipe": json.dumps({"network": {"scale": 2, "x": 1}})}
    )
    with pytest.raises(WeightsError, match="a.safetensors: describes another network"):
        built_from(tmp_path / "a.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", {"recipe": "{"})
    with pytest.raises(WeightsError, match="its metadata cannot be read"):
        built_from(tmp_path / "a.safetensors")


def test_shipped_weights_are_not_replaced(own_edsr):
    """A file given for a name the card knows is the card's file, or an error; never passed over."""
    with pytest.raises(RequestError, match="edsr@srbench: is shipped with its pack; .* choose another name after @"):
        plan_of("edsr@srbench", weights=own_edsr)
    with pytest.raises(RequestError, match="matches none of edsr@official's files: sha256 is"):
        plan_of("edsr@official", weights=own_edsr)


@pytest.mark.parametrize("name", ["a|b", "a b", "../c"])
def test_names_that_would_break_a_table(own_edsr, name):
    with pytest.raises(RequestError, match="cannot name a row"):
        plan_of(f"edsr@{name}", weights={f"edsr@{name}": own_edsr})


def test_a_method_without_a_network_takes_no_weights(own_edsr):
    for weights in (own_edsr, None):
        with pytest.raises(UnknownNameError, match="bicubic takes no weights; write bicubic alone"):
            plan_of("bicubic@mine", weights=weights and {"bicubic@mine": weights})


def test_the_cards_own_file_under_a_name_of_ones_own(monkeypatch):
    """A slip of the pen in `@official` must not make a second row of it, without its licence."""
    entry = installed_cards().method("edsr")
    shipped = entry.path.parent / "x4.safetensors"
    with pytest.raises(RequestError, match="x4.safetensors is edsr@srbench's file for ×4; use that name"):
        plan_of("edsr@srbenhc", weights=shipped)


def test_two_files_under_one_name_are_two_runs(own_edsr, tmp_path):
    from srbench.harness.execute import default_folder

    other = tmp_path / "other.safetensors"
    other.write_bytes(own_edsr.read_bytes())
    plans = [plan_of("edsr@mine", scale=2, weights=file) for file in (own_edsr, other)]
    assert default_folder(plans[0]) != default_folder(plans[1])


def test_a_file_of_another_network_lists_a_dozen_misfits(tmp_path):
    from srbench_models.enhancenet.network import EnhanceNet
    from srbench_models.srgan.network import SRResNet
    from srbench_models.weights import load_state

    with pytest.raises(WeightsError, match="and [0-9]+ more") as caught:
        load_state(SRResNet(), EnhanceNet().state_dict(), "e")
    assert len(str(caught.value)) < 700


def test_one_file_of_ones_own_is_for_one_scale(own_edsr):
    with pytest.raises(RequestError, match="2 files given, expected one"):
        plan_of("edsr@mine", weights=[own_edsr, own_edsr])


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_are_not_executed(tmp_path, cli, photos, zipped):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    torch.save({"head.0.weight": Trap()}, tmp_path / "trap.pt", _use_new_zipfile_serialization=zipped)
    done = cli("run", "--methods", "edsr@trap", "--weights", tmp_path / "trap.pt", "--scale", 2, "--datasets", photos)
    assert done.code == 1
    assert "nor as a plain state_dict of tensors" in done.err
    assert not (tmp_path / "sprung").exists()


def test_only_plain_state_dicts(tmp_path):
    from srbench.files import read_tensors

    torch.save({"state": {"a": torch.zeros(1)}}, tmp_path / "nested.pt")
    with pytest.raises(WeightsError, match="something else than a plain state_dict"):
        read_tensors(tmp_path / "nested.pt")
    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors")
    for zipped in (True, False):  # torch before 1.6, which EDSR's authors used, did not zip
        torch.save({"a": torch.ones(1)}, tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
        assert read_tensors(tmp_path / "a.pt")["a"] == read_tensors(tmp_path / "a.safetensors")["a"]


@pytest.mark.parametrize(
    ("methods", "weights", "message"),
    [
        ("edsr", "F", "unclear which method has these weights"),
        (["edsr@a", "edsr@b"], "F", "unclear which method has these weights"),
        ("edsr@a", {"edsr@b": "F"}, "weights for 'edsr@b', which is not among the methods"),
        ("edsr@a", "absent.pt", "absent.pt: no such weight file for edsr@a"),
    ],
)
def test_whose_weights_they_are_must_be_clear(tmp_path, methods, weights, message):
    (tmp_path / "f.pt").write_bytes(b"")
    place = {"F": tmp_path / "f.pt"}
    given = (
        {k: place.get(v, v) for k, v in weights.items()} if isinstance(weights, dict) else place.get(weights, weights)
    )
    with pytest.raises(RequestError, match=message):
        plan_of(methods, weights=given)


def test_unknown_weights_say_how_to_bring_ones_own():
    with pytest.raises(UnknownNameError, match="add --weights edsr@mine=FILE"):
        find_method("edsr@mine", installed_cards())


def test_several_files_need_names(cli):
    done = cli("run", "--methods", "edsr@a,edsr@b", "--weights", "a.pt", "--weights", "edsr@b=b.pt")
    assert done.code == 2
    assert "only some files have a name" in done.err


def test_several_files_of_one_method_are_told_apart_by_their_hashes(tmp_path):
    for scale in (2, 3):
        (tmp_path / f"x{scale}.pt").write_bytes(str(scale).encode())
    entries = [entry(str(scale).encode(), scale=scale) for scale in (2, 3, 4)]
    card = installed_cards().method("edsr")
    card = replace(card, card=card.card.model_copy(update={"weights": tuple(entries)}))
    cards = SimpleNamespace(method=lambda name: card, methods={"edsr": card})
    method = find_method("edsr@official", cards, {"edsr@official": (tmp_path / "x3.pt", tmp_path / "x2.pt")})
    assert method.given == {2: tmp_path / "x2.pt", 3: tmp_path / "x3.pt"}
    assert [method.ready(scale) for scale in (2, 3, 4)] == [True, True, False]
