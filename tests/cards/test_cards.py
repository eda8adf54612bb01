"""Cards are strict: what is unknown, missing or contradictory is refused by field."""

from __future__ import annotations

import pytest

from srbench.cards import DatasetCard, MethodCard, ProtocolCard
from srbench.cards.packs import is_card_file, read_card
from srbench.errors import CardError

METHOD = """
[method]
name = "mine"
title = "Mine"
summary = "a test"
factory = "pack.module:create"
scales = [2, 4]
colour = "rgb"
licence = "MIT"
source = "none"
"""
WEIGHTS = """
[[weights]]
name = "w"
scale = {scale}
file = "w.safetensors"
sha256 = "{sha}"
licence = "MIT"
trained_on = ["T91"]
parameters = 5
"""


def card(tmp_path, text):
    path = tmp_path / "card.toml"
    path.write_text(text)
    return read_card(path)


def test_a_method_card(tmp_path):
    found = card(tmp_path, METHOD + WEIGHTS.format(scale=2, sha="0" * 64) + WEIGHTS.format(scale=4, sha="1" * 64))
    assert isinstance(found, MethodCard)
    assert found.scales == (2, 4)
    assert [weights.scale for weights in found.weights] == [2, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[method]", "[model]"), "exactly one of the tables"),
        (('name = "mine"', 'name = "My Method"'), "name: String should match"),
        (('colour = "rgb"', 'colour = "bgr"'), "colour: Input should be"),
        (('licence = "MIT"', ""), "licence: Field required"),
        (("scales = [2, 4]", "scales = [1]"), "scales.*greater than or equal to 2"),
        (("[method]", "[method]\nversion = 3"), "version: Extra inputs are not permitted"),
        (('factory = "pack.module:create"', 'factory = "pack.module"'), "factory: String should match"),
        (("[method]", "[method"), "cannot be read as a card"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, message):
    with pytest.raises(CardError, match=rf"(?s)card\.toml: .*{message}"):
        card(tmp_path, METHOD.replace(*change))


def test_weights_must_cover_the_scales(tmp_path):
    with pytest.raises(CardError, match=r"weights for \[2\]"):
        card(tmp_path, METHOD + WEIGHTS.format(scale=2, sha="0" * 64))


def test_weights_of_an_any_scale_method_or_given_twice_are_refused(tmp_path):
    one = WEIGHTS.format(scale=2, sha="0" * 64)
    with pytest.raises(CardError, match="they must be the same"):
        card(tmp_path, METHOD.replace("[2, 4]", '"any"') + one)
    with pytest.raises(CardError, match="same name and scale"):
        card(tmp_path, METHOD.replace("[2, 4]", "[2]") + one + one)


def test_two_declarations_or_a_field_twice_are_refused(tmp_path):
    with pytest.raises(CardError, match="exactly one"):
        card(tmp_path, METHOD + '[dataset]\nname = "x"\n')
    with pytest.raises(CardError, match="weights given twice"):
        card(tmp_path, METHOD + "weights = []\n" + WEIGHTS.format(scale=2, sha="0" * 64))


def test_a_card_that_is_not_there(tmp_path):
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "none.card.toml")


DATASET = """
[dataset]
name = "d"
title = "D"
summary = "s"
reader = "a.b:c"
folder = "D"
count = 2
licence = "l"
source = "s"
"""


def test_dataset_hashes_must_cover_the_images(tmp_path):
    assert isinstance(card(tmp_path, DATASET), DatasetCard)
    with pytest.raises(CardError, match=r"count is 2 but \[pixels\] lists 1"):
        card(tmp_path, DATASET + f'[pixels]\none = "{"a" * 64}"\n')


PROTOCOL = """
[protocol]
name = "p"
version = 1
summary = "s"
source = "s"
reported_by = "r"
grey = "rgb"
[degradation]
planes = "rgb"
kernel = "matlab-bicubic"
border = "symmetric"
rounding = "uint8"
[scoring]
planes = "y"
rounding = "none"
crop_scale = 1
crop_extra = 0
"""


def test_the_hash_covers_the_rules_and_nothing_else(tmp_path):
    plain = card(tmp_path, PROTOCOL)
    assert isinstance(plain, ProtocolCard)
    assert card(tmp_path, PROTOCOL.replace('summary = "s"', 'summary = "t"')).hash == plain.hash
    for change in [("version = 1", "version = 2"), ("crop_extra = 0", "crop_extra = 6"), ("symmetric", "replicate")]:
        assert card(tmp_path, PROTOCOL.replace(*change)).hash != plain.hash


@pytest.mark.parametrize(
    "changes",
    [
        [
            ('[degradation]\nplanes = "rgb"', '[degradation]\nplanes = "y"'),
            ('[scoring]\nplanes = "y"', '[scoring]\nplanes = "rgb"'),
        ],
        [("matlab-bicubic", "pillow-lanczos")],
        [('[degradation]\nplanes = "rgb"', '[degradation]\nplanes = "y"'), ('rounding = "none"', 'rounding = "uint8"')],
        [('[scoring]\nplanes = "y"', '[scoring]\nplanes = "rgb"')],
        [
            ("matlab-bicubic", "pillow-lanczos"),
            ("symmetric", "renormalise"),
            ('rounding = "uint8"', 'rounding = "none"'),
        ],
    ],
)
def test_rules_that_contradict_each_other(tmp_path, changes):
    text = PROTOCOL
    for change in changes:
        assert change[0] in text
        text = text.replace(*change)
    with pytest.raises(CardError, match="upscaled luma is uint8|renormalise|result is uint8|shrinks uint8 RGB"):
        card(tmp_path, text)


def test_which_files_are_cards():
    assert is_card_file("card.toml")
    assert is_card_file("bicubic.card.toml")
    assert not is_card_file("x4.recipe.toml")
