"""The rim of the command line: what is printed, and where it is printed to."""

from __future__ import annotations

import json
import math

import numpy as np

from srbench.files import write_image


def not_json(name):
    raise AssertionError(f"{name} is not JSON")


def test_json_has_null_where_a_float_is_no_number(capsys):
    from srbench.cli.printing import print_json

    print_json({"a": [math.inf, -math.inf, math.nan, 1.5], "b": (2, None, "×")})
    out = capsys.readouterr().out
    assert json.loads(out, parse_constant=not_json) == {"a": [None, None, None, 1.5], "b": [2, None, "×"]}


def test_a_leaderboard_as_json_has_null_for_a_psnr_that_is_infinite(cli, tmp_path):
    write_image(tmp_path / "flat" / "a.png", np.full((3, 32, 32), 77, np.uint8))
    assert cli("run", "--methods", "nearest", "--datasets", "./flat", "--output", "run").code == 0
    (row,) = json.loads(cli("leaderboard", "run", "--json").out, parse_constant=not_json)
    assert row["psnr"] is None
