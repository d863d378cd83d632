"""A held report: accepted and signed for at once, shown to nobody before its time, and then a report like any other, whatever
happened to the daemon in between."""

import datetime

import pytest

from helpers.organisation import Organisation
from helpers.programs import wait_until
from helpers.sealing import SealedReport

HELD_DAYS = 3


def hold(org):
    release = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=HELD_DAYS)
    text = release.strftime("%Y-%m-%dT%H:%M:%SZ")
    sealed = SealedReport(org, envelope={"release": text}, committed={"release": text})
    return sealed, sealed.put(release=text), text


def test_a_held_report_shows_when_its_time_comes(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    amina = org.officer("amina")
    sealed, answer, release = hold(org)
    assert answer.status == 201
    assert sealed.put(release=release).status == 200
    org.shift_clock(days=HELD_DAYS - 1)
    assert amina.alerts() == []
    org.shift_clock(days=HELD_DAYS + 1)
    # Deadlines are looked at each 50 ms in such a build; loaded machines get more.
    wait_until(lambda: [alert["report"] for alert in amina.alerts()] == [sealed.id], 5, "the release")
    assert amina.run("ack", sealed.id).json["state"] == "ack"


@pytest.mark.parametrize("clean", [True, False], ids=["a stop", "a crash"])
def test_its_time_comes_while_the_daemon_is_down(tmp_path, clock_build, clean):
    org = Organisation(tmp_path, build=clock_build)
    amina = org.officer("amina")
    sealed, answer, _ = hold(org)
    assert answer.status == 201
    if clean:
        org.stop_daemon()
    else:
        org.process.kill()
        org.process.wait()
    org.shift_clock(days=HELD_DAYS + 1)
    org.start_daemon()
    assert [alert["report"] for alert in amina.alerts()] == [sealed.id]


def test_nobody_on_the_way_changes_the_time(tmp_path):
    org = Organisation(tmp_path)
    amina = org.officer("amina")
    sealed, answer, _ = hold(org)
    assert answer.status == 201
    other = hold(org)[0]
    assert other.put().status == 200  # the acceptance again: it is held already
    text = "2027-01-01T00:00:00Z"
    third = SealedReport(org, envelope={"release": text}, committed={"release": text})
    assert third.put().status == 422
    assert third.put(release="2026-12-31T00:00:00Z").status == 422
    assert amina.alerts() == []
    assert sealed.id != other.id
