"""A call that fails once, in a running daemon: the sender learns it, nothing that was accepted is lost, and the next report
is taken. All calls, one by one: tests/faults/run --only calls."""

import contextlib
import errno
import socket

import pytest

from helpers import faults
from helpers.organisation import Organisation, kill_role
from helpers.programs import is_sanitized, keep, stop


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    if is_sanitized():
        pytest.skip("a sanitized program has an allocator of its own")
    assert faults.library() is not None, "the build has no tests/faults"
    folder = tmp_path_factory.mktemp("faults")
    org = Organisation(folder, settings={"workers": 1})
    injector, witness = faults.begin(folder, org)
    keep(org.process)
    yield org, injector, witness
    stop(org.process)


@pytest.mark.parametrize("role,call,error,numbers", [
    ("store", "sync", errno.EIO, (1,)),
    ("store", "write", errno.ENOSPC, (1,)),
    ("store", "write", faults.SHORT, (1,)),
    ("store", "memory", errno.ENOMEM, (3, 20, 40)),
    ("front", "accept", errno.EMFILE, (1,)),
    ("front", "read", errno.EINTR, (2,)),
    ("front", "write", faults.SHORT, (1, 2)),
    ("front", "memory", errno.ENOMEM, (5, 150, 400)),
])
def test_a_call_that_fails_once_loses_nothing(scene, role, call, error, numbers):
    org, injector, witness = scene
    assert faults.try_call(org, witness, injector, role, call, error, numbers) == len(numbers), "all of them failed"
    witness.check()


def test_a_front_whose_channel_breaks_is_replaced(scene):
    """Both processes live on and the channel between them is gone: a new front, and reports are taken again."""
    org, injector, witness = scene
    before = {pid for pid, name in org.roles() if name == "front"}
    assert faults.try_call(org, witness, injector, "store", "write", errno.EIO, (2,)) == 1
    assert {pid for pid, name in org.roles() if name == "front"} != before
    witness.check()


def test_a_front_that_was_not_wired_to_the_store_is_started_again(scene):
    """The supervisor's memory fails somewhere while it starts a front: there is one in the end that takes reports."""
    org, injector, witness = scene

    def kill_the_front():
        for pid, name in org.roles():
            if name == "front":
                kill_role(pid)

    assert faults.try_call(org, witness, injector, "supervisor", "memory", errno.ENOMEM, range(1, 31), kill_the_front) > 10
    witness.check()


@pytest.mark.parametrize("role,setting", [("store", "control"), ("supervisor", "metrics")])
def test_memory_that_fails_while_a_local_socket_is_asked_ends_nobody(scene, role, setting):
    org, injector, witness = scene
    lines = []

    def ask():
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(org.home / "daemon" / f"{setting}.sock"))
        lines.append(line)
        with contextlib.suppress(OSError):  # it may have been closed at once
            line.sendall(b"GET /health HTTP/1.0\r\n\r\n")

    assert faults.try_call(org, witness, injector, role, "memory", errno.ENOMEM, range(1, 13), ask) > 5
    for line in lines:
        line.close()
    witness.check()
