"""rotate tls: the next pin first in the roster, then the switch, without a connection refused; and who slept meanwhile."""

import base64
import hashlib
import os
import random
import shutil
import ssl
import subprocess
import threading
import time

import pytest

from helpers import wire
from helpers.locked import LockedOrganisation, age_opens
from helpers.organisation import kill_role
from helpers.programs import EX_OK, EX_PROTOCOL, EX_TEMPFAIL, needs, program, wait_until

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


def pin_of(certificate):
    """The pin of a certificate in DER."""
    spki = subprocess.run(["openssl", "x509", "-inform", "der", "-pubkey", "-noout"], input=certificate, capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=spki, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def shown(org):
    """The pin of the key that the server shows."""
    line = wire.connect(org.port)
    try:
        return pin_of(line.getpeercert(binary_form=True))
    finally:
        line.close()


def pins(org):
    return org.roster().first("server")[1:]


def of_tls(org):
    return next(rotation for rotation in org.run("rotate status").json["rotations"] if rotation["what"] == "tls")


def steps(org):
    rotation = of_tls(org)
    return rotation["epoch"], rotation["done"], rotation["total"]


def rotate(org):
    """One whole rotation."""
    org.run("rotate tls")
    org.publish()
    made = org.run("rotate tls").json
    assert made["switched"]
    org.publish()


@pytest.fixture
def running(org):
    org.publish()
    org.ensure_running()
    return org


def test_first_the_pin_then_the_switch(running):
    org = running
    first, second = pins(org)
    assert shown(org) == first and steps(org) == (1, 0, 0)
    made = org.run("rotate tls").json
    assert (made["what"], made["epoch"], made["done"], made["total"]) == ("tls", 1, 1, 3)
    assert made["current"] == first and made["next"] == second and not made["switched"]
    # asked again before it is published: nothing else happens
    assert org.run("rotate tls").json["done"] == 1 and shown(org) == first
    org.publish()
    assert pins(org) == [first, second] and shown(org) == first and steps(org) == (1, 2, 3)
    made = org.run("rotate tls").json
    assert made["switched"] and made["current"] == second and (made["epoch"], made["done"], made["total"]) == (2, 3, 3)
    assert shown(org) == second and pins(org) == [first, second]
    org.publish()
    assert pins(org) == [second, made["next"]] and shown(org) == second
    # the next rotation begins with a pin again, not with a switch
    assert not org.run("rotate tls").json["switched"] and shown(org) == second and steps(org) == (2, 1, 3)


def test_a_start_behind_it_shows_the_new_key(running):
    org = running
    rotate(org)
    pin = shown(org)
    assert org.stop_daemon() == 0
    org.start_daemon()
    assert shown(org) == pin == pins(org)[0] and steps(org) == (2, 3, 3)


def test_whoever_slept_through_one_connects(org):
    officer, defender = org.officer("amina"), org.defender("dina")
    rotate(org)
    assert defender.report()["state"] == "accepted"
    assert len(officer.alerts()) == 1
    # who was awake meanwhile sleeps through the next one
    rotate(org)
    assert defender.report()["state"] == "accepted"
    assert len(officer.alerts()) == 2


def test_whoever_slept_through_two_is_told_the_way_out(org):
    officer, defender = org.officer("amina"), org.defender("dina")
    rotate(org)
    rotate(org)
    result = officer.run("pull", expect=EX_PROTOCOL)
    assert "another key" in result.err and "invitation" in result.err and "join" in result.err
    officer.run("join", "-", stdin=org.invitation("--officer"))
    assert officer.alerts() == []
    result = defender.report(expect=EX_PROTOCOL)
    assert "another key" in result.err and "invitation" in result.err and "join" in result.err, result.err
    assert "another key" in defender.run("send", expect=None).err
    defender.join()
    defender.run("send")
    assert len(officer.alerts()) == 1


def test_nobody_is_refused_meanwhile(running):
    org = running
    stop, failures, done = threading.Event(), [], [0]

    def knock():
        while not stop.is_set():
            try:
                assert org.get("roster", timeout=10).status == 200
                done[0] += 1
            except (OSError, AssertionError) as error:
                failures.append(error)

    knockers = [threading.Thread(target=knock) for _ in range(4)]
    for knocker in knockers:
        knocker.start()
    for _ in range(3):
        rotate(org)
    stop.set()
    for knocker in knockers:
        knocker.join()
    assert not failures and done[0] >= len(knockers)


def test_a_connection_goes_on_with_the_old_key(running):
    org = running
    org.run("rotate tls")
    org.publish()
    line = wire.connect(org.port)
    before = pin_of(line.getpeercert(binary_form=True))
    assert org.run("rotate tls").json["switched"]
    request = f"GET {org.target('roster')} HTTP/1.1\r\nHost: {org.authority}\r\n\r\n".encode()
    line.sendall(request)
    assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
    line.close()
    assert shown(org) != before


def test_a_roster_without_the_pin_switches_nothing(running):
    org = running
    first = shown(org)
    org.run("rotate tls")
    (org.home / "roster" / "draft").unlink()
    org.add_desk("other")
    made = (org.home / "daemon" / "tls.crt.next").read_bytes()
    org.publish()
    # the pin was known before, so that the roster of the other change is as good
    assert (org.home / "daemon" / "tls.crt.next").read_bytes() == made
    assert org.run("rotate tls").json["switched"] and shown(org) != first


def kill_something(org, whole, delay):
    time.sleep(delay)
    if whole:
        org.kill_daemon()
        return
    for pid, role in org.roles():
        if role in ("store", "front"):
            kill_role(pid)


def asked_again(org):
    """What was cut short is simply asked for again; a roster that the daemon hadn't taken when it died, as the sentence says."""
    again = org.run("rotate tls", expect=None)
    if again.code == EX_TEMPFAIL and "`roster publish'" in again.err:
        org.run("roster publish")
    return again.code == EX_OK


def test_whatever_is_killed_it_goes_on(running):
    """kill -9 of the store and the fronts, or of the whole daemon, at any moment of many rotations."""
    org = running
    chance = random.Random(3)
    for number in range(10):
        killer = threading.Thread(target=kill_something, args=(org, number % 2 == 1, chance.uniform(0, 0.15)))
        killer.start()
        org.run("rotate tls", expect=None)
        org.run("roster publish", expect=None)
        org.run("rotate tls", expect=None)
        killer.join()
        org.ensure_running()
        org.wait_until_it_answers()
        assert shown(org) in pins(org)
        wait_until(lambda: asked_again(org), 20, "the rotation")
        org.publish()
        assert shown(org) in pins(org)


@pytest.mark.parametrize("state", ["key renamed", "key made", "nothing"])
def test_what_a_crash_leaves_in_the_folder(running, state):
    org = running
    first, second = pins(org)
    org.run("rotate tls")
    org.publish()
    org.kill_daemon()
    daemon = org.home / "daemon"
    if state == "key renamed":
        os.rename(daemon / "tls.key.next", daemon / "tls.key")
    elif state == "key made":
        (daemon / "tls.crt.next").unlink()
    else:
        (daemon / "tls.crt.next").unlink()
        (daemon / "tls.key.next").unlink()
    subprocess.run([program("clariond"), "--config", str(org.configuration), "--check"], check=True, stdout=subprocess.DEVNULL)
    org.start_daemon()
    if state == "key renamed":
        assert shown(org) == second and steps(org) == (2, 3, 3) and not (daemon / "tls.crt.next").exists()
        made = org.run("rotate tls").json
        assert made["current"] == second and made["next"] not in (first, second)
    else:
        # the pin that clients know is lost: another is made, and published before any switch
        made = org.run("rotate tls").json
        assert not made["switched"] and made["next"] != second and shown(org) == first
        org.publish()
        assert org.run("rotate tls").json["switched"] and shown(org) == made["next"]


def test_a_next_key_of_somebody_else_is_not_taken(running, tmp_path):
    org = running
    first = shown(org)
    org.run("rotate tls")
    org.publish()
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(tmp_path / "k")], check=True,
                   capture_output=True)
    os.chmod(tmp_path / "k", 0o600)
    shutil.copy(tmp_path / "k", org.home / "daemon" / "tls.key.next")
    result = org.run("rotate tls", expect=EX_TEMPFAIL)
    assert "certificate" in result.err and shown(org) == first
    assert org.stop_daemon() == 0
    org.start_daemon()
    assert shown(org) == first


@needs("age")
def test_under_a_passphrase_it_stays(tmp_path):
    locked = LockedOrganisation(tmp_path)
    locked.start()
    for number in range(2):
        locked.admin("rotate", "tls")
        locked.admin("roster", "publish")
        assert locked.admin("rotate", "tls")["switched"]
        locked.admin("roster", "publish")
        for name in ("tls.key", "tls.key.next"):
            path = locked.file(name)
            assert path.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ") and path.stat().st_mode & 0o777 == 0o600
            assert age_opens(path, tmp_path / f"{name}.{number}").startswith(b"-----BEGIN PRIVATE KEY-----")
        pem = locked.file("tls.crt").read_text()
        der = ssl.PEM_cert_to_DER_cert(pem)
        assert pin_of(der) == shown(locked)
    locked.stop()
    locked.start()
    assert pin_of(der) == shown(locked)
    locked.stop()
