"""A further report by the hand that wrote the first: with the receipt number alone, on any device; and nobody else can write one that
officers' tools call hers."""

import base64
import copy
import hashlib
import json

import pytest
from nacl.signing import SigningKey

from helpers import sealing, signing
from helpers.organisation import Defender
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_TEMPFAIL, EX_USAGE
from helpers.sealing import SealedReport

SECOND = "They came back with a third man."


def follow_up(org, who, receipt, *arguments, expect=0, summary=SECOND, urgency="urgent", **how):
    where = org.write_report(summary=summary, urgency=urgency)
    result = who.run("follow-up", "--receipt-file", "-", "--file", where, *arguments, stdin=receipt + "\n", expect=expect, **how)
    return result.json if result.code == 0 else result


def opened(officer, report, **how):
    return officer.run("open", report, "--out", officer.organisation.folder / f"out-{officer.name}-{report[:9]}-{len(how)}", **how)


def test_officers_see_it_with_the_first(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report()
    assert "by_the_same_hand" not in opened(amina, first["id"]).json
    second = follow_up(org, nadia, first["receipt"])
    assert second["state"] == "accepted" and second["receipt"] == first["receipt"] and second["id"] != first["id"]
    report = opened(amina, second["id"]).json
    assert (report["by_the_same_hand"], report["first_report"], report["summary"]) == (True, first["id"], SECOND)
    assert report["follows"]["report"] == first["id"] and report["follows"]["kind"] == "FOLLOWUP"
    third = follow_up(org, nadia, first["receipt"])
    later = opened(amina, third["id"]).json
    assert later["by_the_same_hand"] and later["follows"]["counter"] > report["follows"]["counter"]
    # Opening it again changes nothing, and in words it says the same.
    again = opened(amina, second["id"], json_wanted=False)
    assert f"FOLLOW-UP of {first['id']}, by the same hand" in again.out


def test_an_officer_who_never_opened_the_first_fetches_it(org):
    org.officer("amina")
    badia, nadia = org.officer("badia"), org.defender("nadia")
    first = nadia.report()
    second = follow_up(org, nadia, first["receipt"])
    assert opened(badia, second["id"]).json["by_the_same_hand"] is True


def test_the_number_alone_on_another_device(org):
    """The other device knows no id: officers' tools find the first report by its mailbox."""
    amina, badia, nadia = org.officer("amina"), org.officer("badia"), org.defender("nadia")
    first = nadia.report()
    opened(amina, first["id"])
    borrowed = org.defender("borrowed")
    second = follow_up(org, borrowed, first["receipt"])
    report = opened(amina, second["id"]).json
    assert (report["by_the_same_hand"], report["first_report"]) == (True, first["id"]) and "report" not in report["follows"]
    # badia has not opened the first yet: nothing is claimed, and she is told what to do.
    unknown = opened(badia, second["id"])
    assert unknown.json["by_the_same_hand"] is None and "Open that one" in opened(badia, second["id"], json_wanted=False).out
    opened(badia, first["id"])
    assert badia.run("open", second["id"], "--out", org.folder / "again").json["by_the_same_hand"] is True
    # With the id given, the first is found without having been opened.
    third = follow_up(org, borrowed, first["receipt"], "--report", first["id"])
    assert opened(org.officer("carla"), third["id"], expect=None).code != 0, "she wasn't there yet"
    assert opened(amina, third["id"]).json["by_the_same_hand"] is True


def test_answers_to_both_come_to_one_number(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report()
    second = follow_up(org, nadia, first["receipt"])
    amina.run("reply", first["id"], "to the first")
    amina.run("reply", second["id"], "to the second")
    for who in (nadia, org.defender("borrowed")):
        assert [(message["from"], message["text"]) for message in who.inbox(first["receipt"])] == [
            ("amina", "to the first"), ("amina", "to the second")]


def test_who_was_excluded_from_the_first_is_excluded_again(org):
    """Where the home knows the first: forgetting a name could cost somebody dearly."""
    amina, badia = org.officer("amina"), org.officer("badia")
    org.officer("carla")
    nadia = org.defender("nadia")
    first = nadia.report("--exclude", "badia", "--exclude", "carla")
    org.run("officer remove", "carla")
    org.publish()
    second = follow_up(org, nadia, first["receipt"])
    assert opened(amina, second["id"]).json["exclude"] == ["badia"]
    badia.run("open", second["id"], "--out", org.folder / "no", expect=EX_NOPERM)
    org.stop_daemon()
    queued = nadia.report("--exclude", "badia", expect=EX_TEMPFAIL).json
    third = follow_up(org, nadia, queued["receipt"], expect=EX_TEMPFAIL).json
    org.start_daemon()
    nadia.run("send")
    badia.run("open", third["id"], "--out", org.folder / "no", expect=EX_NOPERM)


def test_attachments_are_part_of_what_is_signed(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report()
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8photo")
    second = follow_up(org, nadia, first["receipt"], "--attach", tmp_path / "photo.jpg")
    assert opened(amina, second["id"]).json["by_the_same_hand"] is True
    genuine = json.loads((org.folder / f"out-amina-{second['id'][:9]}-0" / "report.json").read_text())
    for name, attachments in (("changed", [("attachments/001.jpg", b"another photo")]),
                              ("more", [("attachments/001.jpg", b"\xff\xd8photo"), ("attachments/002.jpg", b"more")])):
        forged = Resealed(org, genuine, attachments)
        assert forged.put().status == 201
        assert opened(amina, forged.id).json["by_the_same_hand"] is False, name


class Resealed(SealedReport):
    """A report.json of somebody's choice, sealed with a proof stanza that matches its envelope."""

    def __init__(self, org, report, attachments=()):
        roster = org.roster()
        envelope = report["envelope"]
        self.org, self.urgency, self.salt, self.roster = org, envelope["urgency"], bytes.fromhex(envelope["salt"]), envelope["roster"]
        self.file_key = hashlib.sha256(json.dumps([report, repr(attachments)]).encode()).digest()[:16]
        self.proof_key = SigningKey(sealing.hkdf(self.file_key, b"", b"open/1"))
        lines = ["to/1", envelope["organisation"], envelope["desk"], envelope["urgency"], "-", "-", envelope["salt"]]
        commitment = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest()
        stanzas = [sealing.x25519_stanza(sealing.recipient_key(text), self.file_key) for text in roster.recipients(org.desk)]
        stanzas.append(sealing.stanza(["proof", sealing.raw64(bytes(self.proof_key.verify_key)), sealing.raw64(commitment)]))
        self.bytes = sealing.seal(stanzas, self.file_key, sealing.archive([("report.json", json.dumps(report).encode()), *attachments]))
        self.id = hashlib.sha256(self.bytes).hexdigest()


def signed_by(key, report):
    """The member `follows` signed as docs/protocol.md says."""
    report = copy.deepcopy(report)
    report["follows"].pop("signature", None)
    digest = hashlib.sha256(json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    lines = ["clarion-hand/1", report["envelope"]["organisation"], report["follows"].get("report", "-"), report["follows"]["counter"], digest]
    report["follows"]["signature"] = base64.b64encode(key.sign("".join(f"{line}\n" for line in lines).encode()).signature).decode()
    return report


@pytest.fixture
def scene(org):
    """(amina, the first report's id, a genuine follow-up's report.json), all opened by amina."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report()
    opened(amina, first["id"])
    second = follow_up(org, nadia, first["receipt"])
    opened(amina, second["id"])
    genuine = json.loads((org.folder / f"out-amina-{second['id'][:9]}-0" / "report.json").read_text())
    return amina, first["id"], genuine


@pytest.mark.parametrize("what", ["another summary", "another counter", "another first", "another kind", "another mailbox key",
                                  "the same again", "another attachment"])
def test_nobody_else_writes_in_her_name(org, scene, what):
    """Another officer has all of a genuine follow-up but the hand key."""
    amina, first, genuine = scene
    forged = copy.deepcopy(genuine)
    if what == "another summary":
        forged["summary"] = "All is well, don't come."
    elif what == "another counter":
        forged["follows"]["counter"] += 1
    elif what == "another first":
        other = SealedReport(org)
        assert other.put().status == 201
        forged["follows"]["report"] = other.id
    elif what == "another kind":
        forged["follows"]["kind"] = "CANCEL"
    elif what == "another mailbox key":
        key = SigningKey.generate()
        forged["envelope"]["mailbox"]["hand_key"] = signing.base64url(bytes(key.verify_key))
        forged = signed_by(key, forged)
    sealed = Resealed(org, forged, [("attachments/001.txt", b"x")] if what == "another attachment" else ())
    assert sealed.put().status == 201
    shown = opened(amina, sealed.id)
    assert shown.json["by_the_same_hand"] is (None if what == "another first" else False)
    words = amina.run("open", sealed.id, "--out", org.folder / "words", json_wanted=False).out
    assert ("COPY" in words) == (what == "the same again") and "by the same hand: signed" not in words


def test_a_strangers_client_can_write_one(org):
    """What docs/protocol.md says is enough."""
    amina = org.officer("amina")
    first = SealedReport(org)
    hand = SigningKey.generate()
    first.mailbox["hand_key"] = signing.base64url(bytes(hand.verify_key))
    envelope = {"organisation": org.fingerprint, "desk": org.desk, "urgency": "urgent", "release": None, "hold_key": None,
                "salt": "00" * 16, "roster": org.roster().version, "mailbox": first.mailbox}
    report = {"schema": 1, "summary": "Première", "urgency": "urgent", "envelope": envelope}
    first = Resealed(org, report)
    assert first.put().status == 201
    further = signed_by(hand, {**report, "summary": "Zweite\u00e4 “quoted\\”", "follows": {"kind": "CANCEL", "report": first.id, "counter": 7}})
    second = Resealed(org, further)
    assert second.put().status == 201
    shown = opened(amina, second.id, json_wanted=False).out
    assert f"ALARM CALLED OFF of {first.id}, by the same hand" in shown and "stops no clock" in shown


def test_a_report_cannot_claim_it_in_its_own_words(org):
    amina = org.officer("amina")
    envelope = {"organisation": org.fingerprint, "desk": org.desk, "urgency": "urgent", "release": None, "hold_key": None,
                "salt": "00" * 16, "roster": org.roster().version, "mailbox": SealedReport(org).mailbox}
    lying = Resealed(org, {"schema": 1, "summary": "x", "urgency": "urgent", "by_the_same_hand": True, "first_report": "0" * 64,
                           "envelope": envelope})
    assert lying.put().status == 201
    shown = opened(amina, lying.id).json
    assert "by_the_same_hand" not in shown and "first_report" not in shown


def test_queued_and_sealed_out(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report()
    org.stop_daemon()
    assert follow_up(org, nadia, first["receipt"], expect=EX_TEMPFAIL).json["state"] == "queued"
    carried = follow_up(org, nadia, first["receipt"], "--out", tmp_path / "out")
    assert carried["receipt"] == first["receipt"]
    org.start_daemon()
    nadia.run("send")
    org.defender("carrier").run("carry", tmp_path / "out")
    assert [opened(amina, alert["report"]).json.get("by_the_same_hand") for alert in amina.alerts()] == [None, True, True]


def test_what_is_refused(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    first = nadia.report()
    follow_up(org, nadia, first["receipt"][:-1] + ("0" if first["receipt"][-1] != "0" else "1"), expect=EX_DATAERR)
    follow_up(org, nadia, first["receipt"], "--report", "0" * 63, expect=EX_USAGE)
    nadia.run("follow-up", "--receipt-file", "-", "--file", "-", stdin=first["receipt"] + "\n", expect=EX_USAGE)
    shown = nadia.run("follow-up", "--receipt-file", "-", "--file", org.write_report(summary=SECOND, urgency="urgent"),
                      stdin=first["receipt"] + "\n", json_wanted=False)
    assert first["receipt"] not in shown.out + shown.err, "what was typed without echo isn't shown"
    forged = org.write_report(summary="x", urgency="urgent", follows={"kind": "FOLLOWUP", "counter": 1, "signature": "x"})
    Defender(org, "nadia").run("report", "--file", forged, "--desk", org.desk, expect=EX_DATAERR)


THREAT = {"acts": [{"kind": "THR.01", "person_ref": "P1", "perp_ref": "A1"}]}


def test_reports_that_belong_together_are_shown_together(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report()
    second = follow_up(org, nadia, first["receipt"])
    opened(amina, second["id"])
    assert f"by the same hand as {first['id']}" in amina.run("pull", json_wanted=False).out
    shown = opened(amina, first["id"], json_wanted=False).out
    assert "Belongs together with:" in shown and second["id"] in shown
    assert amina.run("case", first["id"]).json["related"] == [second["id"]]
    assert first["id"] in amina.run("case", second["id"], json_wanted=False).out
    # One that its sender names, and that this officer may not open, is named all the same.
    other = nadia.report(links=[{"report_id": "ab" * 32, "rel": "PRECEDES"}])
    assert "not yours to open" in amina.run("case", other["id"], json_wanted=False).out


def test_a_second_threat_makes_it_urgent(org):
    """DOMAIN 1.6: within 30 days; shown, and an officer's signed event says so, once."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first = nadia.report(urgency="priority", **THREAT)
    assert "urgency" not in json.dumps(amina.run("case", first["id"]).json["events"])
    amina.run("ack", first["id"])
    where = org.write_report(summary=SECOND, urgency="priority", **THREAT)
    second = nadia.run("follow-up", "--receipt-file", "-", "--file", where, stdin=first["receipt"] + "\n").json
    shown = opened(amina, second["id"], json_wanted=False).out
    assert "REPEATED THREAT" in shown and first["id"][:12] in shown
    assert "REPEATED THREAT" in amina.run("ack", second["id"]).err
    amina.run("ack", second["id"])
    case = amina.run("case", second["id"]).json
    assert [event["type"] for event in case["events"]] == ["ack", "note"]
    assert case["events"][1]["content"] == {"urgency": "urgent", "report": first["id"], "text": "A second threat within 30 days."}
    assert "judged here: urgent" in amina.run("open", second["id"], "--out", org.folder / "again", json_wanted=False).out
    # From now on it was urgent: two must sign that she was lost.
    assert "second officer" in amina.run("close", second["id"], "--reason", "LOST").err
