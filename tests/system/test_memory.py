"""Streaming: memory does not grow with the attachment, in no program; and nothing readable is left behind on a disk."""

import secrets
import subprocess
import sys

import pytest

from helpers.programs import clean_environment, is_sanitized

SMALL, LARGE = 1024 * 1024, 40 * 1024 * 1024
ROOM_KIB = 6 * 1024
CACHE_KIB = 18 * 1024  # the store's SQLite cache fills up once, and no further

pytestmark = pytest.mark.skipif(is_sanitized(), reason="a sanitizer's shadow memory isn't the program's")


# A process inherits its parent's peak when it is started, so a small parent is put in between.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def peak_kib(command):
    """Runs a command; the largest resident set it ever had."""
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, env=clean_environment(), check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def peak_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1])


def test_memory_does_not_grow_with_the_attachment(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    peaks = {}
    for size in (SMALL, LARGE):
        film = tmp_path / f"film{size}"
        film.write_bytes(secrets.token_bytes(size))
        before = {alert["report"] for alert in amina.alerts()}
        report = org.write_report(summary="x", urgency="record")
        sending = peak_kib(nadia.command("report", "--desk", org.desk, "--file", report, "--attach", film))
        (sent,) = {alert["report"] for alert in amina.alerts()} - before
        opening = peak_kib(amina.command("open", sent, "--out", tmp_path / f"out{size}"))
        fetching = peak_kib(amina.command("fetch", sent, tmp_path / f"sealed{size}"))
        # A peak never falls: what the small one needed is the floor of the large one's.
        daemon = {role: max(peak_of(pid) for pid, name in org.roles() if name == role) for role in ("front", "store", "notify")}
        peaks[size] = {"report": sending, "open": opening, "fetch": fetching, **daemon}
        (attachment,) = (tmp_path / f"out{size}" / "attachments").iterdir()
        assert attachment.read_bytes() == film.read_bytes()
    for name, small in peaks[SMALL].items():
        room = ROOM_KIB + (CACHE_KIB if name == "store" else 0)
        assert peaks[LARGE][name] < small + room, f"{name}: {small} KiB for 1 MiB, {peaks[LARGE][name]} KiB for 40 MiB"


def test_homes_and_the_store_hold_no_word_of_a_report(org, tmp_path):
    """Nothing of what was reported or answered lies readable in anybody's folder, but where the officer put it."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    word, answer = "Zanzibar-" + secrets.token_hex(8), "Quixote-" + secrets.token_hex(8)
    photo = tmp_path / "photo.jpg"
    photo.write_bytes((word * 100).encode())
    sent = nadia.report("--attach", photo, summary=word)
    amina.run("open", sent["id"], "--out", tmp_path / "out")
    amina.run("reply", sent["id"], "-", stdin=answer)
    assert nadia.inbox(sent["receipt"])[0]["text"] == answer
    org.stop_daemon()
    receipt = sent["receipt"].replace(" ", "").encode()
    for home in (org.home, amina.home, nadia.home):
        for path in home.rglob("*"):
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            for secret in (word.encode(), answer.encode(), receipt, sent["receipt"].encode()):
                assert secret not in content, path
    database = b"".join(path.read_bytes() for path in (org.home / "daemon" / "store").rglob("*") if path.is_file())
    for trace in (sent["id"].encode(), bytes.fromhex(sent["id"]), b"age-encryption.org", org.desk.encode() + b"\0"):
        assert trace not in database, trace
