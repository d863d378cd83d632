"""rotate storage: a new key at once for what comes, everything else sealed again in the background, whatever happens
meanwhile; the old key is destroyed, and only then is what was destroyed gone for good."""

import os
import re
import sqlite3
import subprocess
import threading
import time

from helpers.locked import LockedOrganisation, age_opens
from helpers.organisation import kill_role
from helpers.programs import EX_OK, EX_UNAVAILABLE, program, wait_until


def storage(org):
    return next(rotation for rotation in org.run("rotate status").json["rotations"] if rotation["what"] == "storage")


def wait_until_done(org, epoch, seconds=60):
    def done():
        now = storage(org)
        return now["epoch"] == epoch and now["state"] == "done" and now["done"] == now["total"]
    wait_until(done, seconds, f"the end of the rotation to storage key {epoch}")


def epochs_in(keyring):
    """The storage epochs of a keyring's bytes (keys/keyring.h)."""
    first = keyring.index(b"\n") + 1
    count = int.from_bytes(keyring[first:first + 4], "big")
    return [int.from_bytes(keyring[first + 4 + 36 * at:first + 8 + 36 * at], "big") for at in range(count)]


def keys_of(org):
    return epochs_in((org.home / "daemon" / "keyring").read_bytes())


def epochs_of_rows(org):
    with sqlite3.connect(f"file:{org.file_of('store')}/clarion.db?mode=ro", uri=True) as database:
        found = {row[0] for row in database.execute(
            "SELECT epoch FROM reports UNION SELECT 1 + (substr(data, 1, 4) = x'00000002') FROM messages UNION"
            " SELECT 1 + (substr(data, 1, 4) = x'00000002') FROM shelf WHERE length(data) > 0")}
    database.close()
    return found


def fill(org, count):
    """Closed reports, made by the store's own code while the daemon is down."""
    subprocess.run(["ninja", "-C", org.build or os.environ["CLARION_BUILD"], "tests/bench/bench-fill"], check=True, capture_output=True)
    org.stop_daemon()
    subprocess.run([program("clariond").replace("daemon/clariond", "tests/bench/bench-fill"), org.home / "daemon", str(count)], check=True)
    org.start_daemon()


def test_everything_is_read_under_the_new_key_alone(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sent = nadia.report(summary="Before the rotation.")
    amina.run("ack", sent["id"])
    amina.run("reply", sent["id"], "-", stdin="An answer.\n")
    assert storage(org) == {"what": "storage", "epoch": 1, "done": 0, "total": 0, "state": "none"}
    begun = org.run("rotate storage").json
    assert begun["what"] == "storage" and begun["epoch"] == 2 and begun["total"] >= 3
    later = nadia.report(summary="After it began.")
    wait_until_done(org, 2)
    assert keys_of(org) == [2] and epochs_of_rows(org) == {2}
    for restarted in (False, True):
        if restarted:
            org.stop_daemon()
            org.start_daemon()
        for report, summary in ((sent, "Before the rotation."), (later, "After it began.")):
            out = org.folder / f"{report['id']}-{restarted}"
            assert amina.run("open", report["id"], "--out", out).json["summary"] == summary
        assert len(nadia.inbox(sent["receipt"])) == 2
    assert org.run("rotate storage").json["epoch"] == 3
    wait_until_done(org, 3)
    assert keys_of(org) == [3]


def test_a_kill_in_the_middle_and_reports_meanwhile(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report(summary="Before.")
    fill(org, 30000)
    org.run("rotate storage")
    accepted, stopped = [], threading.Event()
    roster = org.roster()

    def go_on_reporting():
        while not stopped.is_set():
            report, sealed = org.seal(recipients=roster.recipients(org.desk))
            try:
                if org.put(report, sealed, roster=roster.version).status == 201:
                    accepted.append((report, sealed))
            except OSError:
                time.sleep(0.05)

    reporter = threading.Thread(target=go_on_reporting)
    reporter.start()
    try:
        wait_until(lambda: storage(org)["done"] > 3000, 30, "a part of the rotation")
        kill_role(next(pid for pid, role in org.roles() if role == "store"))
        wait_until(lambda: org.run("rotate status", expect=None).code == EX_OK, 30, "the store's return")
        between = storage(org)
        assert between["epoch"] == 2 and 3000 < between["done"] < between["total"], "it went on where it was"
        org.kill_daemon()
        assert org.run("rotate status", expect=EX_UNAVAILABLE).code == EX_UNAVAILABLE
        assert keys_of(org) == [1, 2]
        org.start_daemon()
        wait_until_done(org, 2, 120)
    finally:
        stopped.set()
        reporter.join()
    assert keys_of(org) == [2] and epochs_of_rows(org) == {2}
    assert len(accepted) >= 3
    assert amina.run("open", first["id"], "--out", org.folder / "first").json["summary"] == "Before."
    for report, sealed in accepted:
        answer, _ = amina.call("GET", f"reports/{report}")
        assert answer.status == 200 and answer.body == sealed


def test_an_old_key_is_kept_while_a_row_needs_it(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    damaged, sound = nadia.report(summary="Damaged."), nadia.report(summary="Sound.")
    org.stop_daemon()
    with sqlite3.connect(org.file_of("store") / "clarion.db") as database:
        database.execute("UPDATE reports SET data_key = zeroblob(72) WHERE body = (SELECT min(body) FROM reports)")
    database.close()
    org.start_daemon()
    org.run("rotate storage")
    wait_until(lambda: storage(org)["state"] == "stuck", 30, "the rotation's end")
    stuck = storage(org)
    assert stuck["total"] - stuck["done"] == 1 and keys_of(org) == [1, 2]
    assert "event=old_epochs_kept rows=1" in org.log()
    assert amina.run("open", sound["id"], "--out", org.folder / "sound").json["summary"] == "Sound."
    # The way out: who knows its id can destroy what doesn't open.
    assert org.run("destroy", damaged["id"]).json["final"] is False
    org.run("rotate storage")
    wait_until_done(org, 3)
    assert keys_of(org) == [3]
    assert org.run("destroy", damaged["id"]).json["final"] is True
    assert amina.run("open", sound["id"], "--out", org.folder / "again").json["summary"] == "Sound."


def test_what_was_destroyed_is_final_with_the_key(org):
    """A copy of the disk from before opens with the storage key of its time, and that is gone."""
    org.officer("amina")
    nadia = org.defender("nadia")
    report = nadia.report()["id"]
    old_keyring = (org.home / "daemon" / "keyring").read_bytes()
    assert org.run("destroy", report).json["final"] is False
    org.run("rotate storage")
    wait_until_done(org, 2)
    said = org.run("destroy", report).json
    assert said["final"] is True and said["epoch"] == 1
    old_key = old_keyring[old_keyring.index(b"\n") + 9:][:32]
    everything = b"".join(path.read_bytes() for path in (org.home / "daemon").rglob("*") if path.is_file())
    assert old_key in old_keyring and old_key not in everything


def test_a_keyring_under_a_passphrase_stays_one(tmp_path):
    org = LockedOrganisation(tmp_path)
    org.start()
    org.admin("rotate", "storage")
    wait_until(lambda: all(rotation["state"] == "done" for rotation in org.admin("rotate", "status")["rotations"]
                           if rotation["what"] == "storage"), 60, "the end of the rotation")
    assert epochs_in(age_opens(org.file("keyring.age"), tmp_path / "opened")) == [2]
    assert b"clarion-keyring" not in org.file("keyring.age").read_bytes()
    org.stop()


def test_nothing_secret_is_logged(org):
    org.officer("amina")
    org.run("rotate storage")
    wait_until_done(org, 2)
    assert re.search(r"event=storage_epoch_begun epoch=2", org.log())
    assert re.search(r"event=storage_epochs_dropped oldest=2", org.log())
