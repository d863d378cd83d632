"""A sealed report that leaves as a file and is sent by somebody else: whoever carries it learns the desk and the urgency, and nothing
is sent before."""

import hashlib
import json
import os
import socket
import stat

import pytest

from helpers import sealing
from helpers.organisation import SUMMARY, Defender
from helpers.programs import EX_CANTCREAT, EX_CONFIG, EX_DATAERR, EX_NOINPUT, EX_TEMPFAIL, EX_USAGE, wait_until

UNDER_A_PASSPHRASE = sealing.seal([sealing.stanza(["scrypt", sealing.raw64(bytes(16)), "18"], bytes(32))], bytes(16), b"x")


def seal_out(org, nadia, out, *arguments, **how):
    where = org.write_report(summary=SUMMARY, urgency="urgent")
    return nadia.run("report", "--desk", org.desk, "--file", where, "--out", out, *arguments, **how)


@pytest.mark.long
def test_what_one_seals_another_carries(org, tmp_path):
    amina, nadia, carrier = org.officer("amina"), org.defender("nadia"), org.defender("carrier")
    out = tmp_path / "holiday.bin"
    sealed = seal_out(org, nadia, out).json
    assert set(sealed) == {"id", "receipt"} and sealed["id"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert amina.alerts() == [], "nothing was sent"
    assert nadia.run("send").json == {"sent": 0, "queued": 0}

    told = json.loads((tmp_path / "holiday.bin.to").read_text())
    assert set(told) == {"desk", "urgency", "salt", "roster"} and (told["desk"], told["urgency"]) == (org.desk, "urgent")
    for path in (out, tmp_path / "holiday.bin.to"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    carried = carrier.run("carry", out).json
    assert set(carried) == {"id", "state", "accepted"}
    assert (carried["id"], carried["state"]) == (sealed["id"], "accepted") and carried["accepted"].endswith(":00:00Z")
    assert amina.run("open", sealed["id"], "--out", tmp_path / "opened").json["summary"] == SUMMARY
    amina.run("ack", sealed["id"])
    assert [message["from"] for message in nadia.inbox(sealed["receipt"])] == ["amina"]
    assert carrier.run("carry", out).json == carried, "twice is once"
    assert len(amina.alerts()) == 1


def test_sealing_to_a_file_makes_no_connection(org, tmp_path):
    org.officer("amina")
    nadia = org.defender("nadia")
    org.stop_daemon()
    listener = socket.create_server(("127.0.0.1", org.port))
    listener.settimeout(0)
    seal_out(org, nadia, tmp_path / "out")
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()


def test_nothing_is_overwritten(org, tmp_path):
    org.officer("amina")
    nadia = org.defender("nadia")
    for taken in ("a", "b.to"):
        (tmp_path / taken).write_text("mine")
        seal_out(org, nadia, tmp_path / taken.removesuffix(".to"), expect=EX_CANTCREAT)
        assert (tmp_path / taken).read_text() == "mine"
    assert not (tmp_path / "a.to").exists() and not (tmp_path / "b").exists()
    seal_out(org, nadia, tmp_path / "no such folder" / "c", expect=EX_CANTCREAT)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    seal_out(org, nadia, tmp_path / "link", expect=EX_CANTCREAT)
    assert not (tmp_path / "elsewhere").exists()


def test_what_cannot_be_sealed_leaves_no_file(org, tmp_path):
    org.officer("amina")
    nadia = org.defender("nadia")
    seal_out(org, nadia, tmp_path / "out", "--exclude", "amina", expect=EX_DATAERR)
    seal_out(org, nadia, tmp_path / "out", "--attach", tmp_path / "none", expect=EX_NOINPUT)
    assert not (tmp_path / "out").exists() and not (tmp_path / "out.to").exists()


def test_each_sealed_file_has_a_receipt_of_its_own(org, tmp_path):
    org.officer("amina")
    nadia = org.defender("nadia")
    receipts = {seal_out(org, nadia, tmp_path / f"out{number}").json["receipt"] for number in range(2)}
    receipts.add(nadia.report()["receipt"])
    assert len(receipts) == 3


def test_a_large_one_is_carried_in_parts(org, tmp_path):
    amina, nadia, carrier = org.officer("amina"), org.defender("nadia"), org.defender("carrier")
    film = tmp_path / "film.mp4"
    film.write_bytes(os.urandom(3 * 1024 * 1024 + 17))
    sealed = seal_out(org, nadia, tmp_path / "out", "--attach", film).json
    assert carrier.run("carry", tmp_path / "out").json["state"] == "accepted"
    amina.run("open", sealed["id"], "--out", tmp_path / "opened")
    (only,) = (tmp_path / "opened" / "attachments").iterdir()
    assert only.read_bytes() == film.read_bytes()


@pytest.mark.long
def test_without_a_network_it_waits_in_the_carriers_queue(org, tmp_path):
    amina, nadia, carrier = org.officer("amina"), org.defender("nadia"), org.defender("carrier")
    sealed = seal_out(org, nadia, tmp_path / "out").json
    org.stop_daemon()
    for _ in range(2):
        queued = carrier.run("carry", tmp_path / "out", expect=EX_TEMPFAIL)
        assert queued.json == {"id": sealed["id"], "state": "queued", "accepted": None}
    (tmp_path / "out").unlink()
    org.start_daemon()
    assert carrier.run("send").json == {"sent": 1, "queued": 0}
    assert [alert["report"] for alert in amina.alerts()] == [sealed["id"]]


@pytest.mark.long
def test_sealed_to_an_older_or_a_newer_roster_than_the_carriers(org, tmp_path):
    amina, nadia, carrier = org.officer("amina"), org.defender("nadia"), org.defender("carrier")
    older = seal_out(org, nadia, tmp_path / "older").json
    org.officer("badia")
    nadia.report()  # takes the new roster
    newer = seal_out(org, nadia, tmp_path / "newer").json
    assert carrier.run("carry", tmp_path / "newer").json["state"] == "accepted"
    assert carrier.run("carry", tmp_path / "older").json["state"] == "accepted"
    assert {older["id"], newer["id"]} < {alert["report"] for alert in amina.alerts()}


def test_what_the_stock_age_sealed(org, tmp_path):
    amina, carrier = org.officer("amina"), org.defender("carrier")
    report, sealed = org.seal()
    (tmp_path / "stock.age").write_bytes(sealed)
    told = {"desk": org.desk, "urgency": "priority", "roster": org.roster().version}
    (tmp_path / "stock.age.to").write_text(json.dumps(told))
    assert carrier.run("carry", tmp_path / "stock.age").json["state"] == "accepted"
    assert [(alert["report"], alert["urgency"]) for alert in amina.alerts()] == [(report, "priority")]
    (tmp_path / "stock.age.to").write_text(json.dumps({**told, "salt": "00" * 16}))
    carrier.run("carry", tmp_path / "stock.age", expect=EX_DATAERR)


def test_what_is_not_sealed_is_never_sent(org, tmp_path):
    amina, carrier = org.officer("amina"), org.defender("carrier")
    told = json.dumps({"desk": org.desk, "urgency": "urgent", "roster": 1, "salt": "00" * 16})
    for name, content in (("plain", b'{"schema": 1, "summary": "in the clear"}'), ("empty", b""),
                          ("half", b"age-encryption.org/v1\n-> X25519 "),
                          ("under a passphrase", UNDER_A_PASSPHRASE)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / f"{name}.to").write_text(told)
        refused = carrier.run("carry", tmp_path / name, expect=EX_DATAERR)
        assert refused.err.count("\n") == 1 and "clear" not in refused.err
    assert carrier.run("send").json == {"sent": 0, "queued": 0} and amina.alerts() == []


@pytest.mark.long
def test_what_is_missing_or_wrong_beside_it(org, tmp_path):
    org.officer("amina")
    nadia, carrier = org.defender("nadia"), org.defender("carrier")
    out, to = tmp_path / "out", tmp_path / "out.to"
    seal_out(org, nadia, out)
    told = json.loads(to.read_text())
    carrier.run("carry", tmp_path / "none", expect=EX_NOINPUT)
    carrier.run("carry", tmp_path, expect=EX_DATAERR)
    for wrong in ("", "[]", json.dumps({**told, "desk": "../x"}), json.dumps({**told, "salt": "zz"}), json.dumps({**told, "roster": 0}),
                  json.dumps({**told, "urgency": "soon"}), "x" * 5000):
        to.write_text(wrong)
        carrier.run("carry", out, expect=EX_DATAERR)
    to.unlink()
    carrier.run("carry", out, expect=EX_NOINPUT)
    carrier.run("carry", expect=EX_USAGE)
    to.write_text(json.dumps(told))
    Defender(org, "stranger").run("carry", out, expect=None)
    (org.folder / "unjoined").mkdir()
    Defender(org, "unjoined").run("carry", out, expect=EX_CONFIG)
    # Another destination than it was sealed for: the server refuses it for good, so it doesn't wait.
    org.add_desk("legal")
    org.publish()
    to.write_text(json.dumps({**told, "desk": "legal"}))
    carrier.run("carry", out, expect=EX_DATAERR)
    assert carrier.run("send").json == {"sent": 0, "queued": 0}


def test_a_carrier_that_was_killed_goes_on(org, tmp_path):
    amina, nadia, carrier = org.officer("amina"), org.defender("nadia"), org.defender("carrier")
    film = tmp_path / "film.mp4"
    film.write_bytes(os.urandom(24 * 1024 * 1024))
    sealed = seal_out(org, nadia, tmp_path / "out", "--attach", film).json
    files = set(carrier.home.iterdir())
    running = carrier.start("carry", tmp_path / "out")
    wait_until(lambda: set(carrier.home.iterdir()) != files or running.process.poll() is not None, what="work in the home")
    running.process.kill()
    running.process.wait()
    assert carrier.run("carry", tmp_path / "out").json["state"] == "accepted"
    assert [alert["report"] for alert in amina.alerts()] == [sealed["id"]]
    assert carrier.run("send").json == {"sent": 0, "queued": 0}
