"""An officer's work on a case: whose it is, what was noted, how it goes on and ends; and two who act at once."""

import base64
import concurrent.futures
import json

import pytest
from helpers import cases
from helpers.organisation import Officer
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_USAGE
from helpers.sealing import SealedReport

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

EX_TEMPFAIL = 75


def new_report(org, urgency="urgent", **fields):
    """A report by a real client: (its answer, the defender)."""
    nadia = org.defender(f"nadia{len(list(org.folder.iterdir()))}")
    return nadia.report(urgency=urgency, **fields), nadia


def supervisor(org):
    head = Officer(org, "head")
    org.run("officer add", "-", "--desk", org.desk, "--tier", "2", stdin=head.card + "\n")
    org.publish()
    head.join()
    return head


def events_of(officer, report):
    """Every event as the store hands it out."""
    events, more = [], True
    while more:
        answer, _ = officer.call("GET", f"reports/{report}/events?after={len(events)}")
        assert answer.status == 200
        page = json.loads(answer.body)
        events += page["events"]
        more = page["more"]
    return events


def test_a_case_from_its_arrival_to_its_end(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    sent, nadia = new_report(org)
    report = sent["id"]
    assert amina.run("note", report, "-", stdin="Her brother called.\nHe will call again.\n").json["state"] == "new"
    assert amina.run("ack", report).json["state"] == "ack"
    assert badia.run("contact", report, "Called twice; nobody answered.").json == {"state": "ack", "owner": "amina"}
    assert amina.run("triage", report, "Call her at noon.", "--risk", "4,3,1").json["state"] == "triaged"
    assert amina.run("activate", report, "Find a room.", "--due", "+4h").json["state"] == "active"
    assert amina.run("wait", report, "--until", "+2d").json["state"] == "waiting"
    assert amina.run("activate", report, "She called.", "--due", "+1h").json["state"] == "active"
    assert amina.run("monitor", report, "--until", "+7d").json["state"] == "monitor"
    assert [alert["state"] for alert in badia.alerts()] == ["monitor"]
    assert amina.run("close", report, "--reason", "SAFE").json["state"] == "closed"
    assert amina.alerts() == []
    assert badia.run("reopen", report, "They are back.").json == {"state": "reopened", "owner": "badia"}
    assert [alert["state"] for alert in amina.alerts()] == ["reopened"]
    amina.run("reply", report, "-", stdin="We have a room for you.\n")
    case = amina.run("case", report).json
    assert case["owner"] == "badia"
    assert [event["type"] for event in case["events"]] == [
        "note", "ack", "contact", "triage", "activate", "wait", "activate", "monitor", "close", "reopen", "contact"]
    assert case["events"][0]["content"] == {"text": "Her brother called.\nHe will call again."}
    assert case["events"][3]["content"] == {"text": "Call her at noon.", "threat": 4, "vulnerability": 3, "capacity": 1}
    assert case["events"][8]["content"] == {"reason": "SAFE"} and case["events"][8]["by"] == "amina"
    # What its sender sees: opened, being handled, closed, being handled again, and the answer.
    texts = [message["text"] for message in nadia.inbox(sent["receipt"])]
    assert len(texts) == 5


def test_open_shows_what_was_done(org):
    amina = org.officer("amina")
    sent, _ = new_report(org)
    amina.run("ack", sent["id"])
    amina.run("note", sent["id"], "-", stdin="Her sister knows.\n")
    shown = amina.run("open", sent["id"], "--out", org.folder / "out", json_wanted=False).out
    assert "amina acknowledged it" in shown and "amina noted" in shown and "Her sister knows." in shown


def test_what_is_written_is_sealed_to_readers_of_the_report_only(org):
    """The store, and whoever takes its disk, sees that something was noted; the report's readers see what."""
    amina, badia = org.officer("amina"), org.officer("badia")
    sent, _ = new_report(org)
    amina.run("note", sent["id"], "-", stdin="She hides at the mill.\n")
    amina.run("assign", sent["id"], "badia")
    for event in events_of(amina, sent["id"]):
        assert event["content"] and b"mill" not in base64.b64decode(event["content"])
    assert badia.run("case", sent["id"]).json["events"][0]["content"]["text"] == "She hides at the mill."
    # An officer who comes later reads neither, until somebody gives her the report.
    carla = org.officer("carla")
    carla.run("case", sent["id"], expect=EX_NOPERM)


def test_notes_are_read_with_stock_age_by_whoever_has_the_file_key(org):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    assert sealed.put().status == 201
    amina.run("note", sealed.id, "Plain enough.")
    (event,) = events_of(amina, sealed.id)
    assert json.loads(cases.open_note(sealed.file_key, event["content"], org.folder)) == {"text": "Plain enough."}


def test_whose_case_it_is(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    sent, _ = new_report(org)
    report = sent["id"]
    amina.run("ack", report)
    for verb in (["triage", report, "x", "--risk", "1,1,1"], ["close", report, "--reason", "DUP"]):
        refused = badia.run(*verb, expect=EX_NOPERM)
        assert "amina" in refused.err
    assert badia.run("note", report, "Anybody may note.").json["state"] == "ack"
    assert badia.run("assign", report, "badia").json == {"state": "ack", "owner": "badia"}
    badia.run("triage", report, "Mine now.", "--risk", "1,1,1")
    amina.run("activate", report, "x", "--due", "+1h", expect=EX_NOPERM)
    badia.run("activate", report, "x", "--due", "+1h")
    assert badia.run("handover", report, "amina", "I am away.").json == {"state": "handover", "owner": "badia"}
    assert amina.run("activate", report, "Taken.", "--due", "+1h").json == {"state": "active", "owner": "amina"}


def test_pull_says_whose_case_it_was(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    sent, _ = new_report(org)
    amina.run("ack", sent["id"])
    assert "amina's case when you last looked" in amina.run("pull", json_wanted=False).out
    assert "case when" not in badia.run("pull", json_wanted=False).out
    badia.run("assign", sent["id"], "badia")
    assert "badia's case" in badia.run("pull", json_wanted=False).out
    amina.run("case", sent["id"])
    assert "badia's case" in amina.run("pull", json_wanted=False).out


def test_only_an_officer_of_the_desk_can_be_assigned(org):
    amina = org.officer("amina")
    org.add_desk("legal")
    org.officer("carla", desk="legal")
    sent, _ = new_report(org)
    for name in ("carla", "nobody-here", "Amina"):
        amina.run("assign", sent["id"], name, expect=EX_DATAERR)
    org.officer("badia")
    sent, _ = new_report(org, exclude=["badia"])
    amina.run("assign", sent["id"], "badia", expect=EX_DATAERR)
    assert amina.run("assign", sent["id"], "amina").json["owner"] == "amina"


@pytest.mark.parametrize("reason", ["SAFE", "REQ", "TRF", "DUP", "OUT", "DEAD", "WITHDRAWN", "EXP"])
def test_every_reason_of_one_officer_closes(org, reason):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    amina.run("ack", sealed.id)
    assert amina.run("close", sealed.id, "--reason", reason).json["state"] == "closed"


def test_what_could_hide_that_she_was_given_up_needs_two(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    sent, nadia = new_report(org, urgency="immediate")
    report = sent["id"]
    amina.run("ack", report)
    badia.run("close", report, "--reason", "LOST", expect=EX_NOPERM)
    proposed = amina.run("close", report, "--reason", "LOST", "-", stdin="Three tries in three weeks.\n")
    assert proposed.json["state"] == "ack" and "second officer" in proposed.err
    assert amina.run("close", report, "--reason", "LOST").json["state"] == "ack", "her own signature counts once"
    assert [alert["report"] for alert in amina.alerts()] == [report]
    assert badia.run("close", report, "--reason", "LOST").json["state"] == "closed"
    assert [event["by"] for event in amina.run("case", report).json["events"]] == ["amina", "amina", "badia"]
    assert len(nadia.inbox(sent["receipt"])) == 2, "opened, closed"


def test_a_supervisor_signs_that_it_never_happened(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    head = supervisor(org)
    sent, _ = new_report(org, urgency="urgent")
    report = sent["id"]
    amina.run("ack", report)
    assert "nobody has proposed" in badia.run("close", report, "--confirm", expect=EX_DATAERR).err
    assert amina.run("close", report, "--reason", "FALSE").json["state"] == "ack"
    assert amina.run("case", report).json["proposed"] == {"reason": "FALSE", "by": "amina"}
    assert "supervisor" in badia.run("close", report, "--confirm", expect=EX_NOPERM).err
    badia.run("close", report, "--confirm", "--reason", "LOST", expect=EX_DATAERR)
    assert head.run("close", report, "--confirm").json == {"state": "closed", "owner": "amina"}
    case = badia.run("case", report).json
    assert case["events"][-1]["content"] == {"reason": "FALSE"} and not case["lacks_signature"]


def test_a_closure_without_its_second_signature_is_seen_by_everybody(org):
    """The server can't see the reason: an officer with another tool closes alone."""
    amina, badia = org.officer("amina"), org.officer("badia")
    sealed = SealedReport(org)
    sealed.put()
    chain = cases.Chain(org, amina, sealed)
    for kind, content in (("ack", None), ("close", {"reason": "LOST"})):
        answer, _ = amina.call("POST", f"reports/{sealed.id}/events", chain.next(kind, content))
        assert answer.status == 201
    assert badia.run("case", sealed.id).json["lacks_signature"]
    assert "ALARM: amina closed it" in badia.run("open", sealed.id, "--out", org.folder / "seen", json_wanted=False).out
    badia.run("reopen", sealed.id)
    assert not badia.run("case", sealed.id).json["lacks_signature"]


def test_a_record_that_never_was_urgent_needs_one(org):
    amina = org.officer("amina")
    sent, _ = new_report(org, urgency="record")
    amina.run("ack", sent["id"])
    assert amina.run("close", sent["id"], "--reason", "INSF").json["state"] == "closed"


def test_what_is_wrong_is_said_and_changes_nothing(org):
    amina = org.officer("amina")
    sent, _ = new_report(org)
    report = sent["id"]
    assert "acknowledge it first" in amina.run("close", report, "--reason", "DUP", expect=EX_DATAERR).err
    amina.run("ack", report)
    assert "DUP" in amina.run("close", report, "--reason", "BORED", expect=EX_USAGE).err
    amina.run("close", report, expect=EX_USAGE)
    amina.run("note", report, "", expect=EX_DATAERR)
    amina.run("note", report, "a\x1b[2Jb", expect=EX_DATAERR)
    amina.run("note", report, "-", stdin="x" * (32 * 1024 + 1), expect=EX_DATAERR)
    amina.run("triage", report, "x", expect=EX_USAGE)
    amina.run("triage", report, "x", "--risk", "1,2,6", expect=EX_USAGE)
    amina.run("monitor", report, "--until", "+1d", expect=EX_DATAERR)
    amina.run("wait", report, expect=EX_USAGE)
    amina.run("note", report, "x", "--verification", "MAYBE", expect=EX_USAGE)
    assert len(events_of(amina, report)) == 1


def test_doing_the_same_again_is_done_already(org):
    amina = org.officer("amina")
    sent, _ = new_report(org)
    amina.run("ack", sent["id"])
    for _ in range(2):
        assert amina.run("close", sent["id"], "--reason", "SAFE").json["state"] == "closed"
    assert len(events_of(amina, sent["id"])) == 2


def test_two_officers_act_at_once_and_nothing_is_lost(org):
    """Many notes in the same moment: each comes through once, in one chain."""
    people = [org.officer(name) for name in ("amina", "badia")]
    sent, _ = new_report(org)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda at: (at, people[at % 2].run("note", sent["id"], f"note {at}", expect=None)), range(8)))
    done = {f"note {at}" for at, result in ran if result.code == 0}
    assert all(result.code in (0, EX_TEMPFAIL) for _, result in ran) and len(done) >= 2
    texts = [event["content"]["text"] for event in people[0].run("case", sent["id"]).json["events"]]
    assert sorted(texts) == sorted(done), "what was said to be noted is noted once, and nothing else"


def test_of_two_who_close_at_once_one_closes(org):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    amina.run("ack", sealed.id)
    second_home = cases.second_home(amina, "amina-laptop")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda who: who.run("close", sealed.id, "--reason", "SAFE", expect=None), (amina, second_home)))
    assert 0 in [result.code for result in results] and all(result.code in (0, EX_TEMPFAIL) for result in results)
    assert [event["type"] for event in events_of(amina, sealed.id)] == ["ack", "close"]


def test_a_history_of_hundreds_of_notes_is_read_and_grows(org):
    """Far more than one answer of the store holds."""
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    chain = cases.Chain(org, amina, sealed)
    for number in range(1, 301):
        body = chain.next("note", {"text": f"note {number}"})
        answer, _ = amina.call("POST", f"reports/{sealed.id}/events", body)
        assert answer.status == 201, answer
    amina.run("note", sealed.id, "and one by the tool")
    case = amina.run("case", sealed.id).json
    assert len(case["events"]) == 301
    assert case["events"][136]["content"]["text"] == "note 137" and case["events"][300]["content"]["text"] == "and one by the tool"
