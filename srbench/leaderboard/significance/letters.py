"""Letters: methods that share one do not differ significantly.

Source: insertion and absorption, H.-P. Piepho, JCGS 2004, doi:10.1198/1061860043515.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from string import ascii_letters


def consistent(order: Sequence[str], claims: Mapping[frozenset[str], float]) -> set[frozenset[str]]:
    """Return the claims that leave no contradiction: if a beats b and b beats c, then a beats c.

    Tests of three pairs can contradict each other, and letters would then place the worse of two methods first. Of two
    claims that together imply one that was not made, the one with the larger p is dropped.

    Args:
        order: Methods by mean, best first.
        claims: p of each pair that differs significantly.
    """
    kept = dict(claims)
    while True:
        for a, b, c in combinations(order, 3):
            first, second = frozenset({a, b}), frozenset({b, c})
            if first in kept and second in kept and frozenset({a, c}) not in kept:
                del kept[max(first, second, key=lambda pair: kept[pair])]
                break
        else:
            return set(kept)


def letters(methods: Sequence[str], apart: Collection[frozenset[str]]) -> dict[str, str]:
    """Return letters by method: two methods that share a letter do not differ significantly.

    Args:
        methods: Names in the order of the table.
        apart: The pairs of methods that differ significantly. If they are `consistent`, the better of two such
            methods has the earlier first letter.
    """
    groups: list[set[str]] = [set(methods)]
    for pair in sorted(apart, key=sorted):
        for group in [group for group in groups if pair <= group]:
            groups.remove(group)
            groups += [group - {name} for name in pair]
        groups = [group for group in groups if group and not any(group < other for other in groups)]
        groups = [group for index, group in enumerate(groups) if group not in groups[:index]]
    place = {name: index for index, name in enumerate(methods)}
    order = sorted(groups, key=lambda group: sorted(place[name] for name in group))
    return {name: "".join(_symbol(index) for index, group in enumerate(order) if name in group) for name in methods}


def _symbol(index: int) -> str:
    """A letter, or a number in brackets if the letters are used up."""
    return ascii_letters[index] if index < len(ascii_letters) else f"({index + 1})"
