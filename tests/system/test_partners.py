"""Joined up: a desk of another organisation is a partner. Referral seals to it, delivers to its daemon, and its answer
comes back into the case."""

import hashlib
import json
import os

import pytest
from helpers.organisation import Organisation
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_PROTOCOL, EX_UNAVAILABLE, EX_USAGE

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

AGREED = {"refer": {"state": "Y", "place_max": "P1"}}
PLACE = [{"precision": "P4", "share_precision": "P3", "country": "GT", "adm1": "GT01", "locality": "the mill"}]
STORY = "They came at nine to the mill."


@pytest.fixture
def two(tmp_path):
    """(our organisation, amina, the partner, its carla): each with a daemon of its own."""
    made = []
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        made.append(Organisation(tmp_path / name))
    ours, theirs = made
    amina = ours.officer("amina")
    theirs.add_desk("legal")
    carla = theirs.officer("carla", desk="legal")
    ours.run("partner add", "-", "--name", "friends", "--title", "Friends of the coast",
             stdin=theirs.run("invite", "--officer").json["invitations"][0] + "\n")
    ours.publish()
    yield ours, amina, theirs, carla
    for organisation in made:
        organisation.stop_daemon()


def reported(ours, amina, **fields):
    nadia = ours.defender(f"nadia{len(list(ours.folder.iterdir()))}")
    sent = nadia.report(narrative=STORY, place=PLACE, **{"consent": AGREED, **fields})
    amina.run("ack", sent["id"])
    return sent, nadia


def test_a_referral_to_a_partner_and_its_answer(two):
    ours, amina, theirs, carla = two
    assert "friends" in ours.run("roster show", json_wanted=False).out
    sent, nadia = reported(ours, amina, refuse=["PUB"])
    assert amina.run("answers", sent["id"]).json == {"answers": [], "failed": []}
    done = amina.run("refer", sent["id"], "--partner", "friends", "--desk", "legal", "-", stdin="She needs a lawyer.\n").json
    (alert,) = carla.alerts()
    assert (alert["report"], alert["desk"], alert["urgency"]) == (done["report"], "legal", "urgent")
    view = carla.run("open", done["report"], "--out", theirs.folder / "view").json
    note = view["narrative"]
    assert "She needs a lawyer." in note and sent["id"] in note and "Test Network" in note and "PUB" in note
    assert len(note.splitlines()) <= 20, "a hand-over note fits on a screen"
    assert view["place"] == [{"precision": "P1", "share_precision": "P1", "country": "GT"}]
    assert STORY not in json.dumps(view) and "the mill" not in json.dumps(view)
    # What the partner says comes back, proven by its own roster, and is kept once.
    carla.run("ack", done["report"])
    carla.run("reply", done["report"], "We take the case.")
    for _ in range(2):
        answers = amina.run("answers", sent["id"]).json["answers"]
        assert [(answer["from"], answer["partner"], answer["state"], answer["text"]) for answer in answers] == [
            ("carla", "friends", "ack", ""), ("carla", "friends", "ack", "We take the case.")]
    events = amina.run("case", sent["id"]).json["events"]
    assert [event["type"] for event in events] == ["ack", "refer", "note", "note"]
    assert events[1]["content"]["partner"] == "friends" and events[1]["content"]["acceptance"]["signature"]
    assert events[3]["content"]["text"] == "We take the case." and events[3]["content"]["from"] == "carla"
    assert any("friends" in message["text"] for message in nadia.inbox(sent["receipt"]))
    # A desk of ours is asked for its answers in the same way.
    ours.add_desk("press")
    dora = ours.officer("dora", desk="press")
    second = amina.run("refer", sent["id"], "--desk", "press").json["report"]
    dora.run("ack", second)
    assert ("dora", "ack") in [(answer["from"], answer["state"]) for answer in amina.run("answers", sent["id"]).json["answers"]]
    # One that can't be asked keeps nobody's answers back, and is named.
    theirs.stop_daemon()
    some = amina.run("answers", sent["id"], expect=EX_UNAVAILABLE)
    assert [answer["from"] for answer in json.loads(some.out)["answers"]] == ["dora"]
    assert json.loads(some.out)["failed"] == [{"report": done["report"], "desk": "legal", "partner": "friends"}] and "friends" in some.err
    theirs.start_daemon()


def test_nothing_goes_to_a_partner_without_her_word(two):
    ours, amina, theirs, carla = two
    refused = [
        {"consent": {"refer": {"state": "N"}}},
        {"consent": {"refer": {"state": "Y", "recipients": ["somebody-else"]}}},
        {"exclude": ["friends"]},
        {"perpetrators": [{"ref": "A1", "type": "IO.NGO", "certainty": "KNOWN"}]},
    ]
    for fields in refused:
        sent, _ = reported_whatever(ours, amina, **fields)
        amina.run("refer", sent["id"], "--partner", "friends", "--desk", "legal", expect=EX_NOPERM)
    sent, _ = reported(ours, amina)
    amina.run("refer", sent["id"], "--partner", "strangers", "--desk", "legal", expect=EX_DATAERR)
    amina.run("refer", sent["id"], "--partner", "friends", "--desk", "nowhere", expect=EX_DATAERR)
    amina.run("refer", sent["id"], "--partner", "friends", expect=EX_USAGE)
    assert carla.alerts() == [] and [event["type"] for event in amina.run("case", sent["id"]).json["events"]] == ["ack"]
    theirs.stop_daemon()
    amina.run("refer", sent["id"], "--partner", "friends", "--desk", "legal", expect=EX_UNAVAILABLE)
    theirs.start_daemon()
    ours.run("partner remove", "friends")
    ours.publish()
    amina.run("refer", sent["id"], "--partner", "friends", "--desk", "legal", expect=EX_DATAERR)


def reported_whatever(ours, amina, **fields):
    if "exclude" in fields:
        return excluded(ours, amina, fields["exclude"])
    return reported(ours, amina, **fields)


def excluded(ours, amina, names):
    """A sealed report whose `exclude` names a partner: stock age seals what our client would not."""
    report, sealed = ours.seal(consent=AGREED, exclude=names, urgency="urgent")
    assert ours.put(report, sealed).status == 201
    amina.run("ack", report)
    return {"id": report}, None


def test_another_organisation_in_its_place_is_an_alarm(two, tmp_path):
    """The address answers with somebody else's roster: the fingerprint in ours is what counts."""
    ours, amina, theirs, _ = two
    sent, _ = reported(ours, amina)
    (tmp_path / "liar").mkdir()
    liar = Organisation(tmp_path / "liar")
    liar.officer("eva")
    invitation = liar.run("invite", "--officer").json["invitations"][0]
    own = theirs.run("invite", "--officer").json["invitations"][0]
    forged = invitation.split("#")[0] + "#" + own.split("#")[1]
    ours.run("partner add", "-", "--name", "friends", "--title", "Friends", stdin=forged + "\n")
    ours.publish()
    # Met before at its right address: the home goes on from there, whatever the line says now.
    amina.run("refer", sent["id"], "--partner", "friends", "--desk", "urgent", expect=EX_PROTOCOL)
    assert [event["type"] for event in amina.run("case", sent["id"]).json["events"]] == ["ack"]
    liar.stop_daemon()


def block(number, content, **fields):
    return {"ev_id": str(number), "kind": "DOC", "media_type": "application/octet-stream", "size": len(content),
            "sha256_original": hashlib.sha256(content).hexdigest(), **fields}


def test_attachments_that_she_shares_go_along(org):
    """The copy without metadata; an original only where it has none; nothing that she didn't release."""
    amina = org.officer("amina")
    org.add_desk("legal")
    carla = org.officer("carla", desk="legal")
    text, photo, copy = b"A threat.\n", b"photo with a place in it", b"photo without"
    evidence = [
        block(1, text, file="attachments/001.txt", media_type="text/plain", share=["REFER"], name="her-diary.txt"),
        block(2, text, file="attachments/002.txt", media_type="text/plain"),
        block(3, photo, file="attachments/003.jpg", meta="KEPT", share=["REFER"]),
        block(4, photo, file="attachments/004.jpg", working_file="attachments/004-working.jpg", meta="KEPT", share=["REFER", "STATS"],
              sha256_working=hashlib.sha256(copy).hexdigest()),
    ]
    files = {"attachments/001.txt": text, "attachments/002.txt": text, "attachments/003.jpg": photo, "attachments/004.jpg": photo,
             "attachments/004-working.jpg": copy}
    report, sealed = org.seal(attachments=files, evidence=evidence, consent=AGREED)
    assert org.put(report, sealed).status == 201
    amina.run("ack", report)
    done = amina.run("refer", report, "--desk", "legal")
    assert done.json["attachments"] == 2 and "1 did not" in done.err
    out = org.folder / "view"
    view = carla.run("open", done.json["report"], "--out", out).json
    assert {path.name: path.read_bytes() for path in (out / "attachments").iterdir()} == {"001.txt": text, "004-working.jpg": copy}
    assert [(each["file"], each["sha256_original"], each["size"]) for each in view["evidence"]] == [
        ("attachments/001.txt", hashlib.sha256(text).hexdigest(), len(text)),
        ("attachments/004-working.jpg", hashlib.sha256(copy).hexdigest(), len(copy))]
    assert "name" not in view["evidence"][0] and view["evidence"][1]["meta"] == "STRIPPED"


def test_a_large_attachment_goes_along_and_a_changed_one_is_an_alarm(org):
    amina = org.officer("amina")
    org.add_desk("legal")
    carla = org.officer("carla", desk="legal")
    content = os.urandom(3 * 1024 * 1024)
    (org.folder / "big.bin").write_bytes(content)
    shared = block(1, content, file="attachments/001.bin", meta="STRIPPED", share=["REFER"])
    sent = org.defender("nadia").report("--attach", org.folder / "big.bin", consent=AGREED, evidence=[shared])
    amina.run("ack", sent["id"])
    done = amina.run("refer", sent["id"], "--desk", "legal").json
    out = org.folder / "view"
    carla.run("open", done["report"], "--out", out)
    assert (out / "attachments/001.bin").read_bytes() == content
    lying = block(1, b"what she hashed", file="attachments/001.bin", meta="STRIPPED", share=["REFER"])
    report, sealed = org.seal(attachments={"attachments/001.bin": b"what is there now"}, evidence=[lying], consent=AGREED)
    org.put(report, sealed)
    amina.run("ack", report)
    assert "ALARM" in amina.run("refer", report, "--desk", "legal", expect=EX_PROTOCOL).err
