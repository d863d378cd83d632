"""The whole path: a sealed report with a photo reaches an officer, and her answer reaches the defender."""

import hashlib
import json
import os

from helpers import signing
from helpers.organisation import Defender, Organisation
from helpers.programs import EX_NOPERM, wait_until

PHOTO = bytes.fromhex("ffd8ffe0") + os.urandom(200_000) + bytes.fromhex("ffd9")


def test_a_report_reaches_an_officer_and_her_answer_reaches_the_defender(org, tmp_path):
    amina = org.officer("amina")
    invitation = org.invitation("--desk", org.desk)
    nadia = Defender(org, "nadia").join(invitation)
    watch = amina.start("watch")
    photo = tmp_path / "gate photo.jpg"
    photo.write_bytes(PHOTO)

    sent = nadia.report("--attach", photo, narrative="They came at nine.\nOne photographed everybody.")
    assert sent["state"] == "accepted" and len(sent["id"]) == 64
    assert len(sent["receipt"].split(" ")) == 6 and int(sent["receipt"].replace(" ", "")) % 97 == 1

    alert = watch.wait_for(lambda line: line.get("report") == sent["id"])
    assert (alert["desk"], alert["urgency"], alert["state"]) == (org.desk, "urgent", "new")
    assert alert["due"] is not None and alert["accepted"] < alert["due"]
    assert watch.stop() == 0

    out = tmp_path / "opened"
    report = amina.run("open", sent["id"], "--out", out).json
    assert report["summary"] == "Two men waited at the office gate."
    assert report["narrative"] == "They came at nine.\nOne photographed everybody."
    assert report["envelope"]["desk"] == org.desk and report["envelope"]["urgency"] == "urgent"
    assert json.loads((out / "report.json").read_text()) == report
    assert [path.name for path in (out / "attachments").iterdir()] == ["001.jpg"]
    assert (out / "attachments" / "001.jpg").read_bytes() == PHOTO

    # Stored, but nobody has confirmed yet: the inbox may not pretend otherwise.
    assert [m for m in nadia.inbox(sent["receipt"]) if m["from"] is not None] == []

    assert amina.run("ack", sent["id"]).json["state"] == "ack"
    amina.run("reply", sent["id"], "-", stdin="We are with you.\nStay inside until ten.\n")
    alerts = amina.alerts()
    assert [(a["report"], a["state"], a["due"]) for a in alerts] == [(sent["id"], "ack", None)]

    # Any other device, with nothing but the number and an invitation that was used before.
    borrowed = Defender(org, "borrowed").join(invitation)
    messages = borrowed.inbox(sent["receipt"])
    assert all(message["from"] == "amina" for message in messages)
    texts = [message["text"] for message in messages]
    assert any("We are with you.\nStay inside until ten." in text for text in texts)
    assert len(messages) == 2, "the acknowledgement and the answer"


def test_sending_the_same_report_twice_is_one_report(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    first, second = org.put(report, sealed), org.put(report, sealed)
    assert (first.status, second.status) == (201, 200)
    assert json.loads(first.body) == json.loads(second.body)
    assert [alert["report"] for alert in amina.alerts()] == [report]


def test_an_acceptance_is_signed_by_the_key_of_the_roster(org):
    org.officer("amina")
    report, sealed = org.seal()
    acceptance = json.loads(org.put(report, sealed).body)
    roster = org.roster()
    assert roster.fingerprint == org.fingerprint
    assert signing.acceptance_verifies(roster, org.desk, "urgent", acceptance)
    assert not signing.acceptance_verifies(roster, org.desk, "record", acceptance)
    assert acceptance["accepted"].endswith(":00:00Z"), "cut to the hour"


def test_reports_are_there_after_a_restart(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sent = nadia.report()
    amina.run("ack", sent["id"])
    assert org.stop_daemon() == 0
    org.start_daemon()
    assert [(a["report"], a["state"]) for a in amina.alerts()] == [(sent["id"], "ack")]
    assert amina.run("open", sent["id"], "--out", org.folder / "out").json["summary"]
    assert len(nadia.inbox(sent["receipt"])) == 1


def test_every_officer_of_the_desk_opens_a_report_and_others_do_not(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    org.add_desk("legal")
    carla = org.officer("carla", desk="legal")
    sent = org.defender("nadia").report()
    for officer in (amina, badia):
        assert officer.run("open", sent["id"], "--out", org.folder / f"out-{officer.name}").json["summary"]
    assert carla.alerts() == []
    carla.run("open", sent["id"], "--out", org.folder / "out-carla", expect=EX_NOPERM)
    assert not (org.folder / "out-carla").exists()


def test_an_officer_removed_from_the_roster_gets_nothing_more(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    nadia = org.defender("nadia")
    org.run("officer remove", "badia")
    org.publish()
    sent = nadia.report()
    badia.run("pull", expect=EX_NOPERM)
    badia.run("open", sent["id"], "--out", org.folder / "out", expect=EX_NOPERM)
    assert amina.run("open", sent["id"], "--out", org.folder / "out").json["summary"]


def test_a_large_attachment_goes_up_in_parts_and_comes_back_whole(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    film = tmp_path / "film.mp4"
    content = os.urandom(3 * 1024 * 1024 + 17)
    film.write_bytes(content)
    sent = nadia.report("--attach", film)
    out = tmp_path / "opened"
    amina.run("open", sent["id"], "--out", out)
    (only,) = (out / "attachments").iterdir()
    assert hashlib.sha256(only.read_bytes()).digest() == hashlib.sha256(content).digest()


def test_watch_runs_a_command_with_the_fixed_facts_only(org, tmp_path):
    amina = org.officer("amina")
    seen = tmp_path / "seen"
    watch = amina.start("watch", "--exec", f"env | grep ^CLARION_ | sort > {seen}.part; mv {seen}.part {seen}")
    report, sealed = org.seal()
    assert org.put(report, sealed).status == 201
    alert = watch.wait_for(lambda line: line.get("report") == report)
    wait_until(seen.exists, what="the command's file")
    assert seen.read_text().split() == [f"CLARION_DESK={org.desk}", f"CLARION_SEQ={alert['seq']}", "CLARION_URGENCY=urgent"]
    assert watch.stop() == 0


def test_watch_comes_back_by_itself_after_a_restart_of_the_daemon(org):
    amina = org.officer("amina")
    watch = amina.start("watch")
    first, sealed = org.seal()
    org.put(first, sealed)
    watch.wait_for(lambda line: line.get("report") == first)
    org.stop_daemon()
    org.start_daemon()
    second, sealed = org.seal(summary="Another one.")
    org.put(second, sealed)
    watch.wait_for(lambda line: line.get("report") == second, seconds=60)
    assert [line["report"] for line in watch.documents() if "report" in line] == [first, second], "each alert once"
    assert any("connection" in line for line in watch.errors)
    assert watch.stop() == 0


def test_watch_covers_all_desks_of_the_officer(org):
    org.add_desk("legal")
    amina = org.officer("amina", desk=f"{org.desk},legal")
    watch = amina.start("watch")
    for desk in (org.desk, "legal"):
        report, sealed = org.seal(summary=f"For {desk}.", recipients=org.roster().recipients(desk))
        assert org.put(report, sealed, desk=desk).status == 201
        assert watch.wait_for(lambda line: line.get("report") == report)["desk"] == desk
    assert {alert["desk"] for alert in amina.alerts()} == {org.desk, "legal"}
    last = max(alert["seq"] for alert in amina.alerts())
    assert [alert["seq"] for alert in amina.run("pull", "--after", last - 1).json["alerts"]] == [last]
    watch.stop()


def test_a_report_is_queued_without_a_network_and_sent_later(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    org.stop_daemon()
    result = nadia.report(expect=75)
    queued = result.json
    assert queued["state"] == "queued"
    org.start_daemon()
    sent = nadia.run("send").json
    assert (sent["sent"], sent["queued"]) == (1, 0)
    assert [alert["report"] for alert in amina.alerts()] == [queued["id"]]


def test_two_lines_make_an_organisation(tmp_path):
    org = Organisation(tmp_path)
    officer = org.officer("amina", desk="urgent")
    assert officer.alerts() == []
