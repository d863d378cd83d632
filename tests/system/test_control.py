"""HOME/daemon/control.sock: who may act on the daemon's own keys, and how the socket comes and goes."""

import os
import socket
import stat
import subprocess
import time

import pytest
from nacl.signing import SigningKey

from helpers import control, signing
from helpers.organisation import Organisation, kill_role
from helpers.programs import EX_NOPERM, EX_TEMPFAIL, EX_UNAVAILABLE, keep, wait_until


@pytest.fixture(scope="module")
def org(tmp_path_factory):
    organisation = Organisation(tmp_path_factory.mktemp("control"))
    organisation.publish()
    organisation.ensure_running()
    keep(organisation.process)
    yield organisation
    organisation.stop_daemon()


def socket_of(org):
    return org.home / "daemon" / "control.sock"


def request(org, act="rotate-status", key=None, **how):
    made = control.Request(act, how.pop("fingerprint", org.fingerprint), how.pop("roster", org.roster().version), **how)
    return made.sign(key or signing.identity_of(org.home)[0])


def test_status_says_how_far_each_rotation_is(org):
    status = org.run("rotate status").json
    assert {"what", "epoch", "done", "total", "rotations"} <= status.keys()
    receipt = next(rotation for rotation in status["rotations"] if rotation["what"] == "receipt")
    assert (receipt["epoch"], receipt["done"], receipt["total"]) == (1, 0, 0)
    assert status["total"] == sum(rotation["total"] for rotation in status["rotations"])
    assert "receipt: key 1, never rotated" in org.run("rotate status", json_wanted=False).out


def test_another_implementation_is_understood(org):
    kind, answer = control.ask(socket_of(org), request(org))
    assert kind == control.DONE and answer["what"] == "status"


def test_the_socket_is_for_its_owner_alone(org):
    status = os.lstat(socket_of(org))
    assert stat.S_ISSOCK(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o600 and status.st_uid == os.getuid()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become somebody else")
def test_another_user_is_turned_away(org):
    # even one who may enter the folders above
    script = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(socket_of(org))!r})"
    folders = [folder for folder in socket_of(org).parents if folder != folder.parent]
    modes = [stat.S_IMODE(folder.stat().st_mode) for folder in folders]
    try:
        for folder, mode in zip(folders, modes):
            os.chmod(folder, mode | 0o111)
        tried = subprocess.run(["/usr/bin/python3", "-c", script], user=65534, group=65534, extra_groups=[], capture_output=True, text=True,
                               check=False, cwd="/", timeout=30)
    finally:
        for folder, mode in zip(folders, modes):
            os.chmod(folder, mode)
    assert tried.returncode != 0 and "PermissionError" in tried.stderr


def test_who_is_no_admin_is_refused(org):
    kind, answer = control.ask(socket_of(org), request(org, key=SigningKey.generate()))
    assert kind == control.REFUSED and answer["code"] == EX_NOPERM and "admin" in answer["detail"]


def test_nobody_s_signature_is_refused(org):
    unsigned = control.Request("rotate-status", org.fingerprint, org.roster().version)
    kind, answer = control.ask(socket_of(org), unsigned)
    assert kind == control.REFUSED and answer["code"] == EX_NOPERM


def test_a_stranger_s_signature_beside_an_admin_s_spoils_it(org):
    both = request(org).sign(SigningKey.generate())
    assert control.ask(socket_of(org), both)[1]["code"] == EX_NOPERM


def test_another_organisation_s_signature_is_refused(org):
    kind, answer = control.ask(socket_of(org), request(org, fingerprint="A" * 43))
    assert kind == control.REFUSED and answer["code"] == EX_NOPERM


def test_a_changed_request_is_refused(org):
    made = request(org)
    made.arguments.append(("report", "x"))
    assert control.ask(socket_of(org), made)[1]["code"] == EX_NOPERM


def test_the_same_request_does_nothing_twice(org):
    made = request(org)
    assert control.ask(socket_of(org), made)[0] == control.DONE
    kind, answer = control.ask(socket_of(org), made)
    assert kind == control.REFUSED and answer["code"] == EX_NOPERM and "before" in answer["detail"]
    # nor after the store has died
    kill_role(next(pid for pid, role in org.roles() if role == "store"))
    kind, answer = control.ask(socket_of(org), made)
    assert kind == control.REFUSED and "before" in answer["detail"]


@pytest.mark.parametrize("away", [-302, 302])
def test_a_request_of_another_time_is_refused(org, away):
    assert control.ask(socket_of(org), request(org, created=int(time.time()) + away))[1]["code"] == EX_NOPERM


def test_another_roster_s_request_is_refused(org):
    kind, answer = control.ask(socket_of(org), request(org, roster=org.roster().version + 1))
    assert kind == control.REFUSED and answer["code"] == EX_TEMPFAIL


def test_an_unknown_act_is_refused(org):
    kind, answer = control.ask(socket_of(org), request(org, act="reveal"))
    assert kind == control.REFUSED and "version" in answer["detail"]


@pytest.mark.parametrize("garbage", [b"\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n", control.frame(control.BODY, b"x"),
                                     control.frame(control.REQUEST, b"x" * 20000), request],
                         ids=["empty", "http", "answer", "too long", "behind the request"])
def test_garbage_ends_the_connection_and_nothing_else(org, garbage):
    data = garbage if isinstance(garbage, bytes) else garbage(org).frame() + b"x"
    assert control.ask(socket_of(org), data) == (None, None)
    assert control.ask(socket_of(org), request(org))[0] == control.DONE


def test_who_says_nothing_holds_up_nobody(org):
    silent = [control.Line(socket_of(org)) for _ in range(15)]
    assert control.ask(socket_of(org), request(org))[0] == control.DONE
    # as many as there may be: the next one waits until the deadline has ended them
    silent.append(control.Line(socket_of(org)))
    started = time.monotonic()
    assert control.ask(socket_of(org), request(org))[0] == control.DONE
    assert time.monotonic() - started < 20
    assert list(silent[0].frames()) == []


def test_a_second_daemon_leaves_the_socket_alone(org):
    second = subprocess.run(org.process.args, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **org.environment})
    assert second.returncode == EX_UNAVAILABLE
    assert control.ask(socket_of(org), request(org))[0] == control.DONE


class TestComingAndGoing:
    @pytest.fixture
    def fresh(self, tmp_path):
        organisation = Organisation(tmp_path / ("a-folder-with-quite-a-long-name" * 4))
        yield organisation
        if organisation.process is not None and organisation.process.poll() is None:
            organisation.stop_daemon()

    def test_without_a_daemon(self, fresh):
        result = fresh.run("rotate status", expect=EX_UNAVAILABLE)
        assert "no daemon" in result.err

    def test_it_goes_with_the_daemon(self, fresh):
        fresh.start_daemon()
        assert fresh.run("rotate status").json["what"] == "status"
        fresh.stop_daemon()
        assert not socket_of(fresh).exists()
        fresh.run("rotate status", expect=EX_UNAVAILABLE)

    def test_a_stale_one_is_replaced(self, fresh):
        fresh.start_daemon()
        fresh.kill_daemon()
        assert socket_of(fresh).exists()
        fresh.run("rotate status", expect=EX_UNAVAILABLE)
        fresh.start_daemon()
        assert fresh.run("rotate status").json["what"] == "status"

    def test_something_else_there_is_left_alone(self, fresh):
        socket_of(fresh).write_text("mine")
        check = subprocess.run([*start_words(fresh), "--check"], capture_output=True, text=True, timeout=60, check=False)
        assert check.returncode == 78 and "something else" in check.stderr
        assert socket_of(fresh).read_text() == "mine"

    def test_a_check_leaves_a_stale_one(self, fresh):
        with socket.socket(socket.AF_UNIX) as stale:
            folder = os.open(socket_of(fresh).parent, os.O_PATH)
            stale.bind(f"/proc/self/fd/{folder}/control.sock")
            os.close(folder)
        subprocess.run([*start_words(fresh), "--check"], check=True, timeout=60, stdout=subprocess.DEVNULL)
        assert socket_of(fresh).exists()

    def test_who_waits_is_served_by_the_next_store(self, fresh):
        fresh.start_daemon()
        kill_role(next(pid for pid, role in fresh.roles() if role == "store"))
        assert fresh.run("rotate status").json["what"] == "status"
        wait_until(lambda: any(role == "store" for _, role in fresh.roles()), 10, "the next store")


def start_words(org):
    from helpers.programs import program
    return [program("clariond", org.build), "--config", str(org.configuration)]
