"""A pseudo-terminal: a program that asks a person gets its answers as a person types them."""

import os
import pty
import select
import signal
import time

from .programs import clean_environment


def converse(command, answers, seconds=60, environment=None):
    """Runs a command on a terminal of its own. answers are (what it must have asked, what is typed then), in order.
    Returns (exit code, everything that was shown)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**clean_environment(), **(environment or {}), "TERM": "dumb"})
    shown, waiting, end = b"", list(answers), time.monotonic() + seconds
    seen = 0
    try:
        while time.monotonic() < end:
            if waiting and waiting[0][0].encode() in shown[seen:]:
                seen = len(shown)
                os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    part = os.read(terminal, 65536)
                except OSError:
                    break  # the program closed its end
                if not part:
                    break
                shown += part
        else:
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(terminal)
    text = shown.decode(errors="replace")
    assert not waiting, f"never asked for {waiting[0][0]!r}:\n{text}"
    return code, text


def answer_all(command, answers, seconds=60, environment=None):
    """The same where what is asked, and how often, isn't known ahead: whenever what is shown ends with a question of
    answers (what is asked, what is typed or an iterator of that), it is answered. Returns (exit code, everything that was shown)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, {**clean_environment(), **(environment or {}), "TERM": "dumb"})
    shown, seen, end = b"", 0, time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    part = os.read(terminal, 65536)
                except OSError:
                    break
                if not part:
                    break
                shown += part
            for asked, typed in answers:
                if shown[seen:].endswith(asked.encode()):
                    seen = len(shown)
                    os.write(terminal, (typed if isinstance(typed, str) else next(typed)).encode() + b"\n")
        else:
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        os.close(terminal)
    return code, shown.decode(errors="replace")
