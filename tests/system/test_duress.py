"""Dummy reports, and a second passphrase whose dummies are a silent alarm: nobody but an officer can tell the three from one another."""

import json
import re

import pytest

from helpers.middleman import Middleman, move_daemon_behind
from helpers.organisation import Defender, Organisation
from helpers.programs import EX_CONFIG, EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_UNAVAILABLE, EX_USAGE

PLAIN, HARMLESS = "seven quiet horses", "a harmless home"


class Her(Defender):
    """A defender with a passphrase, and maybe a second one."""

    def __init__(self, org, name):
        super().__init__(org, name)
        self.files = {}
        for passphrase in (PLAIN, HARMLESS):
            self.files[passphrase] = org.folder / f"{name}-{passphrase.split()[0]}.txt"
            self.files[passphrase].write_text(passphrase + "\n")
        self.run("join", "-", stdin=org.invitation("--desk", org.desk))

    def run(self, verb, *arguments, passphrase=PLAIN, **how):
        return super().run(verb, *arguments, "--passphrase-file", self.files[passphrase], **how)

    def set_duress(self, *arguments, **how):
        return self.run("duress set", "--duress-passphrase-file", self.files[HARMLESS], *arguments, **how)


def opened(amina, tmp_path, report):
    folder = tmp_path / f"out-{report[:20]}"
    if not folder.exists():
        amina.run("open", report, "--out", folder)
    return json.loads((folder / "report.json").read_text())


def kinds(amina, tmp_path, known=()):
    """What came, in order: `cover`, `duress` or None."""
    came = [alert["report"] for alert in every_alert(amina) if alert["report"] not in known]
    return [next((kind for kind in ("cover", "duress") if opened(amina, tmp_path, report).get(kind)), None) for report in came]


def every_alert(amina):
    """Read by hand: an officer's tool may leave dummies out."""
    answer, _ = amina.call("GET", f"desks/{amina.organisation.desk}/alerts?after=0&wait=0")
    return json.loads(answer.body)["alerts"]


def uploads(requests):
    return [(method, target, headers, body) for method, target, headers, body in requests if "/reports/" in target and method == "PUT"]


def shape(request):
    """What the server sees of an upload, but for what is random in it."""
    method, target, headers, body = request
    target = re.sub(r"/reports/[0-9a-f]{64}", "/reports/ID", re.sub(r"salt=[0-9a-f]{32}", "salt=SALT", target))
    target = re.sub(r"urgency=\w+", "urgency=WORD", target)
    fields = {name: re.sub(r'token="[\w-]+"', 'token="TOKEN"', value) for name, value in headers.items()}
    return method, target, fields, len(body)


def test_every_session_sends_exactly_one(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    assert nadia.run("cover status").json == {"scheduled": False}
    nadia.run("cover send", expect=EX_NOINPUT)
    assert nadia.run("cover set", "--every", 48).json["every"] == 48
    assert kinds(amina, tmp_path) == ["cover"]
    receipt = nadia.report()["receipt"]
    assert nadia.inbox(receipt) == []
    assert nadia.run("send").json == {"sent": 0, "queued": 0}
    assert len(every_alert(amina)) == 5
    status = nadia.run("cover status").json
    assert status["scheduled"] and status["desk"] == org.desk and status["ready"] == 2
    assert len(every_alert(amina)) == 6
    # What promises to send nothing sends nothing.
    nadia.run("report", "--file", org.write_report(summary="s", urgency="record"), "--out", tmp_path / "sealed")
    assert nadia.run("cover send").json == {"sent": 0}  # due in hours
    assert len(every_alert(amina)) == 6
    assert nadia.run("cover send", "--now").json == {"sent": 1}
    second = org.folder / "second.txt"
    second.write_text("second\n")
    assert "no passphrase" in nadia.run("duress set", "--duress-passphrase-file", second, expect=EX_CONFIG).err
    assert nadia.run("cover off").json == {"scheduled": False}
    nadia.run("send")
    assert len(every_alert(amina)) == 8
    seen = {alert["urgency"] for alert in every_alert(amina)}
    assert not seen & {"immediate", "withheld"}
    nadia.run("cover set", "--every", 0, expect=EX_USAGE)


def test_a_delayed_report_connects_to_nobody_now(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    nadia.run("cover set", "--every", 48)
    before = len(every_alert(amina))
    nadia.report("--delay", "6h")
    assert len(every_alert(amina)) == before == 1


def test_offline_it_waits_for_the_next_session(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    nadia.run("cover set")
    org.stop_daemon()
    nadia.run("send")
    nadia.run("cover send", "--now", expect=EX_UNAVAILABLE)
    org.start_daemon()
    assert nadia.run("cover status").json["ready"] == 2
    assert len(every_alert(amina)) == 2


def test_only_the_program_itself_makes_them(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    for kind in ("cover", "duress"):
        assert kind in nadia.report(expect=EX_DATAERR, **{kind: True}).err


@pytest.mark.long
def test_a_dummy_looks_like_a_report(tmp_path):
    """Through a server that looks on: requests, fields and lengths; at a desk that asks for tokens."""
    org = Organisation(tmp_path, admission="token")
    org.officer("amina")
    nadia = Her(org, "nadia")
    nadia.run("cover set")
    nadia.set_duress()
    move_daemon_behind(org)
    with Middleman(org, lambda *_: None) as server:
        nadia.run("report", "--file", org.write_report(summary="Two men.", urgency="record"))
        nadia.run("send", passphrase=HARMLESS)
    real, cover, signal = uploads(server.requests)
    # The fallback desk has no officers here, so that urgency changes nothing in the header.
    assert shape(real) == shape(cover) == shape(signal)
    assert len({body for *_, body in (real, cover, signal)}) == 3
    org.stop_daemon()


@pytest.mark.long
def test_dummies_keep_tokens_for_reports(tmp_path):
    org = Organisation(tmp_path, admission="token")
    org.officer("amina")
    nadia = org.defender("nadia")
    nadia.run("cover set")
    for _ in range(26):
        nadia.run("cover send", "--now")
    nadia.run("cover send", "--now")
    nadia.run("cover send", "--now", expect=EX_NOPERM)
    assert nadia.run("report", "--file", org.write_report(summary="s", urgency="record")).json["state"] == "accepted"
    org.stop_daemon()


@pytest.mark.long
def test_the_whole_way(org, tmp_path):
    amina, nadia = org.officer("amina"), Her(org, "nadia")
    assert "no silent signal" in nadia.set_duress(expect=EX_CONFIG).err
    nadia.run("cover set")
    nadia.run("duress set", "--duress-passphrase-file", nadia.files[PLAIN], expect=EX_DATAERR)
    message = org.write_report(summary="If you read this they have my device. I am Nadia of the river network.", urgency="record")
    set_now = nadia.set_duress("--file", message).json
    assert set_now["set"] and len(set_now["receipt"]) == 35
    assert "duress off" in nadia.run("cover off", expect=EX_CONFIG).err
    before = [alert["report"] for alert in every_alert(amina)]
    assert "duress" not in kinds(amina, tmp_path)

    # The harmless home is usable, and knows nothing of the other.
    seen = nadia.run("inbox", "--receipt-file", "-", stdin=set_now["receipt"] + "\n", passphrase=HARMLESS)
    assert seen.json["messages"] == []
    came = [alert for alert in every_alert(amina) if alert["report"] not in before]
    assert len(came) == 1 and came[0]["urgency"] == "urgent"
    report = opened(amina, tmp_path, came[0]["report"])
    assert report["duress"] is True and "cover" not in report and "river network" in report["summary"]
    written = nadia.run("report", "--file", message, passphrase=HARMLESS).json
    assert written["state"] == "accepted" and "duress" not in opened(amina, tmp_path, written["id"])
    for _ in range(2):
        nadia.run("send", passphrase=HARMLESS)
    assert kinds(amina, tmp_path, before).count("duress") == 2

    # Back home: the answer is hers alone, and the alarm is ready again.
    amina.run("ack", came[0]["report"])
    assert nadia.inbox(set_now["receipt"]) != []
    before = [alert["report"] for alert in every_alert(amina)]
    nadia.run("send", passphrase=HARMLESS)
    assert kinds(amina, tmp_path, before) == ["duress"]

    # What the everyday home has sealed for the other one follows the roster.
    zeina = org.officer("zeina")
    nadia.run("send")
    nadia.run("report", "--file", message)
    nadia.run("send", passphrase=HARMLESS)
    signal = every_alert(zeina)[-1]["report"]
    assert opened(zeina, tmp_path / "zeina", signal)["duress"] is True
    nadia.run("duress off")
    nadia.run("send", passphrase=HARMLESS, expect=EX_NOPERM)
    nadia.run("cover off")
    assert Defender(org, "nadia").run("wipe").json["wiped"] and not nadia.home.exists()


def listing(home):
    return sorted((len(path.name), path.stat().st_size, path.stat().st_mode) for path in home.iterdir())


@pytest.mark.long
def test_no_disk_tells_which_home_has_one(org, tmp_path):
    """One with a second passphrase and one without, through the same sessions: files, sizes, times, entropy; and what changes between two
    copies. Nor does the program: a second passphrase can be made in the harmless home too."""
    org.officer("amina")
    homes = [Her(org, "nadia"), Her(org, "leila")]
    for her in homes:
        her.run("cover set")
    homes[0].set_duress()
    # The same again with the same home: opened with the second passphrase, it is one without.
    sessions = [(homes[0], PLAIN), (homes[1], PLAIN), (homes[0], HARMLESS)]
    changes = []
    for her, passphrase in sessions:
        (path,) = her.home.iterdir()
        before = path.read_bytes()
        her.run("send", passphrase=passphrase)
        (path,) = her.home.iterdir()
        after = path.read_bytes()
        assert len(before) == len(after) == 2 * 1024 * 1024
        assert before[:16] == after[:16]
        same = sum(before[at:at + 16] == after[at:at + 16] for at in range(32, len(before), 16))
        changes.append(same)
        for copy in (before, after):
            ones = sum(byte.bit_count() for byte in copy)
            assert abs(ones - len(copy) * 4) < 6 * (len(copy) * 2) ** 0.5  # six standard deviations
        assert her.home.stat().st_mtime_ns >= path.stat().st_mtime_ns - 10**9
    assert changes == [0, 0, 0]
    assert listing(homes[0].home) == listing(homes[1].home)
    third = tmp_path / "third.txt"
    third.write_text("a third one\n")
    assert homes[0].run("duress set", "--duress-passphrase-file", third, passphrase=HARMLESS).json["set"] is True
    homes[0].run("send", passphrase=PLAIN, expect=EX_NOPERM)
