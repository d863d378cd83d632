"""`watch` on a terminal: a list that stays up to date, the most urgent first, and that says when it is blind. Driven in a
pseudo-terminal; every look is a screen drawn anew, because its size was changed."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pytest

from helpers.programs import clean_environment, wait_until

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

WIDTH = 150


class Board:
    """The program on a terminal of its own, and what it has shown since the last change of size."""

    def __init__(self, command, environment=None):
        self.lines = 30
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, {**clean_environment(), **(environment or {}), "TERM": "xterm"})
        self.shown = b""

    def resize(self):
        self.lines = 30 if self.lines == 40 else 40
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", self.lines, WIDTH, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def read(self, seconds=0.3):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self.terminal, 65536)

    def text(self):
        """What stands on a screen drawn from nothing."""
        self.resize()
        self.shown = b""
        self.read(1.5)
        return re.sub(rb"\x1b[\[\](][0-9;?]*[A-Za-z]?", b" ", self.shown).decode(errors="replace")

    def wait_for(self, condition, what):
        return wait_until(lambda: (lambda text: text if condition(text) else None)(self.text()), 60, what)

    def end(self):
        os.write(self.terminal, b"q")
        try:
            wait_until(lambda: (self.read(0.1), os.waitpid(self.pid, os.WNOHANG)[0] == self.pid)[1], 30, "the end of watch")
        finally:
            os.close(self.terminal)


def test_a_live_list_in_the_order_that_counts(org):
    amina, badia, nadia = org.officer("amina"), org.officer("badia"), org.defender("nadia")
    calm = nadia.report(urgency="priority")["id"]
    board = Board(amina.command("watch", json_wanted=False))
    text = board.wait_for(lambda text: calm[:12] in text and "Connected. 1 open" in text, "the first report")
    assert "URGENCY" in text and "priority" in text
    worse = nadia.report(urgency="immediate")["id"]
    text = board.wait_for(lambda text: worse[:12] in text and calm[:12] in text, "the second report")
    assert text.index(worse[:12]) < text.index(calm[:12]) and "in " in text
    # Whose it is and how it stands follow by themselves; what is closed goes.
    badia.run("ack", worse)
    amina.run("case", worse)
    text = board.wait_for(lambda text: "badia" in text, "its owner")
    assert "ack" in text
    badia.run("close", worse, "--reason", "SAFE")
    board.wait_for(lambda text: calm[:12] in text and worse[:12] not in text, "the end of the closed one")
    # It never keeps silent about being blind.
    org.kill_daemon()
    text = board.wait_for(lambda text: "NO CONNECTION for" in text, "the loss of the line")
    assert "alerts don't come through" in text
    org.start_daemon()
    board.wait_for(lambda text: "Connected." in text, "the line")
    board.end()


def test_plain_lines_on_a_terminal_on_request(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    report = nadia.report()["id"]
    plain = Board(amina.command("watch", "--plain", json_wanted=False))
    wait_until(lambda: (plain.read(), report.encode() in plain.shown)[1], 60, "the alert's line")
    assert b"\x1b" not in plain.shown and b"\a" in plain.shown
    os.kill(plain.pid, signal.SIGTERM)
    wait_until(lambda: (plain.read(0.1), os.waitpid(plain.pid, os.WNOHANG)[0] == plain.pid)[1], 30, "the end of watch")
    os.close(plain.terminal)
