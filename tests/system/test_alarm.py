"""An alarm: prepared in quiet, sent in one step; a false one is called off, never before the alarm itself."""

import time

import pytest

from helpers.organisation import Defender, Organisation
from helpers.programs import EX_NOINPUT, EX_NOPERM, EX_TEMPFAIL

ALARM = "They are at the door."


def prepare(nadia, *arguments, **how):
    where = nadia.organisation.write_report(summary=ALARM, urgency="record")
    return nadia.run("alarm set", "--file", where, *arguments, **how).json


def alerts(org):
    return [(alert["report"], alert["urgency"]) for alert in org.officers["amina"].alerts()]


def opened(org, report):
    return org.officers["amina"].run("open", report, "--out", org.folder / f"out-{report[:8]}-{time.monotonic_ns()}").json


@pytest.mark.long
def test_one_step(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    ready = prepare(nadia)
    assert ready["state"] == "prepared" and len(ready["receipt"].split()) == 6
    assert nadia.run("send").json == {"sent": 0, "queued": 0} and alerts(org) == [], "not given yet"
    nadia.report()
    assert len(alerts(org)) == 1
    began = time.monotonic()
    sent = nadia.run("alarm").json
    assert time.monotonic() - began < 5
    assert (sent["id"], sent["receipt"], sent["state"]) == (ready["id"], ready["receipt"], "accepted")
    assert (sent["id"], "immediate") in alerts(org)
    assert opened(org, sent["id"])["summary"] == ALARM
    org.officers["amina"].run("ack", sent["id"])
    assert [message["from"] for message in nadia.inbox(ready["receipt"])] == ["amina"]
    again = nadia.run("alarm")
    assert again.json == sent and len(alerts(org)) == 2, "once more is the same alarm"
    assert nadia.run("alarm", json_wanted=False).out.startswith("ACCEPTED")


def test_one_word_of_truth(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    nadia.run("alarm", expect=EX_NOINPUT)
    prepare(nadia)
    assert nadia.run("alarm", json_wanted=False).out == "ACCEPTED\n"


@pytest.mark.long
def test_without_a_network_it_insists_then_waits_in_the_queue(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    ready = prepare(nadia)
    org.stop_daemon()
    began = time.monotonic()
    queued = nadia.run("alarm", expect=EX_TEMPFAIL)
    assert 10 < time.monotonic() - began < 40, "it doesn't give up at once"
    assert queued.json == {"id": ready["id"], "receipt": ready["receipt"], "state": "queued", "accepted": None}
    org.start_daemon()
    assert nadia.run("send").json == {"sent": 1, "queued": 0}
    assert alerts(org) == [(ready["id"], "immediate")]


def test_it_gets_through_as_soon_as_there_is_a_network(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    ready = prepare(nadia)
    org.stop_daemon()
    running = nadia.start("alarm")
    time.sleep(3)
    org.start_daemon()
    assert running.process.wait(30) == 0
    assert alerts(org) == [(ready["id"], "immediate")]


def test_prepared_without_a_network(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    org.stop_daemon()
    ready = prepare(nadia)
    org.start_daemon()
    assert nadia.run("alarm").json["id"] == ready["id"]


@pytest.mark.long
def test_the_newest_is_sent(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    first, second = prepare(nadia), prepare(nadia)
    assert first["receipt"] != second["receipt"]
    assert nadia.run("alarm").json["id"] == second["id"]
    assert [report for report, _ in alerts(org)] == [second["id"]]
    third = prepare(nadia)
    assert nadia.run("alarm").json["id"] == third["id"]


def test_called_off(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    nadia.run("alarm cancel", expect=EX_NOINPUT)
    ready = prepare(nadia)
    nadia.run("alarm cancel", expect=EX_NOINPUT)
    nadia.run("alarm")
    cancelled = nadia.run("alarm cancel").json
    assert cancelled["state"] == "accepted" and cancelled["id"] != ready["id"]
    report = opened(org, cancelled["id"])
    assert (report["by_the_same_hand"], report["first_report"], report["follows"]["kind"]) == (True, ready["id"], "CANCEL")
    shown = amina.run("open", cancelled["id"], "--out", org.folder / "words", json_wanted=False).out
    assert "ALARM CALLED OFF" in shown
    assert dict(alerts(org))[ready["id"]] == "immediate", "it stops no clock by itself"
    # An old alarm that was called off is no alarm: she is told that there is none.
    nadia.run("alarm", expect=EX_NOINPUT)
    nadia.run("alarm cancel", expect=EX_NOINPUT)


@pytest.mark.long
def test_never_called_off_before_it_was_sent(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    ready = prepare(nadia)
    org.stop_daemon()
    nadia.run("alarm", expect=EX_TEMPFAIL)
    cancelled = nadia.run("alarm cancel", expect=EX_TEMPFAIL).json
    assert cancelled["state"] == "queued"
    org.start_daemon()
    assert nadia.run("send").json == {"sent": 2, "queued": 0}
    assert [alert["report"] for alert in sorted(org.officers["amina"].alerts(), key=lambda alert: alert["seq"])] == [
        ready["id"], cancelled["id"]]


@pytest.mark.long
def test_given_again_after_it_was_called_off_unsent(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    ready = prepare(nadia)
    org.stop_daemon()
    nadia.run("alarm", expect=EX_TEMPFAIL)
    nadia.run("alarm cancel", expect=EX_TEMPFAIL)
    org.start_daemon()
    assert nadia.run("alarm").json["state"] == "accepted"
    assert nadia.run("send").json == {"sent": 0, "queued": 0}
    assert alerts(org) == [(ready["id"], "immediate")], "the calling off is gone: this one is meant"


def test_who_was_excluded_from_the_alarm_does_not_read_that_it_is_off(org):
    org.officer("amina")
    badia, nadia = org.officer("badia"), org.defender("nadia")
    prepare(nadia, "--exclude", "badia")
    nadia.run("alarm")
    cancelled = nadia.run("alarm cancel").json
    badia.run("open", cancelled["id"], "--out", org.folder / "no", expect=77)
    assert opened(org, cancelled["id"])["exclude"] == ["badia"]


def test_a_token_is_put_aside_when_it_is_prepared(tmp_path):
    """Where a desk asks for tokens, an alarm is ready only with one: not found missing in the emergency."""
    (tmp_path / "org").mkdir()
    org = Organisation(tmp_path / "org", admission="token")
    org.officer("amina")
    nadia, without = Defender(org, "nadia"), Defender(org, "without")
    invitation = org.invitation("--desk", org.desk)
    nadia.run("join", "-", "--no-passphrase", stdin=invitation)
    without.run("join", "-", "--no-passphrase", stdin=invitation.strip().rsplit(".", 1)[0])
    refused = without.run("alarm set", expect=EX_NOPERM)
    assert "token" in refused.err
    without.run("alarm", expect=EX_NOINPUT)
    ready = prepare(nadia)
    assert nadia.run("alarm").json["id"] == ready["id"]
    assert [report for report, _ in alerts(org)] == [ready["id"]]
    org.stop_daemon()


def test_without_a_file(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    nadia.run("alarm set", "--desk", org.desk)
    assert "in advance" in opened(org, nadia.run("alarm").json["id"])["summary"]


def test_nothing_of_it_lies_readable_on_the_device(org, tmp_path):
    org.officer("amina")
    (tmp_path / "passphrase").write_text("seven quiet horses\n")
    nadia = Defender(org, "locked")
    locked = ("--passphrase-file", tmp_path / "passphrase")
    nadia.run("join", "-", *locked, stdin=org.invitation("--desk", org.desk))
    ready = prepare(nadia, *locked)
    nadia.run("alarm", *locked)
    nadia.run("alarm cancel", *locked)
    seen = b"".join(path.read_bytes() for path in nadia.home.iterdir())
    for secret in (ALARM.encode(), ready["id"].encode(), ready["receipt"].encode()):
        assert secret not in seen
