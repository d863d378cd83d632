"""The line between her and the daemon: reports that wait for their own moment, what she sees while she waits, several addresses."""

import fcntl
import os
import secrets
import time
from pathlib import Path

from helpers import middleman, wire
from helpers.organisation import Organisation
from helpers.programs import EX_TEMPFAIL, EX_USAGE, wait_until
from test_questionnaire import Terminal

HOUR = 3600


def test_a_delayed_report_goes_out_at_its_own_moment(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    amina, nadia = org.officer("amina"), org.defender("nadia")
    where = org.write_report(summary="x", urgency="record")
    org.stop_daemon()
    for wrong in ("6", "0h", "8d", "soon"):
        nadia.run("report", "--file", where, "--delay", wrong, expect=EX_USAGE)
    nadia.run("report", "--file", where, "--delay", "6h", "--out", tmp_path / "sealed", expect=EX_USAGE)
    # No connection is made now: nothing would answer.
    done = nadia.run("report", "--file", where, "--delay", "6h")
    assert done.json["state"] == "queued" and len(done.json["receipt"]) == 35 and "NOT sent yet" in done.err
    moment = time.mktime(time.strptime(done.json["not_before"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert time.time() - 60 < moment < time.time() + 6 * HOUR + 60
    org.start_daemon()
    early = nadia.run("send", expect=EX_TEMPFAIL)
    assert early.json == {"sent": 0, "queued": 1} and "its own moment" in early.err and amina.alerts() == []
    # Another command works in the home, and for longer than one waits for a home: that ends nothing.
    home = os.open(nadia.home, os.O_RDONLY)
    fcntl.flock(home, fcntl.LOCK_EX)
    waiting = nadia.start("send", "--wait")
    files = Path(f"/proc/{waiting.process.pid}/fd")
    wait_until(lambda: any(os.readlink(one) == str(nadia.home) for one in files.iterdir()), 30, "waiting for the home")
    org.shift_clock(seconds=6 * HOUR + 120)
    time.sleep(0.5)
    os.close(home)
    try:
        assert waiting.wait_for(lambda line: "sent" in line, 60) == {"sent": 1, "queued": 0}
    finally:
        waiting.stop()
    assert len(amina.alerts()) == 1 and nadia.run("send").json == {"sent": 0, "queued": 0}
    org.stop_daemon()


def test_what_she_sees_while_she_waits(org, tmp_path):
    org.officer("amina")
    nadia, film = org.defender("nadia"), tmp_path / "film"
    film.write_bytes(secrets.token_bytes(3 * 1024 * 1024))
    where = org.write_report(summary="x", urgency="record")
    for more in ((), ("--plain",)):
        terminal = Terminal(nadia.command("report", "--file", where, "--attach", film, *more, json_wanted=False))
        assert terminal.end() == 0, terminal.shown
        bar = f"[{20 * '#'}] " if more == () else "\n"
        assert f"{bar}Sealing: 3.0 MiB done, 0.0 MiB left" in terminal.shown and "Sending: " in terminal.shown
        assert ("\r" in terminal.shown.replace("\r\n", "")) == (more == ())
    assert "Sealing" not in nadia.run("report", "--file", where, "--attach", film).err


def test_the_next_address_is_tried_and_none_hears_of_another(org):
    """The first address is dead, then somebody else's who closes; what is sent goes to the second, and names it nowhere else."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    first, second = org.port, wire.free_port()
    org.run("server add", f"https://127.0.0.1:{second}")
    org.run("server add", f"https://127.0.0.1:{second}", expect=65)
    org.run("server remove", "https://127.0.0.1:1", expect=65)
    org.publish()
    assert nadia.report()["state"] == "accepted" and len(amina.alerts()) == 1
    org.stop_daemon()
    org.listen_port = second
    org.set("listen", f"127.0.0.1:{second}")
    org.start_daemon()
    assert nadia.report()["state"] == "accepted"

    with middleman.Middleman(org, lambda *_: b"", forward=False) as stranger:
        assert nadia.report()["state"] == "accepted"
        wait_until(lambda: stranger.requests, 30, "a request at the first address")
        for method, target, headers, body in stranger.requests:
            told = f"{method} {target} {headers}".encode() + body
            assert str(second).encode() not in told and headers["host"] == f"127.0.0.1:{first}"
    assert len(amina.alerts()) == 3
    org.run("server remove", f"https://127.0.0.1:{first}")
    org.publish()
    assert nadia.report()["state"] == "accepted"
    org.run("server remove", f"https://127.0.0.1:{second}", expect=65)
