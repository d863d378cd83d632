"""A line that cuts, delays and corrupts a submission: every report is accepted exactly once. tests/attack/cut_line tries every byte."""

import random

import pytest

from helpers import middleman
from helpers.cutting import DIRECTIONS, KINDS, Submissions

OFFSETS = 24
# What is above a megabyte goes up in parts, and is taken up again where it broke off.
LARGE, LARGE_OFFSETS = 1200 * 1024, 5


@pytest.mark.parametrize("large, count", [(0, OFFSETS), (LARGE, LARGE_OFFSETS)])
def test_harm_at_some_bytes(org, tmp_path, large, count):
    amina = org.officer("amina")
    middleman.move_daemon_behind(org)
    submissions = Submissions(org, tmp_path, large)
    size = submissions.measure()
    dice, fired = random.Random(4711 + large), 0
    for number in range(count):
        direction = DIRECTIONS[number // len(KINDS) % 2]
        fired += submissions.harm(KINDS[number % len(KINDS)], direction, dice.randrange(size[direction]))
    assert fired >= count - count // 10
    assert submissions.settle(amina) >= count // 4
    submissions.close()
