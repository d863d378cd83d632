"""A line that cuts, corrupts and delays a submission: every report is accepted exactly once. tests/attack/cut_line tries every byte."""

import random

from helpers import middleman
from helpers.cutting import DIRECTIONS, KINDS, Harmed, Submissions

# A part of all bytes, never the same phase of what is sent; and the client's own program, with a report above a megabyte that goes up
# in parts and is taken up again where it broke off.
UP_STEP, DOWN_STEP = 211, 31
LARGE, LARGE_OFFSETS = 1200 * 1024, 6


def test_harm_at_many_bytes(org):
    amina = org.officer("amina")
    middleman.move_daemon_behind(org)
    harmed = Harmed(org, amina)
    size = harmed.measure()
    for kind in ("cut", "corrupt"):
        for way, step in (("up", UP_STEP), ("down", DOWN_STEP)):
            done = harmed.share(kind, way, step // 2, size[way] - step, step)
            # What breaks before the whole answer is here isn't known to be accepted; its last record is the line's end alone.
            assert done["tried"] == done["fired"] and done["queued"] >= done["tried"] - 3, (kind, way, done)
    assert harmed.share("delay", "up", size["up"] // 2, size["up"], size["up"])["queued"] == 0
    harmed.settle()


def test_harm_to_a_large_report(org, tmp_path):
    amina = org.officer("amina")
    middleman.move_daemon_behind(org)
    submissions = Submissions(org, tmp_path, LARGE)
    size = submissions.measure()
    dice, fired = random.Random(4711), 0
    for number in range(LARGE_OFFSETS):
        direction = DIRECTIONS[number // len(KINDS) % 2]
        fired += submissions.harm(KINDS[number % len(KINDS)], direction, dice.randrange(size[direction]))
    assert fired >= LARGE_OFFSETS - 1
    assert submissions.settle(amina) >= 1
    submissions.close()
