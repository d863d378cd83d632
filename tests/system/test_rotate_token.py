"""rotate token: a new epoch beside those that run; nobody's tokens, invitations or reports are lost on the way."""

import base64

import pytest

from helpers.organisation import Defender, Organisation
from helpers.programs import EX_UNAVAILABLE

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

BATCH = 32


@pytest.fixture
def token_org(tmp_path):
    organisation = Organisation(tmp_path, admission="token")
    organisation.officer("amina")
    yield organisation
    if organisation.process is not None:
        organisation.stop_daemon()


def epochs(org):
    return [(int(line[0]), line[1]) for line in org.roster().all("token-key")]


def rotation(org):
    found = next(each for each in org.run("rotate status").json["rotations"] if each["what"] == "token")
    return found["epoch"], found["done"], found["total"], found["state"]


def tokens_of(defender, org):
    return defender.run("join", "-", stdin=org.invitation("--officer")).json["tokens"]


def test_a_new_epoch_beside_the_old_one(token_org):
    org = token_org
    nadia = Defender(org, "nadia").join()
    late = org.invitation("--desk", org.desk)
    first = epochs(org)
    assert [epoch for epoch, _ in first] == [1] and rotation(org) == (1, 0, 0, "none")

    made = org.run("rotate token").json
    assert (made["what"], made["epoch"], made["done"], made["total"]) == ("token", 1, 1, 2)
    assert [key["epoch"] for key in made["token_keys"]] == [1, 2] and made["token_keys"][0]["key"] == first[0][1]
    assert epochs(org) == first and rotation(org) == (1, 1, 2, "waiting")
    assert org.run("rotate token").json == made, "the same until it is in force"
    assert nadia.report()["state"] == "accepted"

    org.publish()
    assert epochs(org) == [(key["epoch"], key["key"]) for key in made["token_keys"]] and rotation(org) == (2, 2, 2, "done")
    # Who holds older tokens goes on; an invitation of before gives tokens of the new key, which are good as well.
    assert nadia.report()["state"] == "accepted" and tokens_of(nadia, org) == BATCH - 2
    layla = Defender(org, "layla").join(late)
    assert layla.report()["state"] == "accepted" and tokens_of(layla, org) == BATCH - 1


def test_it_outlives_a_crash(token_org):
    org = token_org
    made = org.run("rotate token").json
    org.kill_daemon()
    org.start_daemon()
    assert org.run("rotate token").json["token_keys"] == made["token_keys"]
    org.publish()
    nadia = Defender(org, "nadia").join()
    org.kill_daemon()
    org.start_daemon()
    assert nadia.report()["state"] == "accepted"


def test_it_needs_the_daemon_and_an_admin(token_org, tmp_path):
    org = token_org
    org.stop_daemon()
    org.run("rotate token", expect=EX_UNAVAILABLE)
    org.start_daemon()
    assert len(base64.b64decode(org.run("rotate token").json["token_keys"][-1]["key"])) == 32


def test_ended_epochs_leave_the_roster(tmp_path, clock_build):
    """Year after year: tokens end with their key, a new key is begun in time, and of the old ones nothing is left."""
    org = Organisation(tmp_path, build=clock_build, admission="token")
    org.officer("amina")
    nadia = Defender(org, "nadia").join()
    day = 0
    for rotate_at in (375, 750):
        while day < rotate_at:
            day += 25
            org.shift_clock(days=day)
            org.run("roster publish")
        org.run("rotate token")
        org.publish()
        assert nadia.report()["state"] == "accepted"
        assert nadia.run("join", "-", stdin=org.invitation("--desk", org.desk)).json["tokens"] > BATCH
        day += 25
        org.shift_clock(days=day)
        org.run("roster publish")  # the first of the two has ended
        assert nadia.run("join", "-", stdin=org.invitation("--officer")).json["tokens"] == BATCH
        assert nadia.report()["state"] == "accepted"
    assert [epoch for epoch, _ in epochs(org)] == [2, 3], "the first left at the second rotation"
    org.stop_daemon()
