"""A held report: accepted and signed for at once, shown to nobody before its time, and then a report like any other, whatever
happened to the daemon in between."""

import base64
import datetime
import json

import pytest
from nacl.signing import SigningKey, VerifyKey

from helpers import signing, wire
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


class Held:
    """A held report with a hold key, and the orders that a stranger's client would send."""

    def __init__(self, org, days=HELD_DAYS):
        self.org, self.key, self.counter = org, SigningKey.generate(), 0
        self.release = self.at(days)
        key = signing.base64url(bytes(self.key.verify_key))
        facts = {"release": self.release, "hold_key": key}
        self.sealed = SealedReport(org, envelope=facts, committed=facts)
        assert self.sealed.put({"Hold-Key": key}, release=self.release).status == 201
        self.id = self.sealed.id

    @staticmethod
    def at(days):
        return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def order(self, release, key=None):
        self.counter += 1
        lines = f"clarion-hold/1\n{self.id}\n{self.counter}\n{release}\n".encode()
        signature = base64.b64encode((key or self.key).sign(lines).signature).decode()
        body = json.dumps({"counter": self.counter, "release": release, "signature": signature}).encode()
        return wire.request(self.org.port, "POST", self.org.target(f"reports/{self.id}/hold"), {}, body)


@pytest.mark.parametrize("between", ["nothing", "a crash"])
def test_it_is_put_off_and_comes_at_the_later_time(tmp_path, clock_build, between):
    org = Organisation(tmp_path, build=clock_build)
    amina = org.officer("amina")
    held = Held(org)
    later = held.at(HELD_DAYS + 2)
    answer = held.order(later)
    said = json.loads(answer.body)
    assert (answer.status, said["release"], said["counter"]) == (200, later, 1)
    VerifyKey(org.roster().receipt_key).verify(f"clarion-held/1\n{held.id}\n1\n{later}\n".encode(), base64.b64decode(said["signature"]))
    if between == "a crash":
        org.kill_daemon()
        org.start_daemon()
    org.shift_clock(days=HELD_DAYS + 1)
    assert amina.alerts() == []
    org.shift_clock(days=HELD_DAYS + 2, seconds=5)
    wait_until(lambda: [alert["report"] for alert in amina.alerts()] == [held.id], 5, "the release")
    assert json.loads(held.order(held.at(HELD_DAYS + 3)).body)["type"] == "/problems/released"


def test_called_off_it_never_comes(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    amina = org.officer("amina")
    held = Held(org)
    assert held.order("cancel", key=SigningKey.generate()).status == 403
    assert held.order("cancel").status == 200
    org.kill_daemon()
    org.shift_clock(days=HELD_DAYS + 1)
    org.start_daemon()
    assert amina.alerts() == []
    assert held.sealed.put(release=held.release).status == 410, "whoever kept its bytes can't bring it back"


def test_orders_that_are_refused(org):
    org.officer("amina")
    held = Held(org)
    assert held.order(held.at(HELD_DAYS + 8)).status == 422
    assert held.order(held.at(-1)).status == 400
    assert held.order(held.at(5)).status == 200
    held.counter -= 1
    assert held.order(held.at(6)).status == 409
    facts = {"release": held.at(31)}
    far = SealedReport(org, envelope=facts, committed=facts)
    assert json.loads(far.put(release=facts["release"]).body)["type"] == "/problems/too-far"
