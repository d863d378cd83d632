"""rotate receipt: the next key first in the keyring, then in the roster, then in use; old acceptances stay proven."""

import json
import random
import shutil
import threading
import time

import pytest

from helpers import signing
from helpers.locked import LockedOrganisation, age_opens
from helpers.organisation import kill_role
from helpers.programs import EX_NOPERM, EX_OK, EX_TEMPFAIL, needs, program, run, wait_until
from helpers.signing import acceptance_verifies

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


def receipt_of(status):
    return next(rotation for rotation in status["rotations"] if rotation["what"] == "receipt")


def steps(org):
    rotation = receipt_of(org.run("rotate status").json)
    return rotation["epoch"], rotation["done"], rotation["total"]


def key_in_force(org):
    return org.roster().first("receipt-key")[0]


def roster_at(org, version):
    return signing.Roster(org.get(f"roster/{version}").body)


def accept(org):
    """A report by a stranger's hand; the acceptance and the roster version in force then."""
    report, sealed = org.seal()
    answer = org.put(report, sealed)
    assert answer.status == 201
    return json.loads(answer.body), org.roster().version, (report, sealed)


def test_the_key_signs_once_its_roster_is_in_force(org):
    org.officer("amina")
    before = key_in_force(org)
    made = org.run("rotate receipt").json
    assert (made["what"], made["epoch"], made["done"], made["total"]) == ("receipt", 1, 1, 2) and made["key"] != before
    assert key_in_force(org) == before and steps(org) == (1, 1, 2)
    old, old_version, _ = accept(org)
    org.publish()
    assert key_in_force(org) == made["key"] and steps(org) == (2, 2, 2)
    new, new_version, _ = accept(org)
    for acceptance, version, other in ((old, old_version, new_version), (new, new_version, old_version)):
        assert acceptance_verifies(roster_at(org, version), org.desk, "urgent", acceptance)
        assert not acceptance_verifies(roster_at(org, other), org.desk, "urgent", acceptance)


def test_old_acceptances_stay_proven_for_ever(org):
    org.officer("amina")
    acceptances = []
    for _ in range(4):
        acceptances.append(accept(org))
        org.run("rotate receipt")
        org.publish()
    for acceptance, version, _ in acceptances:
        assert acceptance_verifies(roster_at(org, version), org.desk, "urgent", acceptance)
    # who sends an old report again is answered with the key of today
    _, _, (report, sealed) = acceptances[0]
    answer = org.put(report, sealed, roster=acceptances[0][1])
    assert answer.status == 200 and acceptance_verifies(org.roster(), org.desk, "urgent", json.loads(answer.body))


def test_asked_again_it_is_the_same_key(org):
    org.publish()
    org.ensure_running()
    first = org.run("rotate receipt").json["key"]
    # also where the draft was thrown away, or the daemon died
    (org.home / "roster" / "draft").unlink()
    org.kill_daemon()
    org.start_daemon()
    assert org.run("rotate receipt").json["key"] == first
    draft = (org.home / "roster" / "draft").read_bytes()
    assert org.run("rotate receipt").json["key"] == first
    assert (org.home / "roster" / "draft").read_bytes() == draft


def test_people_go_on_as_if_nothing_had_happened(org):
    officer = org.officer("amina")
    defender = org.defender("dina")
    watch = officer.start("watch")
    first = defender.report()
    watch.wait_for(lambda line: line.get("report") == first["id"])
    org.run("rotate receipt")
    org.publish()
    second = defender.report()
    assert second["state"] == "accepted"
    watch.wait_for(lambda line: line.get("report") == second["id"])
    assert {alert["report"] for alert in officer.alerts()} == {first["id"], second["id"]}
    officer.run("ack", second["id"])
    officer.run("reply", second["id"], "We come.")
    assert [message["text"] for message in defender.inbox(second["receipt"]) if message["text"]] == ["We come."]
    watch.stop()


def test_the_old_key_is_gone_from_the_keyring(org):
    org.publish()
    org.ensure_running()
    before = len(org.file_of("keyring").read_bytes())
    org.run("rotate receipt")
    assert len(org.file_of("keyring").read_bytes()) > before
    org.publish()
    wait_until(lambda: len(org.file_of("keyring").read_bytes()) == before, 10, "the old key's end")


def test_only_admins_of_today_rotate(org, tmp_path):
    home = tmp_path / "bea"

    def bea(*words, expect=EX_OK):
        return run([program("clarion-admin"), *words, "--home", str(home), "--json"], expect=expect)

    card = bea("init", "--card", "bea", "--no-passphrase").json["card"]
    org.run("admin add", "-", stdin=card + "\n")
    org.publish()
    org.ensure_running()
    shutil.copytree(org.home / "roster", home / "roster", dirs_exist_ok=True)
    (home / "daemon").symlink_to(org.home / "daemon")
    assert bea("rotate", "receipt").json["done"] == 1
    org.run("admin remove", "bea")
    org.publish()
    bea("rotate", "receipt", expect=EX_TEMPFAIL)  # she doesn't know the roster in force
    shutil.copytree(org.home / "roster", home / "roster", dirs_exist_ok=True)
    bea("rotate", "receipt", expect=EX_NOPERM)


def test_a_keyring_that_can_t_be_written_changes_nothing(org):
    org.publish()
    org.ensure_running()
    keyring = org.file_of("keyring")
    kept = keyring.rename(keyring.with_name("kept"))
    (keyring / "x").mkdir(parents=True)  # no file replaces it
    result = org.run("rotate receipt", expect=EX_TEMPFAIL)
    assert "keyring" in result.err
    assert steps(org) == (1, 0, 0)
    shutil.rmtree(keyring)
    kept.rename(keyring)
    org.run("rotate receipt")
    assert steps(org) == (1, 1, 2)


def kill_something(org, whole, delay):
    time.sleep(delay)
    if whole:
        org.kill_daemon()
        return
    for pid, role in org.roles():
        if role == "store":
            kill_role(pid)


def test_whatever_is_killed_it_goes_on(org):
    """kill -9 of the store or of the whole daemon at any moment of many rotations."""
    org.publish()
    org.ensure_running()
    chance = random.Random(8)
    for number in range(12):
        killer = threading.Thread(target=kill_something, args=(org, number % 3 == 2, chance.uniform(0, 0.08)))
        killer.start()
        org.run("rotate receipt", expect=None)
        org.run("roster publish", expect=None)
        killer.join()
        org.ensure_running()
        org.wait_until_it_answers()
        # what was cut short is simply asked for again
        wait_until(lambda: org.run("rotate receipt", expect=None).code == EX_OK, 20, "the rotation")
        key = org.run("rotate receipt").json["key"]
        org.publish()
        assert key_in_force(org) == key
        assert receipt_of(org.run("rotate status").json)["state"] == "done"
    org.officer("amina")
    acceptance, version, _ = accept(org)
    assert acceptance_verifies(roster_at(org, version), org.desk, "urgent", acceptance)


@needs("age")
def test_under_a_passphrase_it_stays(tmp_path):
    locked = LockedOrganisation(tmp_path)
    locked.start()
    keyring = locked.file("keyring.age")
    before = keyring.read_bytes()
    key = locked.admin("rotate", "receipt")["key"]
    changed = keyring.read_bytes()
    assert changed != before and changed.startswith(b"age-encryption.org/v1\n-> scrypt ") and keyring.stat().st_mode & 0o777 == 0o600
    assert age_opens(keyring, tmp_path / "opened").startswith(b"clarion-keyring/1\n")
    locked.admin("roster", "publish")
    locked.stop()
    locked.start()
    assert receipt_of(locked.admin("rotate", "status"))["epoch"] == 2
    assert locked.admin("rotate", "receipt")["key"] != key
    locked.stop()
