"""Watched over on a journey: a report that officers get unless she checks in, whatever happens to the daemon meanwhile, and nothing she is
told about it is untrue."""

import datetime
import time

import pytest

from helpers.organisation import Defender, Organisation
from helpers.programs import EX_CANTCREAT, EX_NOINPUT, EX_NOPERM, EX_UNAVAILABLE, EX_USAGE, wait_until

EVERY = 60
PLACE = "I cross the border at Kasumbalesa on the bus of nine."


@pytest.fixture
def org(tmp_path, clock_build):
    organisation = Organisation(tmp_path, build=clock_build)
    organisation.officer("amina")
    yield organisation
    organisation.stop_daemon()


def start(nadia, *arguments, expect=0, **fields):
    where = nadia.organisation.write_report(summary=PLACE, urgency="immediate", **fields)
    return nadia.run("checkin start", "--every", EVERY, "--file", where, *arguments, expect=expect)


def reports(org):
    return [alert["report"] for alert in org.officers["amina"].alerts()]


def seconds_until(release):
    return (datetime.datetime.fromisoformat(release.replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def test_a_missed_one_reaches_the_officers(org):
    nadia, amina = org.defender("nadia"), org.officers["amina"]
    held = start(nadia).json
    assert EVERY * 60 - 60 < seconds_until(held["release"]) <= EVERY * 60 and held["confirmed"]
    assert nadia.run("checkin status").json == {"id": held["id"], "release": held["release"], "confirmed": True}
    assert reports(org) == [] and nadia.run("send").json == {"sent": 0, "queued": 0}
    org.shift_clock(seconds=EVERY * 60 - 30)
    assert reports(org) == []
    org.shift_clock(seconds=EVERY * 60 + 1)
    wait_until(lambda: reports(org) == [held["id"]], 5, "the release")
    report = amina.run("open", held["id"], "--out", org.folder / "out").json
    assert (report["summary"], report["envelope"]["release"]) == (PLACE, held["release"])
    amina.run("ack", held["id"])
    assert [message["from"] for message in nadia.inbox(held["receipt"])] == ["amina"]


def test_checking_in_puts_it_off(org):
    nadia = org.defender("nadia")
    held = start(nadia).json
    for number in range(1, 4):
        org.shift_clock(seconds=number * 40 * 60)
        later = nadia.run("checkin ok").json
        assert later["id"] == held["id"] and later["release"] > held["release"]
        held = later
        if number == 2:
            org.kill_daemon()
            org.start_daemon()
        assert reports(org) == []
    org.shift_clock(seconds=3 * 40 * 60 + EVERY * 60 + 2)
    wait_until(lambda: reports(org) == [held["id"]], 5, "the release")


def test_a_changed_roster_seals_a_new_one_and_calls_off_the_old(org):
    nadia = org.defender("nadia")
    first = start(nadia, "--exclude", "amina", expect=None)
    assert first.code == 65, "nobody would be left to read it"
    held = start(nadia).json
    badia = org.officer("badia")
    renewed = nadia.run("checkin ok").json
    assert renewed["id"] != held["id"]
    again = nadia.run("checkin ok").json
    assert again["id"] == renewed["id"]
    org.shift_clock(seconds=EVERY * 60 + 60)
    wait_until(lambda: reports(org) == [renewed["id"]], 5, "the release of the new one alone")
    assert badia.run("open", renewed["id"], "--out", org.folder / "out").json["summary"] == PLACE
    # One number for both: answers come to the one that she wrote down.
    badia.run("reply", renewed["id"], "We are looking for you.")
    assert [message["text"] for message in nadia.inbox(held["receipt"])] == ["We are looking for you."]


def test_who_was_excluded_stays_so(org):
    org.officer("badia")
    carla, nadia = org.officer("carla"), org.defender("nadia")
    start(nadia, "--exclude", "carla", "--exclude", "badia")
    org.run("officer remove", "badia")
    org.publish()
    renewed = nadia.run("checkin ok").json
    org.shift_clock(seconds=EVERY * 60 + 60)
    wait_until(lambda: reports(org) == [renewed["id"]], 5, "the release")
    carla.run("open", renewed["id"], "--out", org.folder / "out", expect=EX_NOPERM)


def test_without_a_network_it_says_that_it_is_not_put_off(org):
    nadia = org.defender("nadia")
    held = start(nadia).json
    org.stop_daemon()
    refused = nadia.run("checkin ok", expect=EX_UNAVAILABLE)
    assert "NOT put off" in refused.err and refused.err.count("\n") == 1
    assert "NOT called off" in nadia.run("checkin cancel", expect=EX_UNAVAILABLE).err
    assert nadia.run("checkin status").json["release"] == held["release"]
    org.start_daemon()
    assert nadia.run("checkin ok").json["id"] == held["id"]


def test_called_off(org):
    nadia = org.defender("nadia")
    held = start(nadia).json
    assert nadia.run("checkin cancel").json["release"] is None
    assert nadia.run("checkin status").json == {"id": None, "release": None, "confirmed": False}
    for verb in ("ok", "cancel"):
        nadia.run(f"checkin {verb}", expect=EX_NOINPUT)
    org.shift_clock(seconds=2 * EVERY * 60)
    org.kill_daemon()
    org.start_daemon()
    assert reports(org) == []
    assert start(nadia).json["id"] != held["id"]


def test_too_late(org):
    nadia = org.defender("nadia")
    held = start(nadia).json
    org.shift_clock(seconds=EVERY * 60 + 5)
    wait_until(lambda: reports(org) == [held["id"]], 5, "the release")
    assert "too late" in nadia.run("checkin ok", expect=EX_NOPERM).err
    assert "too late" in nadia.run("checkin cancel", expect=EX_NOPERM).err
    assert nadia.run("checkin status").json["id"] is None
    start(nadia)


def test_a_start_without_a_network_watches_over_nobody_and_says_so(org):
    nadia = org.defender("nadia")
    org.stop_daemon()
    assert "nobody is known to watch" in start(nadia, expect=EX_UNAVAILABLE).err
    assert nadia.run("checkin status").json["confirmed"] is False
    assert nadia.run("send").json == {"sent": 0, "queued": 0}, "what comes too late would be a false alarm"
    org.start_daemon()
    held = nadia.run("checkin ok").json
    assert held["confirmed"]
    org.shift_clock(seconds=EVERY * 60 + 60)
    wait_until(lambda: reports(org) == [held["id"]], 5, "the release")


def test_one_at_a_time_and_what_every_may_be(org):
    nadia = org.defender("nadia")
    for wrong in ("0", "-1", "10081", "soon", "1h"):
        nadia.run("checkin start", "--every", wrong, expect=EX_USAGE)
    nadia.run("checkin start", expect=EX_USAGE)
    start(nadia)
    start(nadia, expect=EX_CANTCREAT)


def test_without_a_file_it_says_what_happened(org):
    nadia, amina = org.defender("nadia"), org.officers["amina"]
    held = nadia.run("checkin start", "--every", 1, "--desk", org.desk).json
    org.shift_clock(seconds=61)
    wait_until(lambda: reports(org) == [held["id"]], 5, "the release")
    assert "check in" in amina.run("open", held["id"], "--out", org.folder / "out").json["summary"]


def test_nothing_of_it_lies_readable_on_the_device(org, tmp_path):
    (tmp_path / "passphrase").write_text("seven quiet horses\n")
    nadia = Defender(org, "locked")
    locked = ("--passphrase-file", tmp_path / "passphrase")
    nadia.run("join", "-", *locked, stdin=org.invitation("--desk", org.desk))
    held = start(nadia, *locked).json
    nadia.run("checkin ok", *locked)
    seen = b"".join(path.read_bytes() for path in nadia.home.iterdir())
    for secret in (PLACE.encode(), held["id"].encode(), held["receipt"].encode(), b"Kasumbalesa"):
        assert secret not in seen
    assert held["id"].encode() in held["id"].encode() + seen, "the search finds what is there"


def test_killed_at_any_moment(org):
    """Whatever a crash leaves behind, nothing is at the server that she can't call off."""
    nadia = org.defender("nadia")
    for number in range(10):
        running = nadia.start("checkin start", "--every", str(EVERY), "--desk", org.desk)
        time.sleep(0.05 * number)
        running.process.kill()
        running.process.wait()
        assert nadia.run("checkin cancel", expect=None).code in (0, EX_NOINPUT)
        assert nadia.run("send").json == {"sent": 0, "queued": 0}
    org.shift_clock(seconds=2 * EVERY * 60)
    sent = nadia.report()["id"]
    wait_until(lambda: sent in reports(org), 5, "the report")
    assert reports(org) == [sent], "nothing that was held came out"
