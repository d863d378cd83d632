"""What whoever has taken over a running role can do from inside it: the process itself is made to make the call (tests/attack/force_call.c)."""

import errno
import os
import platform
import signal
import subprocess
from pathlib import Path

import pytest

from helpers import programs
from helpers.organisation import Organisation
from helpers.programs import is_sanitized, program, wait_until

FORCE = Path(program("clariond")).parent.parent / "tests/attack/force_call"
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may stop a process that isn't dumpable"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="force_call knows this machine's registers only"),
    pytest.mark.skipif(is_sanitized(), reason="a sanitized role logs instead of ending"),
]
KILLED = f"killed {int(signal.SIGSYS)}"
NOT_THERE = (f"error {errno.EACCES}", f"error {errno.ENOENT}")  # Landlock's answer, or that of a role that has a root of its own
# Each of them ends the role at once.
FORBIDDEN = {
    "front": [("open", "/etc/passwd"), ("open", "clarion.db"), ("socket", ""), ("local-socket", ""), ("execve", "/bin/true"), ("ptrace", "sibling"),
              ("read-memory", "sibling"), ("kill", "sibling")],
    "notify": [("local-socket", ""), ("listen", "0"), ("execve", "/bin/true"), ("ptrace", "sibling")],
    "checkpoint": [("socket", ""), ("execve", "/bin/true"), ("ptrace", "sibling")],
    "store": [("socket", ""), ("execve", "/bin/true"), ("ptrace", "sibling")],
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    org = Organisation(tmp_path_factory.mktemp("taken"), settings={"workers": 1})
    org.officer("amina")
    programs.keep(org.process)
    yield org
    programs.stop(org.process)


def force(pid, call, what=""):
    return subprocess.run([FORCE, str(pid), call, str(what)], capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def ready(org, role):
    """The pid of a role that the log calls ready and that still runs."""
    def found():
        pids = [pid for pid, name in org.roles() if name == role and f"event=role_ready child={role} pid={pid}\n" in org.log()]
        return min(pids, default=None)
    return wait_until(found, 20, f"a {role}")


@pytest.mark.parametrize("role", sorted(FORBIDDEN))
def test_a_running_role_can_do_nothing_else(running, role):
    org = running
    pid = ready(org, role)
    assert force(pid, "getpid") == f"ok {pid}", "what it may do works in the same way"
    if role == "notify":
        assert force(pid, "open", "/etc/passwd") == f"error {errno.EACCES}"
        assert force(pid, "socket").startswith("ok ")
    elif role != "front":
        assert force(pid, "open", "clarion.db").startswith("ok ")
        assert force(pid, "open", "/etc/passwd") in NOT_THERE
        assert force(pid, "open", "../clariond.conf") in NOT_THERE
        assert force(pid, "create", "/tmp/clarion-taken-over") in NOT_THERE
    assert ready(org, role) == pid, "nothing of it has ended the role"
    for call, what in FORBIDDEN[role]:
        pid = ready(org, role)
        sibling = ready(org, "front" if role == "store" else "store")
        assert force(pid, call, sibling if what == "sibling" else what) == KILLED, (call, what)
        wait_until(lambda ended=pid: f"pid={ended} signal={int(signal.SIGSYS)} cause=forbidden_system_call" in org.log(), 20, "that it is told")
    ready(org, role)
    org.wait_until_it_answers()
