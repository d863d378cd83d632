"""Referral: another desk sees the part that the sender agreed to, and nothing without her word."""

import json
import subprocess

import pytest

from helpers import wire
from helpers.organisation import Defender
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_USAGE, is_sanitized, needs
from helpers.sealing import SealedReport
from helpers.signing import problem_of

AGREED = {"refer": {"state": "Y", "place_max": "P1"}}
PLACE = [{"precision": "P4", "share_precision": "P3", "country": "GT", "adm1": "GT01", "locality": "the mill"}]
ACT = [{"kind": "THR.01", "person_ref": "P1", "perp_ref": "A1"}]
PERSON = [{"ref": "P1", "unit": "IND", "alias": "Luz", "category": "HRD", "gender": "F", "age_band": "C", "status_now": "HIDE"}]
STORY = "They came at nine to the mill."


def two_desks(org):
    amina = org.officer("amina")
    org.add_desk("legal")
    carla = org.officer("carla", desk="legal")
    return amina, carla


def report_with(org, officer, **fields):
    nadia = org.defender("nadia")
    sent = nadia.report(narrative=STORY, place=PLACE, acts=ACT, persons=PERSON, **fields)
    officer.run("ack", sent["id"])
    return sent, nadia


def test_another_desk_gets_the_limited_view(org):
    amina, carla = two_desks(org)
    sent, nadia = report_with(org, amina, consent=AGREED, needs=["LEG"])
    done = amina.run("refer", sent["id"], "--desk", "legal", "-", stdin="She needs a lawyer by Friday.\n").json
    assert done["state"] == "ack" and done["desk"] == "legal" and done["report"] != sent["id"]
    (alert,) = carla.alerts()
    assert (alert["report"], alert["desk"], alert["urgency"], alert["state"]) == (done["report"], "legal", "urgent", "new")
    out = org.folder / "view"
    view = carla.run("open", done["report"], "--out", out).json
    assert view["needs"] == ["LEG"] and view["narrative"] == "She needs a lawyer by Friday."
    assert view["place"] == [{"precision": "P1", "share_precision": "P1", "country": "GT"}]
    assert view["links"] == [{"report_id": sent["id"], "rel": "SAME"}]
    assert "alias" not in view["persons"][0] and "contact" not in view
    text = json.dumps(view)
    assert STORY not in text and "Luz" not in text and "the mill" not in text
    # The whole report stays what it was, and whose it was.
    carla.run("open", sent["id"], "--out", org.folder / "whole", expect=EX_NOPERM)
    case = amina.run("case", sent["id"]).json
    assert case["owner"] == "amina" and [event["type"] for event in case["events"]] == ["ack", "refer"]
    referred = case["events"][1]["content"]
    assert (referred["desk"], referred["report"]) == ("legal", done["report"])
    # She agreed beforehand, and hears of it.
    assert any("legal" in message["text"] for message in nadia.inbox(sent["receipt"]))


@pytest.mark.parametrize("agreed_to, readers", [(["legal"], 1), (["legal", "press"], 2), ([], 2)])
def test_the_fallback_of_the_other_desk_reads_only_what_she_agreed_to(org, agreed_to, readers):
    amina = org.officer("amina")
    org.add_desk("press")
    org.add_desk("legal", "--fallback", "press")
    carla, _paula = org.officer("carla", desk="legal"), org.officer("paula", desk="press")
    consent = {"refer": {**AGREED["refer"], **({"recipients": agreed_to} if agreed_to else {})}}
    sent, _nadia = report_with(org, amina, consent=consent, urgency="urgent")
    done = amina.run("refer", sent["id"], "--desk", "legal", "-", stdin="She needs a lawyer.\n").json
    carla.run("fetch", done["report"], org.folder / "referred.age")
    assert (org.folder / "referred.age").read_bytes().partition(b"\n--- ")[0].count(b"\n-> X25519 ") == readers


def test_the_other_desk_answers_the_desk_that_referred(org):
    """The view's receipt number lies in the case: whoever can open the report reads what the other desk says."""
    amina, carla = two_desks(org)
    sent, nadia = report_with(org, amina, consent=AGREED)
    done = amina.run("refer", sent["id"], "--desk", "legal").json
    carla.run("ack", done["report"])
    carla.run("reply", done["report"], "A lawyer comes on Thursday.")
    receipt = amina.run("case", sent["id"]).json["events"][1]["content"]["receipt"]
    borrowed = Defender(org, "borrowed").join()
    assert "A lawyer comes on Thursday." in [message["text"] for message in borrowed.inbox(receipt)]
    assert not any("Thursday" in message["text"] for message in nadia.inbox(sent["receipt"]))


def test_nothing_is_referred_without_her_word(org):
    amina, carla = two_desks(org)
    for consent in ({}, {"refer": {"state": "N"}}, {"refer": {"state": "ASK"}}, {"refer": {"state": "Y", "until": "2020"}},
                    {"refer": {"state": "Y", "recipients": ["medical"]}}):
        sent, _ = report_with(org, amina, consent=consent)
        refused = amina.run("refer", sent["id"], "--desk", "legal", expect=EX_NOPERM)
        assert "sender" in refused.err
    assert carla.alerts() == []


def test_who_is_excluded_gets_nothing(org):
    amina, carla = two_desks(org)
    dora = org.officer("dora", desk="legal")
    sent, _ = report_with(org, amina, consent=AGREED, exclude=["legal"])
    amina.run("refer", sent["id"], "--desk", "legal", expect=EX_NOPERM)
    sent, _ = report_with(org, amina, consent=AGREED, exclude=["carla"])
    done = amina.run("refer", sent["id"], "--desk", "legal").json
    assert dora.run("open", done["report"], "--out", org.folder / "dora-view").json["exclude"] == ["carla"]
    carla.run("open", done["report"], "--out", org.folder / "carla-view", expect=EX_NOPERM)
    sent, _ = report_with(org, amina, consent=AGREED, exclude=["carla", "dora"])
    amina.run("refer", sent["id"], "--desk", "legal", expect=EX_DATAERR)


def test_what_is_wrong_is_said(org):
    amina, _ = two_desks(org)
    sent = org.defender("nadia").report(consent=AGREED)
    assert "acknowledge it first" in amina.run("refer", sent["id"], "--desk", "legal", expect=EX_DATAERR).err
    amina.run("ack", sent["id"])
    amina.run("refer", sent["id"], expect=EX_USAGE)
    amina.run("refer", sent["id"], "--desk", org.desk, expect=EX_DATAERR)
    amina.run("refer", sent["id"], "--desk", "no-such", expect=EX_DATAERR)
    assert len(amina.run("case", sent["id"]).json["events"]) == 1


@needs("gdb")
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's program doesn't run under a debugger")
def test_what_is_broken_off_and_said_again_is_one_referral(org):
    """Killed before it leaves, before it stands in the case, before its sender is told, and before it is forgotten."""
    amina, carla = two_desks(org)
    for stop in ("referral_deliver", "step_take", "message_send", "referral_forget"):
        sent, _ = report_with(org, amina, consent=AGREED)
        words = ["refer", sent["id"], "--desk", "legal", "She needs a lawyer."]
        killed = subprocess.run(["gdb", "-nx", "--batch", "-ex", f"break {stop}", "-ex", "run", "-ex", "kill", "--args", *amina.command(*words)],
                                stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
        assert b"Breakpoint 1, " in killed.stdout and b'"state"' not in killed.stdout, killed.stdout + killed.stderr
        done = amina.run(*words).json
        again = amina.run(*words).json
        assert done["report"] == again["report"] and done["state"] == again["state"] == "ack", stop
        assert [event["content"]["report"] for event in amina.run("case", sent["id"]).json["events"] if event["type"] == "refer"] == [
            done["report"]], stop
        assert [alert["report"] for alert in carla.alerts()] == [done["report"]], stop
        assert not list(amina.home.glob("refer-*")), stop
        carla.run("ack", done["report"])
        carla.run("close", done["report"], "--reason", "SAFE")
    # What is new is another referral.
    assert amina.run("refer", sent["id"], "--desk", "legal", "And a doctor.").json["report"] != done["report"]


def test_a_desk_that_asks_for_tokens_takes_an_officers_referral(org):
    amina = org.officer("amina")
    org.run("desk add", "medical", "--title", "Doctors")
    dora = org.officer("dora", desk="medical")
    sent, _ = report_with(org, amina, consent=AGREED)
    done = amina.run("refer", sent["id"], "--desk", "medical").json
    assert [alert["report"] for alert in dora.alerts()] == [done["report"]]


def test_only_an_officer_in_the_roster_stands_in_for_a_token(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    org.run("desk add", "medical", "--title", "Doctors")
    org.officer("dora", desk="medical")
    org.run("officer remove", "badia")
    org.publish()

    def sealed():
        report = SealedReport(org, envelope={"desk": "medical"}, committed={"desk": "medical"}, recipients=org.roster().recipients("medical"))
        return report, f"reports/{report.id}?desk=medical&urgency=urgent&salt={report.salt.hex()}&roster={report.roster}"

    report, path = sealed()
    answer = wire.request(org.port, "PUT", org.target(path), {}, report.bytes)
    assert (answer.status, problem_of(answer)) == (403, "token-needed")
    assert badia.call("PUT", path, report.bytes)[0].status == 403, "she left"
    assert amina.call("PUT", path, report.bytes, created=1795000000)[0].status == 403, "signed long ago"
    other, other_path = sealed()
    _, headers = amina.call("GET", "status")
    assert wire.request(org.port, "PUT", org.target(other_path), headers, other.bytes).status == 403, "signed for something else"
    answer, headers = amina.call("PUT", path, report.bytes)
    assert answer.status == 201
    assert wire.request(org.port, "PUT", org.target(other_path), headers, other.bytes).status == 403, "signed for another report"
