"""A notify that somebody has taken over, beside the real supervisor and store (tests/attack/hostile_daemon.c): whatever it says, reports come in, alerts
reach whoever asks, and nothing else ends. What it says to the store: tests/attack/hostile_notify.c."""

import contextlib
import os
import signal
from pathlib import Path

from helpers import programs
from helpers.programs import wait_until

# hostile_daemon.c's deeds, and why the supervisor ends whoever does them.
DEEDS = ["message refused", "message not allowed", "message not allowed", "no frame", "descriptor without its message", None]
ENDS = 2
SUPERVISOR_MAX_KIB = 200 * 1024  # a sanitized one needs several times what it allocates


def kill_notify(org):
    for pid, role in org.roles():
        if role == "notify":
            with contextlib.suppress(ProcessLookupError):  # it is being ended anyway
                os.kill(pid, signal.SIGKILL)


def test_a_hostile_notify_stops_nothing(monkeypatch, org, tmp_path):
    monkeypatch.setitem(programs.PLACES, "clariond", "tests/attack/hostile_daemon")
    wanted = tmp_path / "deed"
    org.environment["HOSTILE_DEED"] = str(wanted)
    amina = org.officer("amina")
    for deed, reason in enumerate(DEEDS):
        wanted.write_text(str(deed))
        kill_notify(org)
        begun = len(org.log())
        if reason:
            wait_until(lambda since=begun, why=reason: org.log()[since:].count(f'reason="{why}"') >= ENDS, 30, f"its end, again and again: {reason}")
        report, sealed = org.seal()
        assert org.put(report, sealed).status == 201
        assert report in {alert["report"] for alert in amina.alerts()}
    assert org.process.poll() is None
    ended = [line for line in org.log().splitlines() if "event=role_ended" in line]
    assert all("child=notify" in line for line in ended), ended
    status = Path(f"/proc/{org.process.pid}/status").read_text()
    assert int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) < SUPERVISOR_MAX_KIB
    org.kill_daemon()  # a silent notify would let it wait
