"""Running the people's programs as a person or a script would: a command line, an exit code, JSON."""

import functools
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("CLARION_BUILD", ROOT / "build")).resolve()
CLOCK_BUILD = os.environ.get("CLARION_BUILD_CLOCK")

PLACES = {
    "clarion": "client/defender/clarion",
    "clarion-officer": "client/officer/clarion-officer",
    "clarion-admin": "client/admin/clarion-admin",
    "clariond": "daemon/clariond",
}

EX_OK, EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE = 0, 64, 65, 66, 69
EX_CANTCREAT, EX_TEMPFAIL, EX_PROTOCOL, EX_NOPERM, EX_CONFIG = 73, 75, 76, 77, 78

# A sanitized program on a busy machine is slow; a program that hangs is still caught.
PATIENCE_SECONDS = 120

_running = []


def needs(tool):
    """Marks a test that uses a program. It was installed with the others: without it the test fails."""
    def mark(test):
        @functools.wraps(test)
        def run_with_it(*arguments, **named):
            assert shutil.which(tool), f"{tool} is missing: scripts/install-packages test"
            return test(*arguments, **named)
        return run_with_it
    return mark


def program(name, build=None):
    """The path of one of the four programs."""
    return str(Path(build or BUILD) / PLACES[name])


def is_sanitized(build=None):
    return b"__asan_init" in Path(program("clariond", build)).read_bytes()


class Result:
    """What a command said: `code`, `out`, `err`, and `json` where it was asked for."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"$ {' '.join(self.command)}\nexit {self.code}\nstdout: {self.out!r}\nstderr: {self.err!r}"


def run(command, expect=EX_OK, stdin="", environment=None, timeout=PATIENCE_SECONDS, cwd=None):
    """Runs a command to its end and asserts its exit code (expect=None: any)."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, cwd=cwd,
                          env={**clean_environment(), **(environment or {})}, check=False, start_new_session=True)
    result = Result(command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    assert_no_sanitizer_report(result.err)
    if expect is not None:
        assert result.code == expect, f"expected exit {expect}\n{result}"
    return result


def clean_environment():
    """The test's environment without what would change the programs' answers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLARION_", "XDG_"))}
    kept["LC_ALL"] = "C.UTF-8"
    return kept


def assert_no_sanitizer_report(text):
    for mark in ("ERROR: AddressSanitizer", "runtime error:", "ERROR: LeakSanitizer"):
        assert mark not in text, text


def start(command, stdout, stderr, environment=None, stdin=subprocess.DEVNULL):
    """Starts a process that the test's end will stop whatever happens."""
    process = subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, start_new_session=True,
                               env={**clean_environment(), **(environment or {})})
    _running.append(process)
    return process


def keep(process):
    """Leaves a process out of what a test's end stops: for fixtures of a whole module, which stop it themselves."""
    _running.remove(process)


def stop(process, seconds=10):
    """SIGTERM, then SIGKILL for one that doesn't listen. Returns its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    return process.returncode


def stop_all():
    """Ends every process that `start` started, and what those left behind in their sessions."""
    while _running:
        process = _running.pop()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def wait_until(condition, seconds=20, what="the condition"):
    """Calls condition until it is true and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not come true in {seconds} s"
        time.sleep(0.03)
