"""What an officer's tool makes of reports that look like all others: dummies go unseen, a silent alarm is loud."""

import json
import time

import pytest

from helpers.middleman import Middleman, move_daemon_behind, receipt_key, signed_answer
from helpers.organisation import Defender, Organisation
from helpers.programs import wait_until

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

PLAIN, HARMLESS = "seven quiet horses", "a harmless home"


@pytest.fixture
def clocked(tmp_path, clock_build):
    organisation = Organisation(tmp_path, build=clock_build)
    yield organisation
    organisation.stop_daemon()


def every_alert(officer, days=0):
    """Read by hand: the officer's tool leaves some out."""
    answer, _ = officer.call("GET", f"desks/{officer.organisation.desk}/alerts?after=0&wait=0", created=int(time.time() + days * 86400))
    return json.loads(answer.body)["alerts"]


def events_of(officer, report, days=0):
    answer, _ = officer.call("GET", f"reports/{report}/events", created=int(time.time() + days * 86400))
    return [event["type"] for event in json.loads(answer.body)["events"]]


def under_duress(org):
    """A home with a second passphrase; gives the two files."""
    files = []
    for name, passphrase in (("plain.txt", PLAIN), ("harmless.txt", HARMLESS)):
        files.append(org.folder / name)
        files[-1].write_text(passphrase + "\n")
    leila = Defender(org, "leila")
    leila.run("join", "-", "--passphrase-file", files[0], stdin=org.invitation("--desk", org.desk))
    leila.run("cover set", "--passphrase-file", files[0])
    leila.run("duress set", "--passphrase-file", files[0], "--duress-passphrase-file", files[1])
    return leila, files


def test_dummies_go_unseen_and_distress_is_loud(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    exec_log = tmp_path / "woken"
    nadia.run("cover set")
    dummy = every_alert(amina)[0]["report"]
    real = nadia.report()["id"]
    assert len(amina.alerts()) == 3  # a list alone looks into nothing
    opened = amina.run("open", dummy, "--out", tmp_path / "dummy", json_wanted=False).out
    assert "A dummy" in opened and dummy not in [alert["report"] for alert in amina.alerts()]
    watch = amina.start("watch", "--exec", f'echo "$CLARION_SEQ $CLARION_URGENCY" >> {exec_log}')
    watch.wait_for(lambda line: line["report"] == real)
    leila, files = under_duress(org)
    leila.run("send", "--passphrase-file", files[1])
    alarm = watch.wait_for(lambda line: line.get("duress"))
    assert alarm["urgency"] == "urgent"  # to the server
    assert [line["report"] for line in watch.documents()] == [real, alarm["report"]]
    wait_until(lambda: exec_log.exists() and f"{alarm['seq']} immediate" in exec_log.read_text(), what="the alarm's command")
    assert len(exec_log.read_text().splitlines()) == 2
    watch.stop()
    pulled = amina.alerts()
    assert [alert.get("duress") for alert in pulled] == [None, True]
    shown = amina.run("pull", json_wanted=False).out
    assert "DURESS" in shown
    opened = amina.run("open", alarm["report"], "--out", tmp_path / "opened", json_wanted=False).out
    assert "DURESS" in opened
    # What a search of her disk finds says nothing of it.
    (kept,) = [path for path in amina.home.iterdir() if path.name == "looked"]
    assert b"duress" not in kept.read_bytes() and alarm["report"].encode() not in kept.read_bytes()
    # Statistics count what happened to somebody.
    before = amina.run("stats").json
    for _ in range(12):
        nadia.run("cover send", "--now")
    assert amina.run("stats").json == before


def test_the_tool_on_duty_answers_for_dummies(clocked):
    amina, nadia = clocked.officer("amina"), clocked.defender("nadia")
    nadia.run("cover set")
    real = nadia.report()["id"]
    watch = amina.start("watch", "--duty")
    watch.wait_for(lambda line: line["report"] == real)
    dummies = {alert["report"]: alert for alert in every_alert(amina) if alert["report"] != real}
    assert len(dummies) == 2
    assert all(events_of(amina, report) == [] for report in dummies)
    # The latest time by which the desk's targets are kept.
    clocked.shift_clock(days=2)
    wait_until(lambda: all("triage" in events_of(amina, report, 2) for report in dummies), 60, "the tool's events")
    clocked.shift_clock(days=14)
    wait_until(lambda: not {alert["report"] for alert in every_alert(amina, 14)} & dummies.keys(), 60, "the dummies' end")
    for report in dummies:
        events = events_of(amina, report, 14)
        assert [event for event in events if event not in ("contact", "activate")] == ["ack", "triage", "close"]
        assert ("contact" in events) == (dummies[report]["urgency"] != "record")
    assert events_of(amina, real, 14) == []
    watch.stop()


def test_a_server_that_shows_a_dummy_in_a_reports_place_hides_nothing(org):
    """It has the key that answers are signed with, too."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    nadia.run("cover set")
    (dummy,) = [alert["report"] for alert in every_alert(amina)]
    nadia.run("cover off")
    real = nadia.report()["id"]
    bytes_of_dummy, _ = amina.call("GET", f"reports/{dummy}/header")
    key = receipt_key(org)
    move_daemon_behind(org)

    def touch(method, target, answer):
        if f"/reports/{real}/header" not in target:
            return None
        nonce = server.requests[-1][2]["signature-input"].split('nonce="')[1].split('"')[0]
        return signed_answer(key, nonce, 200, bytes_of_dummy.body, "application/octet-stream")

    with Middleman(org, touch) as server:
        watch = amina.start("watch")
        watch.wait_for(lambda line: line["report"] == real)
        assert dummy not in [line["report"] for line in watch.documents()]
        watch.stop()
        assert any(f"/reports/{real}/header" in target for _, target, *_ in server.requests)
