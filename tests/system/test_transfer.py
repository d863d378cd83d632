"""Transfer: a case goes to another desk once somebody there accepts it, with its sender's word and hers only."""

import json

import pytest
from helpers import cases
from helpers.organisation import Organisation
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_USAGE, wait_until

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

AGREED = {"refer": {"state": "Y"}}
STORY = "They came at nine to the mill."


@pytest.fixture
def desks(org):
    """The organisation with two desks, an officer at each, and a report that amina works on."""
    return two_desks(org)


def two_desks(org, *options):
    amina = org.officer("amina")
    org.add_desk("legal", *options)
    carla = org.officer("carla", desk="legal")
    return org, amina, carla


def active(org, officer, **fields):
    nadia = org.defender(f"nadia{len(list(org.folder.iterdir()))}")
    sent = nadia.report(narrative=STORY, **{"consent": AGREED, **fields})
    officer.run("ack", sent["id"])
    officer.run("triage", sent["id"], "Ask the lawyers.", "--risk", "4,3,1")
    officer.run("activate", sent["id"], "Ask them.", "--due", "+1h")
    return sent, nadia


def test_a_case_moves_when_the_other_desk_accepts(desks):
    org, amina, carla = desks
    sent, nadia = active(org, amina)
    report = sent["id"]
    number = amina.alerts()[0]["seq"]
    evidence = carla.run("pull").json["alerts"]
    assert evidence == [] and carla.run("open", report, "--out", org.folder / "early", expect=EX_NOPERM)
    assert amina.run("transfer", report, "--desk", "legal", "-", stdin="A trial.\n").json == {"state": "handover", "owner": "amina"}
    # Both see it: one still has it, the other may look.
    (mine,), (offered,) = amina.alerts(), carla.alerts()
    assert (mine["desk"], mine["state"], mine["due"]) == ("urgent", "handover", None)
    assert (offered["desk"], offered["state"], offered["report"]) == ("legal", "handover", report)
    assert offered["seq"] > number and offered["due"] is not None
    assert carla.run("open", report, "--out", org.folder / "look").json["narrative"] == STORY
    for refused in (["note", report, "x"], ["assign", report, "carla"], ["activate", report, "Ours again.", "--due", "+1h"]):
        assert carla.run(*refused, expect=None).code in (EX_NOPERM, EX_DATAERR)
    amina.run("accept", report, expect=EX_NOPERM)
    assert carla.run("accept", report).json == {"state": "active", "owner": "carla"}
    assert carla.run("accept", report).json == {"state": "active", "owner": "carla"}, "again is done already"
    # It is theirs alone now: access, list, and its header.
    amina.run("open", report, "--out", org.folder / "late", expect=EX_NOPERM)
    assert amina.alerts() == []
    (alert,) = carla.alerts()
    assert (alert["desk"], alert["state"]) == ("legal", "active") and alert["seq"] > offered["seq"]
    dora = org.officer("dora", desk="legal")
    carla.run("rewrap")
    assert dora.run("open", report, "--out", org.folder / "from-dora").json["narrative"] == STORY
    carla.run("assign", report, "dora")
    assert dora.run("close", report, "--reason", "SAFE").json == {"state": "closed", "owner": "dora"}
    # Its sender follows the way and believes the other desk.
    carla.run("reopen", report)
    carla.run("reply", report, "A lawyer comes on Thursday.")
    letters = nadia.inbox(sent["receipt"])
    assert all(letter["from"] for letter in letters), letters
    assert ("carla", "A lawyer comes on Thursday.") in [(letter["from"], letter["text"]) for letter in letters]
    assert len({letter["text"] for letter in letters if "legal" in letter["text"]}) == 2


def test_what_is_rejected_or_taken_back_stays(desks):
    org, amina, carla = desks
    sent, _ = active(org, amina)
    report = sent["id"]
    amina.run("transfer", report, "--desk", "legal")
    carla.run("reject", report, expect=EX_USAGE)
    assert carla.run("reject", report, "-", stdin="Not ours.\n").json == {"state": "active", "owner": "amina"}
    assert carla.alerts() == [] and [alert["state"] for alert in amina.alerts()] == ["active"]
    assert amina.run("case", report).json["events"][-1]["content"] == {"text": "Not ours."}
    carla.run("case", report, expect=EX_NOPERM)
    amina.run("transfer", report, "--desk", "legal")
    assert amina.run("activate", report, "Ours again.", "--due", "+1h").json == {"state": "active", "owner": "amina"}
    carla.run("accept", report, expect=EX_NOPERM)


def test_what_is_not_hers_to_give_is_refused(desks):
    org, amina, carla = desks
    badia = org.officer("badia")
    sent, _ = active(org, amina, consent={"refer": {"state": "N"}})
    assert "agreed" in amina.run("transfer", sent["id"], "--desk", "legal", expect=EX_NOPERM).err
    sent, _ = active(org, amina, exclude=["legal"])
    amina.run("transfer", sent["id"], "--desk", "legal", expect=EX_NOPERM)
    sent, _ = active(org, amina, exclude=["carla"])
    assert "nobody is left" in amina.run("transfer", sent["id"], "--desk", "legal", expect=EX_DATAERR).err
    sent, _ = active(org, amina)
    amina.run("transfer", sent["id"], "--desk", "nowhere", expect=EX_DATAERR)
    amina.run("transfer", sent["id"], "--desk", "urgent", expect=EX_DATAERR)
    amina.run("transfer", sent["id"], expect=EX_USAGE)
    assert "amina" in badia.run("transfer", sent["id"], "--desk", "legal", expect=EX_NOPERM).err
    assert carla.alerts() == []
    fresh = org.defender("fresh").report(consent=AGREED)
    amina.run("transfer", fresh["id"], "--desk", "legal", expect=EX_DATAERR)


def test_an_offer_survives_a_restart_and_wakes_the_other_desk(desks):
    org, amina, carla = desks
    sent, _ = active(org, amina)
    watcher = carla.start("watch")
    try:
        wait_until(lambda: watcher.errors, 30, "the watch")
        amina.run("transfer", sent["id"], "--desk", "legal")
        assert watcher.wait_for(lambda alert: alert["report"] == sent["id"], 30)["state"] == "handover"
        org.kill_daemon()
        org.start_daemon()
        assert [alert["report"] for alert in carla.alerts()] == [sent["id"]]
        carla.run("accept", sent["id"])
    finally:
        watcher.stop()


def test_what_is_offered_is_wrapped_for_both_desks(desks):
    """A new officer at either desk, or a rewrap after her, takes nothing from the desk that is to decide."""
    org, amina, carla = desks
    sent, _ = active(org, amina)
    report = sent["id"]
    amina.run("transfer", report, "--desk", "legal")
    dora = org.officer("dora", desk="legal")
    badia = org.officer("badia")
    listed, _ = amina.call("GET", "desks/urgent/headers")
    assert [entry["offered"] for entry in json.loads(listed.body)["headers"] if entry["report"] == report] == ["legal"]
    amina.run("rewrap")
    for officer in (amina, badia, carla, dora):
        opened = officer.run("open", report, "--out", org.folder / f"offered-{officer.name}")
        assert opened.json["narrative"] == STORY, officer.name
    assert dora.run("accept", report).json == {"state": "active", "owner": "dora"}
    badia.run("open", report, "--out", org.folder / "too-late", expect=EX_NOPERM)


def test_the_server_holds_who_may_take_it(desks):
    """Whatever tool an officer has: neither the desk that gives it accepts for the other, nor a third one."""
    org, amina, carla = desks
    org.add_desk("press")
    eva = org.officer("eva", desk="press")
    sent, _ = active(org, amina)
    amina.run("transfer", sent["id"], "--desk", "legal")
    eva.run("accept", sent["id"], expect=EX_NOPERM)
    answer, _ = eva.call("GET", f"reports/{sent['id']}/events")
    assert answer.status == 403
    answer, _ = carla.call("GET", f"reports/{sent['id']}/events")
    events = json.loads(answer.body)["events"]
    assert events[-1]["type"] == "transfer" and events[-1]["desk"] == "legal"
    assert cases.lines_of(events[-1], org, sent["id"]).endswith("legal\n")


def test_nobody_accepts_and_it_comes_back(tmp_path, clock_build):
    """At half the time that the other desk has to acknowledge one of this urgency, across a restart."""
    org = Organisation(tmp_path, build=clock_build)
    try:
        org, amina, carla = two_desks(org, "--ack-minutes", "10,40,60,60")
        sent, _ = active(org, amina)
        amina.run("transfer", sent["id"], "--desk", "legal")
        (offered,) = carla.alerts()
        org.shift_clock(seconds=19 * 60)
        assert len(carla.alerts()) == 1
        org.kill_daemon()
        org.shift_clock(seconds=20 * 60 + 1)
        org.start_daemon()
        wait_until(lambda: carla.alerts() == [], 30, "the end of the offer")
        (alert,) = amina.alerts()
        assert alert["state"] == "handover" and alert["seq"] > offered["seq"], "its desk meets it as a new one"
        carla.run("accept", sent["id"], expect=EX_NOPERM)
        assert amina.run("activate", sent["id"], "Ask them.", "--due", "+1h").json == {"state": "active", "owner": "amina"}
    finally:
        org.stop_daemon()
