"""What whoever takes the server's disk finds there: nothing she can read; and what the store says of a damaged one."""

import hashlib
import sqlite3
import time

import pytest

from helpers import stock, wire
from helpers.organisation import Organisation

ORGANISATION_WORDS = ["Test Network", "The urgent desk", "amina", "clarion-roster", "officer", "immediate", "age-encryption"]


def files_of(org):
    return {path.name: path.read_bytes() for path in org.file_of("store").iterdir() if path.is_file()}


def found_in(files, needles):
    return sorted({needle for needle in needles for content in files.values() if needle in content})


def test_the_disk_tells_nothing(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sent = nadia.report(urgency="immediate", summary="A sentence that nobody else may read.")
    amina.run("ack", sent["id"])
    amina.run("reply", sent["id"], "-", stdin="An answer that only she may read.\n")
    assert len(nadia.inbox(sent["receipt"])) == 2
    opened = amina.run("open", sent["id"], "--out", org.folder / "opened").json
    mailbox = opened["envelope"]["mailbox"]["id"]
    now = time.gmtime()
    needles = [word.encode() for word in ORGANISATION_WORDS]
    needles += [sent["id"].encode(), bytes.fromhex(sent["id"]), mailbox.encode(), bytes.fromhex(mailbox)]
    needles += [time.strftime("%Y-%m-%dT", now).encode(), bytes(amina.signing_key.verify_key)]
    for condition in ("while it runs", "after it ended"):
        files = files_of(org)
        assert "clarion.db" in files and sum(map(len, files.values())) > 16 * 1024
        assert found_in(files, needles) == [], condition
        if org.process.poll() is None:
            org.stop_daemon()
    # The control: the same search finds what is written there in the clear.
    with sqlite3.connect(org.file_of("store") / "clarion.db") as database:
        database.execute("CREATE TABLE control (word TEXT)")
        database.execute("INSERT INTO control VALUES (?)", (sent["id"],))
    database.close()
    assert found_in(files_of(org), needles) == [sent["id"].encode()]


def damaged(tmp_path, statement, *values):
    """An organisation with two reports, whose database somebody has written in while the daemon was down."""
    org = Organisation(tmp_path, settings={"answer_seconds": 3})
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first, second = nadia.report(summary="The first."), nadia.report(summary="The second.")
    org.stop_daemon()
    with sqlite3.connect(org.file_of("store") / "clarion.db") as database:
        assert database.execute(statement, values).rowcount >= 1
    database.close()
    org.start_daemon()
    return org, amina, first, second


@pytest.mark.long
def test_a_damaged_payload_is_noticed_and_the_rest_is_served(tmp_path):
    org, amina, first, second = damaged(
        tmp_path, "UPDATE chunks SET data = zeroblob(length(data)) WHERE place = (SELECT min(place) FROM chunks)")
    assert [alert["report"] for alert in amina.alerts()] == [first["id"], second["id"]]
    assert amina.run("open", second["id"], "--out", org.folder / "second").json["summary"] == "The second."
    broken = amina.run("open", first["id"], "--out", org.folder / "first", expect=None)
    assert broken.code in (69, 76) and not (org.folder / "first").exists()
    assert "event=row_damaged seq=" in org.log()
    assert wire.request(org.port, "GET", "/").status == 200


@pytest.mark.long
def test_rows_that_changed_places_are_noticed(tmp_path):
    """Each column of the first report's row put into the second's: none of them opens there."""
    for number, column in enumerate(("facts", "data_key", "header")):
        org, amina, first, second = damaged(
            tmp_path / str(number), f"UPDATE reports SET {column} = (SELECT {column} FROM reports ORDER BY body LIMIT 1)"
            " WHERE body = (SELECT max(body) FROM reports)")
        listed = [alert["report"] for alert in amina.alerts()]
        assert first["id"] in listed
        if column == "header":
            assert amina.run("fetch", second["id"], org.folder / "second.age", expect=None).code != 0
        else:
            assert listed == [first["id"]] and "event=row_damaged seq=" in org.log()
        assert amina.run("open", first["id"], "--out", org.folder / "first").json["summary"] == "The first."
        # That an officer wanted it and it didn't open is an entry of the audit log, once however often she asks.
        assert [amina.call("GET", f"reports/{second['id']}/header")[0].status for _ in range(2)] == [503, 503]
        failed = [entry for entry in org.run("audit").json["entries"] if entry["kind"] == "failed-open"]
        tag = hashlib.sha256(f"clarion-report/1\n{second['id']}\n".encode()).hexdigest()
        assert 1 <= len(failed) <= 2 and all((entry["actor"], entry["subject"], entry["details"]) == ("amina", tag, "damaged") for entry in failed)
        org.stop_daemon()


@pytest.mark.long
def test_a_chunk_of_another_report_is_noticed(tmp_path):
    org, amina, first, second = damaged(
        tmp_path, "UPDATE chunks SET data = (SELECT data FROM chunks ORDER BY place LIMIT 1)"
        " WHERE place = (SELECT max(place) FROM chunks)")
    assert amina.run("open", second["id"], "--out", org.folder / "second", expect=None).code in (69, 76)
    sealed = org.folder / "first.age"
    amina.run("fetch", first["id"], sealed)
    assert stock.report_id(sealed.read_bytes()) == first["id"]
