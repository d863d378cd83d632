"""Restore where keys of the server were rotated since the backup and are lost with the disk: what goes on by itself, and the way out."""

import shutil

import pytest

from helpers.locked import LockedOrganisation
from helpers.organisation import Defender, Organisation
from helpers.programs import EX_CONFIG, EX_PROTOCOL
from test_rotate_tls import pins, rotate, shown

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


@pytest.fixture
def org(staffed_org):
    return staffed_org


def lose_the_server(org):
    """The admin's home is elsewhere and stays: her identity and the chain of rosters."""
    org.stop_daemon()
    shutil.rmtree(org.home / "daemon")


def test_one_tls_rotation_since(org, tmp_path):
    """The backup holds the next key, too: clients notice nothing."""
    amina, nadia = org.officers["amina"], org.defender("nadia")
    kept = nadia.report()["id"]
    next_pin = pins(org)[1]
    org.run("backup", tmp_path / "backup")
    rotate(org)
    amina.run("pull")
    lose_the_server(org)
    restored = org.run("restore", tmp_path / "backup").json
    assert restored["drafted"] is False
    org.start_daemon()
    assert shown(org) == next_pin == pins(org)[0]
    assert [alert["report"] for alert in amina.alerts()] == [kept]
    assert nadia.report()["state"] == "accepted" and org.run("status").json["server"]["reports"] == 2
    # Of the two keys that the roster names one is lost: the next one must be known before it is shown.
    org.run("rotate tls")
    org.publish()
    assert amina.alerts() and nadia.report()["state"] == "accepted"
    assert org.run("rotate tls").json["switched"]
    org.publish()
    assert amina.alerts() and nadia.report()["state"] == "accepted"


def test_two_tls_rotations_since(org, tmp_path):
    """Both keys that clients know are lost: a new roster names the old one, and people join again in their homes."""
    amina, nadia = org.officers["amina"], org.defender("nadia")
    sent = nadia.report()
    org.run("backup", tmp_path / "backup")
    rotate(org)
    assert amina.alerts() and nadia.report()["state"] == "accepted"
    rotate(org)
    amina.run("pull")
    assert nadia.report()["state"] == "accepted"  # so that she has the newest roster
    lose_the_server(org)
    restored = org.run("restore", tmp_path / "backup")
    assert restored.json["drafted"] is True
    assert "names keys of the server that were made after the backup and are lost: the TLS key." in restored.err
    assert "roster publish" in restored.err and "new invitations" in restored.err
    published = org.publish()
    org.start_daemon()
    assert org.roster().version == published["version"] and shown(org) == pins(org)[0]
    for person, verb in ((amina, ["pull"]), (nadia, ["inbox", "--receipt-file", "-"])):
        refused = person.run(*verb, stdin=sent["receipt"] + "\n", expect=EX_PROTOCOL)
        assert "invitation" in refused.err, refused
    amina.join()
    nadia.join()
    assert [alert["report"] for alert in amina.alerts()] == [sent["id"]]
    assert nadia.report()["state"] == "accepted" and nadia.inbox(sent["receipt"]) == []


def test_receipt_and_token_key_rotated_since(tmp_path):
    """The new keys can't sign or be asked any more; with a new roster everybody goes on, also with tokens from before."""
    (tmp_path / "org").mkdir()
    org = Organisation(tmp_path / "org", admission="token")
    amina = org.officer("amina")
    nadia = Defender(org, "nadia").join()
    sent = nadia.report()
    before = (org.roster().first("receipt-key"), org.roster().all("token-key"))
    org.run("backup", tmp_path / "backup")
    for what in ("receipt", "token"):
        org.run(f"rotate {what}")
    org.publish()
    amina.run("pull")
    nadia.report()
    lose_the_server(org)
    restored = org.run("restore", tmp_path / "backup")
    assert restored.json["drafted"] is True and "are lost: the receipt key a token key." in restored.err
    # Without it the daemon doesn't serve, and says why.
    org.start_daemon(wait=False)
    assert org.process.wait(30) == EX_CONFIG and "behind a restore, publish the draft that it made" in org.log()
    org.publish()
    org.start_daemon()
    assert (org.roster().first("receipt-key"), org.roster().all("token-key")) == before
    assert [alert["report"] for alert in amina.alerts()] == [sent["id"]]
    assert nadia.report()["state"] == "accepted" and Defender(org, "late").join().report()["state"] == "accepted"
    org.stop_daemon()


def test_with_a_passphrase(tmp_path):
    """The keyring is looked into with its passphrase."""
    org = LockedOrganisation(tmp_path)
    org.start()
    org.admin("backup", str(tmp_path / "backup"))
    key = org.admin("rotate", "receipt")["key"]
    org.admin("roster", "publish")
    org.stop()
    shutil.rmtree(org.home / "daemon")
    assert org.admin("restore", str(tmp_path / "backup"))["drafted"] is True
    assert key not in (org.home / "roster" / "draft").read_text()
