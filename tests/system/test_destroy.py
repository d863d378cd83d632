"""The end of a report: by an admin's hand, with what every side is told, and what of it is left on the disk."""

import secrets
import sqlite3

import pytest

from helpers.organisation import Organisation, Person
from helpers.programs import EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_USAGE, keep, wait_until

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


@pytest.fixture(scope="module")
def org(tmp_path_factory):
    organisation = Organisation(tmp_path_factory.mktemp("destroy"))
    organisation.officer("amina")
    keep(organisation.process)
    yield organisation
    organisation.stop_daemon()


def test_everybody_is_told(org):
    amina, nadia = org.officers["amina"], org.defender("nadia")
    gone, kept = nadia.report(summary="The first."), nadia.report(summary="The second.")
    said = org.run("destroy", gone["id"], "--reason", "She asked for it").json
    assert said["report"] == gone["id"] and said["state"] == "destroyed" and said["now"] is True
    assert said["final"] is False and said["epoch"] == 1 and said["by"] == "admin" and said["reason"] == "She asked for it"
    assert [alert["report"] for alert in amina.alerts()] == [kept["id"]]
    for verb in ("open", "ack"):
        refused = amina.run(verb, gone["id"], expect=EX_NOINPUT)
        assert "destroyed" in refused.err
    assert amina.run("open", kept["id"], "--out", org.folder / "kept").json["summary"] == "The second."
    again = org.run("destroy", gone["id"]).json
    assert again["now"] is False and again["reason"] == "She asked for it" and again["destroyed"] == said["destroyed"]
    assert "rotate storage" in org.run("destroy", gone["id"], json_wanted=False).out


def test_it_is_not_taken_a_second_time(org):
    report, sealed = org.seal()
    assert org.put(report, sealed).status == 201
    org.run("destroy", report)
    answer = org.put(report, sealed)
    assert answer.status == 410 and b"/problems/destroyed" in answer.body


def test_a_client_that_sends_it_again_is_told_and_gives_up(org):
    nadia = org.defender("carrier")
    out = org.folder / "carried"
    where = org.write_report(summary="Carried.", urgency="urgent")
    report = nadia.run("report", "--desk", org.desk, "--file", where, "--out", out).json["id"]
    assert nadia.run("carry", out).json["state"] == "accepted"
    org.run("destroy", report)
    refused = nadia.run("carry", out, expect=EX_NOINPUT)
    assert "destroyed" in refused.err
    assert nadia.run("send").json == {"sent": 0, "queued": 0}


def test_what_is_no_report(org):
    assert org.run("destroy", "ab" * 32, expect=EX_NOINPUT).code == EX_NOINPUT
    assert org.run("destroy", "urgent", expect=EX_DATAERR).code == EX_DATAERR
    assert org.run("destroy", expect=EX_USAGE).code == EX_USAGE
    assert org.run("destroy", "ab" * 32, "--reason", "two\nlines", expect=EX_DATAERR).code == EX_DATAERR


def test_nothing_of_it_is_left_on_the_disk(tmp_path):
    """The data key leaves database and log at once; a copy of the disk taken from then on holds nothing that the
    storage key would open. A control finds what is searched for before."""
    org = Organisation(tmp_path)
    org.officer("amina")
    nadia = org.defender("nadia")
    gone, kept = nadia.report(), nadia.report()

    def files():
        return b"".join(path.read_bytes() for path in sorted(org.file_of("store").iterdir()) if path.is_file())

    def rows(query):
        with sqlite3.connect(f"file:{org.file_of('store')}/clarion.db?mode=ro", uri=True) as database:
            found = [row[0] for row in database.execute(query)]
        database.close()
        return found

    wrapped, other = rows("SELECT data_key FROM reports ORDER BY body")
    chunks = rows("SELECT data FROM chunks ORDER BY place")
    header = rows("SELECT header FROM reports ORDER BY body")[0]
    before = files()
    assert wrapped in before and header[:200] in before and chunks[0][:200] in before
    org.run("destroy", gone["id"])
    after = files()
    assert wrapped not in after and wrapped[:24] not in after and header[:200] not in after
    assert other in after
    wait_until(lambda: chunks[0][:200] not in files(), 20, "the end of the payload")
    assert chunks[-1][:200] in files()
    assert org.stop_daemon() == 0
    assert wrapped not in files()
    org.start_daemon()
    assert org.run("destroy", gone["id"]).json["now"] is False
    assert [alert["report"] for alert in org.officers["amina"].alerts()] == [kept["id"]]
    org.stop_daemon()


def test_an_open_report_takes_as_many_admins_as_a_roster(tmp_path):
    org = Organisation(tmp_path)
    second = Person(org, "clarion-admin", tmp_path / "second")
    card = second.run("init", "--card", "berta", "--no-passphrase").json["card"]
    org.run("admin add", "-", stdin=card + "\n")
    amina = org.officer("amina")
    second.run("join", "-", stdin=org.invitation())
    org.run("threshold", "2")
    second.run("roster sign", org.home / "roster" / "draft")
    org.run("roster sign", second.home / "roster" / "draft")
    org.run("roster publish")
    second.run("status", expect=None)
    nadia = org.defender("nadia")
    report = nadia.report()["id"]
    refused = org.run("destroy", report, expect=EX_NOPERM)
    assert "2 admins" in refused.err and "--out" in refused.err
    first = tmp_path / "request"
    half = org.run("destroy", report, "--out", first).json
    assert half == {"report": report, "signatures": 1, "threshold": 2}
    assert org.run("destroy", "--request", first, expect=EX_NOPERM).code == EX_NOPERM  # the same admin again
    whole = tmp_path / "signed"
    assert second.run("destroy", "--request", first, "--out", whole).json["signatures"] == 2
    assert [alert["report"] for alert in amina.alerts()] == [report]
    done = org.run("destroy", "--request", whole).json
    assert done["now"] is True and sorted(done["by"].split(",")) == ["admin", "berta"]
    assert amina.alerts() == []
    assert org.run("destroy", "--request", whole, expect=EX_NOPERM).code == EX_NOPERM  # sent before
    org.stop_daemon()


def notes_of(officer, report):
    return [event["content"] for event in officer.run("case", report).json["events"] if event["type"] == "note"]


def test_closed_reports_are_kept_as_long_as_their_desk_wants(tmp_path, clock_build):
    """Counted from the last content: 30 days before, officers are told; what comes in between, a note or a further report by the same
    hand, begins the time anew; then it is destroyed by itself."""
    org = Organisation(tmp_path, build=clock_build)
    amina, nadia = org.officer("amina"), org.defender("nadia")
    org.run("desk add", "long", "--title", "Kept long", "--admission", "open", "--retention-days", "400")
    kept, noted, open_one = (nadia.report(summary=text)["id"] for text in ("Kept.", "Noted.", "Open."))
    first = nadia.report(summary="Followed.")
    followed = first["id"]
    for report in (kept, noted, followed):
        amina.run("ack", report)
        amina.run("close", report, "--reason", "SAFE")
    amina.run("open", followed, "--out", tmp_path / "first")
    assert amina.run("pull").json["expiring"] == []
    # The roster expires before the time is over: it is renewed as an admin would.
    for day in (20, 40, 58):
        org.shift_clock(days=day)
        org.publish()
    amina.run("note", noted, "-", stdin="She wrote again.\n")
    further = nadia.run("follow-up", "--receipt-file", "-", "--file", org.write_report(summary="They came back.", urgency="urgent"),
                        stdin=first["receipt"] + "\n").json["id"]
    for time in ("once", "again"):
        opened = amina.run("open", further, "--out", tmp_path / f"further-{time}")
        assert opened.json["first_report"] == followed and ("Noted in the closed report" in opened.err) is (time == "once")
        assert notes_of(amina, followed) == [{"follow_up": further}], time
    org.shift_clock(days=61)
    warned = wait_until(lambda: amina.run("pull").json["expiring"], 30, "the warning")
    assert [entry["report"] for entry in warned] == [kept] and warned[0]["desk"] == org.desk
    assert "WITHIN A WEEK" not in amina.run("pull", json_wanted=False).out
    org.shift_clock(days=84)
    org.publish()
    wait_until(lambda: "WITHIN A WEEK" in amina.run("pull", json_wanted=False).out, 30, "the second warning")
    assert amina.run("open", kept, "--out", tmp_path / "kept").json["summary"] == "Kept."
    org.shift_clock(days=91)
    wait_until(lambda: "report_destroyed" in org.log(), 30, "the end of what was kept")
    assert "why=retention" in org.log()
    # Said as it is done: the transaction may still be under way.
    wait_until(lambda: amina.run("fetch", kept, tmp_path / secrets.token_hex(8), expect=None).code == EX_NOINPUT, 30, "its refusal")
    assert amina.run("open", kept, "--out", tmp_path / "gone", expect=EX_NOINPUT)
    for report, summary in ((noted, "Noted."), (followed, "Followed."), (open_one, "Open.")):
        assert amina.run("open", report, "--out", tmp_path / summary).json["summary"] == summary
    assert org.run("destroy", kept).json["why"] == "retention"
    assert amina.run("pull").json["expiring"] == []  # their time began anew: 57 days are left
    # What is gone is kept by nobody, and no reason not to open what came after it.
    org.run("destroy", followed)
    assert "couldn't be noted" not in amina.run("open", further, "--out", tmp_path / "further-later").err
    org.stop_daemon()
