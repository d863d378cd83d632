"""An officer's new keys: nothing is lost on the way, whenever it is cut off, and the old ones open what is old."""

import signal
import subprocess
import time

import pytest

from helpers import stock
from helpers.organisation import Officer
from helpers.programs import EX_DATAERR, EX_NOPERM, program, run
from helpers.sealing import SealedReport

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


def identities(officer):
    return (officer.home / "identity.age").read_text()


def keys_in(text):
    return [line for line in text.splitlines() if line.startswith("AGE-SECRET-KEY-1")]


def stored(officer, report):
    answer, _ = officer.call("GET", f"reports/{report}")
    assert answer.status == 200
    return answer.body


def opens(key_text, sealed, tmp_path):
    """Whether the stock age opens it with this text as its identity file."""
    identity, file = tmp_path / "only.key", tmp_path / "only.age"
    identity.write_text(key_text)
    file.write_bytes(sealed)
    return subprocess.run(["age", "-d", "-i", str(identity), str(file)], capture_output=True, check=False).returncode == 0


def public_keys(card):
    _, name, recipient, key, old_key, *_ = card.split()
    return name, recipient, key, old_key


def test_the_whole_way(org, tmp_path):
    amina, bela = org.officer("amina"), org.officer("bela")
    before = SealedReport(org)
    before.put()
    old_text = identities(amina)
    old_key = public_keys(amina.card)[2]
    rotated = amina.run("rotate").json
    name, recipient, key, named_old = public_keys(rotated["card"])
    assert (name, named_old) == ("amina", old_key) and key != old_key and rotated["fingerprint"]
    # Both are in the file, the new one first; nothing of the old one has changed.
    assert identities(amina).endswith(old_text) and len(keys_in(identities(amina))) == 2
    # Asked again before it is in force: the same card, and no third key.
    assert amina.run("rotate").json == rotated and len(keys_in(identities(amina))) == 2
    # Until then everything goes on with the old one.
    assert [alert["report"] for alert in amina.alerts()] == [before.id]
    amina.run("open", before.id, "--out", tmp_path / "before")
    amina.run("ack", before.id)
    added = org.run("officer add", "-", stdin=rotated["card"] + "\n")
    assert "amina" in added.err and "old key has signed" in added.err
    shown = org.run("roster show", json_wanted=False).out
    assert "amina" in shown
    org.publish()
    # She has done nothing, and is served under the new key; what is old opens with the old one.
    assert len(amina.alerts()) == 1
    assert org.roster().recipients(org.desk).count(recipient) == 1
    amina.run("open", before.id, "--out", tmp_path / "between")
    after = SealedReport(org)
    after.put()
    amina.run("open", after.id, "--out", tmp_path / "after")
    amina.run("note", before.id, "Still hers.")
    only_new = identities(amina)[:-len(old_text)]
    amina.run("fetch", before.id, tmp_path / "old-header.age")
    assert stock.open_sealed(amina.home / "identity.age", tmp_path / "old-header.age")
    assert not opens(only_new, (tmp_path / "old-header.age").read_bytes(), tmp_path)
    # Once wrapped again, the new one is enough, and the old one opens nothing.
    assert amina.run("rewrap").json == {"done": 1, "failed": 0}
    bela.run("fetch", before.id, tmp_path / "new-header.age")
    now = (tmp_path / "new-header.age").read_bytes()
    assert opens(only_new, now, tmp_path) and not opens(old_text, now, tmp_path)
    # Her old key signs nothing any more.
    amina.home.joinpath("identity.age").write_text(old_text)
    amina.run("pull", expect=EX_NOPERM)


def test_her_acknowledgement_counts_once(org):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    amina.run("ack", sealed.id)
    card = amina.run("rotate").json["card"]
    org.run("officer add", "-", "--desk", org.desk, stdin=card + "\n")
    org.publish()
    amina.run("ack", sealed.id)
    answer, _ = amina.call("GET", f"reports/{sealed.id}/events")
    assert answer.body.count(b'"type":"ack"') == 1


def test_twice(org, tmp_path):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    for _ in range(2):
        card = amina.run("rotate").json["card"]
        org.run("officer add", "-", stdin=card + "\n")
        org.publish()
    assert len(keys_in(identities(amina))) == 3
    amina.run("open", sealed.id, "--out", tmp_path / "out")
    assert amina.run("rewrap").json == {"done": 1, "failed": 0}


def test_a_card_that_the_old_key_did_not_sign_takes_nobodys_place(org, tmp_path):
    org.officer("amina")
    made = run([program("clarion-officer"), "init", "--name", "amina", "--home", str(tmp_path / "other"), "--no-passphrase", "--json"])
    assert "another key" in org.run("officer add", "-", "--desk", org.desk, stdin=made.json["card"] + "\n", expect=EX_DATAERR).err
    forged = made.json["card"].split()
    forged[4] = public_keys(org.officers["amina"].card)[2]
    forged[6] = forged[5]
    org.run("officer add", "-", "--desk", org.desk, stdin=" ".join(forged) + "\n", expect=EX_DATAERR)


def test_a_watch_goes_on_under_the_new_key(org):
    amina = org.officer("amina")
    watch = amina.start("watch")
    first = SealedReport(org)
    first.put()
    watch.wait_for(lambda alert: alert["report"] == first.id)
    card = amina.run("rotate").json["card"]
    org.run("officer add", "-", stdin=card + "\n")
    org.publish()
    second = SealedReport(org)
    second.put()
    watch.wait_for(lambda alert: alert["report"] == second.id, 40)
    assert watch.process.poll() is None
    watch.stop()


@pytest.mark.parametrize("passphrase", [False, True], ids=["plain", "passphrase"])
def test_killed_at_any_moment_nothing_is_lost(org, tmp_path, passphrase):
    """kill -9 at growing delays: the file is whole each time, opens what it opened, and rotate goes on."""
    secret = tmp_path / "secret"
    secret.write_text("a long passphrase\n")
    options = ("--passphrase-file", secret) if passphrase else ()
    amina = org.officer("amina", join=False)
    if passphrase:
        amina = Officer.__new__(Officer)
        amina.organisation, amina.program_name, amina.home, amina.name = org, "clarion-officer", tmp_path / "locked", "lale"
        card = amina.run("init", "--name", "lale", *options).json["card"]
        org.run("officer add", "-", "--desk", org.desk, stdin=card + "\n")
        org.publish()
    org.ensure_running()
    amina.run("join", "-", *options, stdin=org.invitation("--officer"))
    sealed = SealedReport(org)
    sealed.put()
    cards = set()
    for step in range(12):
        running = amina.start("rotate", *options)
        time.sleep(step * (0.35 if passphrase else 0.01))
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        amina.run("fetch", sealed.id, tmp_path / f"{step}.age", *options)
        left = sorted(path.name for path in amina.home.iterdir())
        assert left.count("identity.age") == 1
    for _ in range(2):
        cards.add(amina.run("rotate", *options).json["card"])
    assert len(cards) == 1
    org.run("officer add", "-", stdin=cards.pop() + "\n")
    org.publish()
    amina.run("open", sealed.id, "--out", tmp_path / "opened", *options)
    assert amina.run("rewrap", *options).json == {"done": 1, "failed": 0}
