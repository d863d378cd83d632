"""Rosters and the daemon: what it takes at its start and while it runs, and what it leaves behind of what it refuses."""

import shutil

from helpers import rosters, wire
from helpers.organisation import Organisation
from helpers.programs import EX_CONFIG, assert_no_sanitizer_report


def put_roster(org, note):
    return wire.request(org.port, "PUT", org.target("roster"), {}, note.encode() if isinstance(note, str) else note)


def test_a_keyring_and_rosters_that_do_not_belong_together_leave_no_trace(tmp_path):
    org, other = Organisation(tmp_path / "one"), Organisation(tmp_path / "two")
    org.publish()
    keyring = org.file_of("keyring")
    kept = keyring.read_bytes()
    shutil.copy(other.file_of("keyring"), keyring)
    assert org.start_daemon(wait=False).wait(60) == EX_CONFIG
    assert "receipt key" in org.log()
    keyring.write_bytes(kept)
    org.start_daemon()
    assert org.roster().version == 2
    assert_no_sanitizer_report(org.log())
    org.stop_daemon()
    # A database with something in it takes no more harm.
    for version in ("1.note", "2.note"):
        (org.file_of("rosters") / version).unlink()
    org.publish()
    following = (org.file_of("rosters") / "3.note").read_bytes()
    shutil.copy(other.file_of("keyring"), keyring)
    assert org.start_daemon(wait=False).wait(60) == EX_CONFIG
    keyring.write_bytes(kept)
    org.start_daemon()
    assert org.get("roster").body == following


def test_a_signed_fork_is_refused_and_told_once(org):
    org.ensure_running()
    admin = ("admin", rosters.key_of(org.home))
    first = org.get("roster").body.decode()
    org.publish()
    second = org.get("roster").body.decode()
    org.publish()
    other_second = rosters.signed(rosters.following(first, organisation="Another Network"), admin)
    other_fourth = rosters.signed(rosters.edited(rosters.following(org.get("roster").body.decode()), previous="1" * 64), admin)
    assert put_roster(org, rosters.signed(rosters.following(first, organisation="Nobody"))).status == 409
    assert put_roster(org, second).status == 409
    assert "roster_fork" not in org.log(), "what nobody signed, and what was in force, is no fork"
    for _ in range(3):
        assert put_roster(org, other_second).status == 409
    lines = [line for line in org.log().splitlines() if "event=roster_fork_refused" in line]
    assert len(lines) == 1 and f"ours={rosters.digest(second)} refused={rosters.digest(other_second)}" in lines[0]
    assert "version=2 forked_at=2 " in lines[0]
    assert put_roster(org, other_fourth).status == 409
    assert "version=4 forked_at=3 " in org.log()
    # The folder is believed no more than the network.
    org.stop_daemon()
    (org.file_of("rosters") / "2.note").write_text(other_second)
    org.start_daemon()
    assert org.get("roster/2").body.decode() == second
    assert org.log().count(f"refused={rosters.digest(other_second)}") == 2
