"""Every rotation where two admins must sign: the daemon's acts take one, the roster takes both, on a machine each."""

import pytest

from helpers.organisation import Defender, Organisation, Person
from helpers.programs import EX_NOPERM, EX_UNAVAILABLE, wait_until
from test_rotate_admin import admin_line, public_key
from test_rotate_tls import pins, shown


@pytest.fixture
def pair(tmp_path):
    """The organisation whose admin has the server, and bea, who must sign as well."""
    org = Organisation(tmp_path, admission="token")
    org.officer("amina")
    bea = Person(org, "clarion-admin", org.folder / "bea")
    org.run("admin add", "-", stdin=bea.run("init", "--card", "bea", "--no-passphrase").json["card"])
    org.publish()
    bea.run("join", "-", stdin=org.invitation())
    org.run("threshold", 2)
    both(org, bea)
    yield org, bea
    org.stop_daemon()


def both(org, bea):
    """The draft of the one goes to the other as a file; alone neither gets it into force."""
    draft = org.home / "roster" / "draft"
    before = org.roster().version
    org.run("roster sign")
    if before > 2:
        org.run("roster publish", expect=EX_NOPERM)
        bea.run("status")
    bea.run("roster sign", draft)
    published = bea.run("roster publish").json
    assert published["signatures"] == 2 and org.roster().version == published["version"] == before + 1
    assert org.run("status").json["version"] == published["version"]
    return published["version"]


def rotation(org, what):
    return next(each for each in org.run("rotate status").json["rotations"] if each["what"] == what)


def state(org, what):
    return rotation(org, what)["state"]


def test_each_rotation_with_two(pair):
    org, bea = pair
    amina, nadia = org.officers["amina"], Defender(org, "nadia").join()
    sent = [nadia.report()]
    for what in ("tls", "receipt", "token", "storage", "status"):
        bea.run(f"rotate {what}", expect=EX_UNAVAILABLE)  # she hasn't the machine

    org.run("rotate storage")
    wait_until(lambda: state(org, "storage") == "done", 60, "the end of the storage key's rotation")

    key = org.run("rotate receipt").json["key"]
    assert state(org, "receipt") == "waiting"
    both(org, bea)
    assert org.roster().first("receipt-key")[0] == key and state(org, "receipt") == "done"
    sent.append(nadia.report())

    made = org.run("rotate token").json["token_keys"]
    both(org, bea)
    assert [line[1] for line in org.roster().all("token-key")] == [each["key"] for each in made] and state(org, "token") == "done"
    sent.append(nadia.report())

    first, second = pins(org)
    org.run("rotate tls")
    both(org, bea)
    assert pins(org) == [first, second] and shown(org) == first
    switched = org.run("rotate tls").json
    assert switched["switched"] and switched["current"] == second
    wait_until(lambda: shown(org) == second, 30, "the new TLS key")
    both(org, bea)
    assert pins(org) == [second, switched["next"]]
    sent.append(nadia.report())

    assert state(org, "admin") == "none"
    org.run("rotate admin")
    assert state(org, "admin") == "waiting" and "your next key waits" in org.run("rotate status", json_wanted=False).out
    both(org, bea)
    assert state(org, "admin") == "none"
    assert public_key(org.home) == admin_line(org.get("roster").body.decode())[1]
    assert [alert["report"] for alert in amina.alerts()] == [each["id"] for each in sent]
    org.run("audit", "--verify")


def test_all_in_one_draft_that_is_overtaken(pair):
    """Four rotations wait in one draft; meanwhile bea publishes something else with it unsigned: nothing is lost."""
    org, bea = pair
    nadia = Defender(org, "nadia").join()
    old = public_key(org.home)
    keys = {what: org.run(f"rotate {what}").json for what in ("receipt", "token", "tls", "admin")}
    stale = (org.home / "roster" / "draft").read_text()
    bea.run("desk add", "legal", "--title", "Legal", "--admission", "open")
    bea.run("roster sign")
    (org.home / "roster" / "draft").unlink()
    org.run("roster sign", bea.home / "roster" / "draft")
    overtaken = org.run("roster publish").json["version"]
    (org.home / "roster" / "draft").write_text(stale)
    again = {what: org.run(f"rotate {what}").json for what in ("receipt", "token", "tls", "admin")}
    assert again["receipt"]["key"] == keys["receipt"]["key"] and again["token"]["token_keys"] == keys["token"]["token_keys"]
    # Her roster named the next pin and came after the rotation was begun: so this is the switch.
    assert again["tls"]["switched"] and again["tls"]["current"] == keys["tls"]["next"]
    assert both(org, bea) == overtaken + 1
    assert all(state(org, what) == "done" for what in ("receipt", "token"))
    assert public_key(org.home) != old and pins(org)[0] == keys["tls"]["next"] and nadia.report()["state"] == "accepted"
    # What needs both can't be done by one: a report that isn't closed.
    org.run("destroy", nadia.report()["id"], expect=EX_NOPERM)
