"""Every installed card is whole: what it names can be loaded, and what it says of its source is not empty talk."""

from __future__ import annotations

import pytest

from srbench.cards import installed_cards, load_target


@pytest.mark.parametrize("name", sorted(installed_cards().methods))
def test_method_factories_load(name):
    entry = installed_cards().method(name)
    assert callable(load_target(entry.card.factory, entry.pack.name))


@pytest.mark.parametrize("name", sorted(installed_cards().datasets))
def test_dataset_readers_load(name):
    entry = installed_cards().dataset(name)
    assert callable(load_target(entry.card.reader, entry.pack.name))


@pytest.mark.parametrize("name", sorted(installed_cards().datasets))
def test_an_absent_dataset_says_how_to_get_it(name):
    from srbench.datasets import installed_listing
    from srbench.errors import DatasetError

    entry = installed_cards().dataset(name)
    if not entry.card.folder:
        assert len(installed_listing(entry).samples) == entry.card.count
        return
    with pytest.raises(DatasetError, match=f"srbench datasets import {name} DIR"):
        installed_listing(entry)


def test_published_rows_name_known_datasets_and_protocols():
    cards = installed_cards()
    for entry in cards.methods.values():
        for block in entry.card.published:
            assert block.dataset in cards.datasets
            assert block.protocol in cards.protocols
