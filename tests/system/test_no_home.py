"""No home at all: the invitation and the receipt number are typed, and nothing is there afterwards."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from helpers.organisation import SUMMARY, Defender, Organisation
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_UNAVAILABLE, EX_USAGE, program, run, start, wait_until

PLACES = [Path("/dev/shm"), Path("/tmp")]


class Homeless(Defender):
    """Her $HOME is an empty folder, and shall stay so."""

    def __init__(self, organisation, name):
        super().__init__(organisation, name)
        self.home.mkdir()
        self.environment = {**organisation.environment, "HOME": str(self.home)}

    def words(self, verb, *arguments):
        return [program("clarion"), verb, *map(str, arguments), "--memory", "-", "--json"]

    def run(self, verb, *arguments, expect=0, stdin=""):
        before = self.left_overs()
        result = run(self.words(verb, *arguments), expect=expect, stdin=self.organisation.invitation("--desk", self.organisation.desk) + stdin,
                     environment=self.environment)
        left = self.left_overs() - before
        # Other tests run beside this one, and theirs are gone a moment later.
        wait_until(lambda: not any(path.exists() for path in left), what="the end of every temporary folder")
        assert list(self.home.iterdir()) == []
        return result

    @staticmethod
    def left_overs():
        """Folders as it makes them: six letters and digits."""
        return {path for place in PLACES if place.is_dir() for path in place.iterdir() if len(path.name) == 6 and path.is_dir()}


def is_open(process, path):
    try:
        return any(os.path.realpath(entry) == str(path) for entry in Path(f"/proc/{process.pid}/fd").iterdir())
    except OSError:
        return False


@pytest.fixture
def nadia(org):
    org.officer("amina")
    return Homeless(org, "nadia")


def test_reports_answers_and_follow_ups(nadia, tmp_path):
    org, amina = nadia.organisation, nadia.organisation.officers["amina"]
    (tmp_path / "film.mp4").write_bytes(os.urandom(2 * 1024 * 1024))
    report = org.write_report(summary=SUMMARY, urgency="urgent")
    sent = nadia.run("report", "--file", report, "--attach", tmp_path / "film.mp4").json
    assert sent["state"] == "accepted"
    amina.run("open", sent["id"], "--out", tmp_path / "out")
    amina.run("reply", sent["id"], "We are with you.")
    answers = nadia.run("inbox", "--receipt-file", "-", stdin=sent["receipt"] + "\n").json
    assert [(message["from"], message["text"]) for message in answers["messages"]] == [("amina", "We are with you.")]
    further = nadia.run("follow-up", "--receipt-file", "-", "--file", report, stdin=sent["receipt"] + "\n").json
    assert amina.run("open", further["id"], "--out", tmp_path / "further").json["by_the_same_hand"] is True


def test_what_another_sealed(nadia, tmp_path):
    org = nadia.organisation
    sealed = org.defender("maria").run("report", "--file", org.write_report(summary="x", urgency="urgent"), "--out", tmp_path / "out").json
    assert nadia.run("carry", tmp_path / "out").json["id"] == sealed["id"]


def test_what_is_not_sent_is_not_called_queued(nadia):
    org = nadia.organisation
    invitation = org.invitation("--desk", org.desk)
    report = org.write_report(summary=SUMMARY, urgency="urgent")
    # The roster comes, then the server goes: the command waits for its report on standard input meanwhile.
    running = start([*nadia.words("report", "--file", "-")], subprocess.PIPE, subprocess.PIPE, nadia.environment, stdin=subprocess.PIPE)
    running.stdin.write(invitation.encode())
    running.stdin.flush()
    time.sleep(2)
    org.stop_daemon()
    out, err = running.communicate(report.read_bytes(), timeout=60)
    assert running.returncode == EX_UNAVAILABLE and out == b""
    assert b"NOT sent, and nothing of it is kept" in err and b"queued" not in err


def test_killed_it_leaves_nothing_that_opens(nadia, tmp_path):
    org = nadia.organisation
    before = nadia.left_overs()
    (tmp_path / "film.mp4").write_bytes(b"A film of the square. " * 2_000_000)
    running = start(nadia.words("report", "--file", org.write_report(summary=SUMMARY, urgency="urgent"), "--attach", tmp_path / "film.mp4"),
                    subprocess.DEVNULL, subprocess.DEVNULL, nadia.environment, stdin=subprocess.PIPE)
    running.stdin.write(org.invitation("--desk", org.desk).encode())
    running.stdin.close()
    # Its own is the one that it holds open.
    while not (left := {path for path in nadia.left_overs() - before if is_open(running, path) and list(path.iterdir())}):
        assert running.poll() is None
        time.sleep(0.005)
    running.kill()
    running.wait()
    for folder in left:
        for path in folder.iterdir():
            content = path.read_bytes()
            for plain in (SUMMARY.encode(), b"film of the square", org.desk.encode() + b"\n", b"clarion-roster", b"amina"):
                assert plain not in content, path
            path.unlink()
        folder.rmdir()


def test_a_desk_that_asks_for_tokens(tmp_path):
    (tmp_path / "org").mkdir()
    org = Organisation(tmp_path / "org", admission="token")
    org.officer("amina")
    nadia = Homeless(org, "nadia")
    sent = nadia.run("report", "--file", org.write_report(summary="x", urgency="urgent")).json
    assert sent["state"] == "accepted"
    used = org.invitation("--desk", org.desk)
    Defender(org, "other").run("join", "-", "--no-passphrase", stdin=used)
    refused = run(nadia.words("report", "--file", org.write_report(summary="x", urgency="urgent")), expect=EX_NOPERM, stdin=used,
                  environment=nadia.environment)
    assert "NOT sent" in refused.err
    assert run(nadia.words("inbox", "--receipt-file", "-"), stdin=used + sent["receipt"] + "\n", environment=nadia.environment).json["messages"] == []
    org.stop_daemon()


def test_what_contradicts_itself(nadia, tmp_path):
    nadia.run("report", "--home", tmp_path / "home", expect=EX_USAGE)
    assert not (tmp_path / "home").exists()
    nadia.run("inbox", "--proxy", "socks5h://127.0.0.1", "--receipt-file", "-", expect=EX_USAGE)
    run([program("clarion"), "inbox", "--memory", "nonsense"], expect=EX_DATAERR, environment=nadia.environment)
    run([program("clarion"), "report", "--proxy", "socks5h://127.0.0.1:1"], expect=EX_USAGE, environment=nadia.environment)
    nadia.run("inbox", "--proxy", "socks5h://127.0.0.1:1", "--receipt-file", "-", stdin="x", expect=EX_UNAVAILABLE)
