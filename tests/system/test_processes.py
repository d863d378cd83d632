"""The daemon's processes: each in its role, locked in, and obedient."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from helpers import signing, wire
from helpers.programs import EX_CONFIG, is_sanitized, program, run, wait_until


# Files of a process that isn't dumpable are root's.
needs_sight = pytest.mark.skipif(os.geteuid() != 0 and not is_sanitized(), reason="only root sees into a locked-in process")


@pytest.fixture
def running(org):
    org.officer("amina")
    return org


def status_of(pid):
    fields = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value.split()
    return fields


def by_role(org):
    found = {}
    for pid, role in org.roles():
        found.setdefault(role, []).append(pid)
    return found


def test_every_role_is_there(running):
    roles = by_role(running)
    assert set(roles) == {"front", "store", "notify", "checkpoint"}
    assert len(roles["front"]) == os.cpu_count()
    assert all(len(roles[role]) == 1 for role in ("store", "notify", "checkpoint"))


def test_every_role_is_locked_in(running):
    for role, pids in by_role(running).items():
        for pid in pids:
            status = status_of(pid)
            assert status["NoNewPrivs"] == ["1"], role
            if is_sanitized():
                continue
            assert status["Seccomp"] == ["2"], role
            # A process that isn't dumpable writes no core, and its /proc files belong to root.
            assert int(Path(f"/proc/{pid}/limits").read_text().split("Max core file size")[1].split()[0]) == 0, role
            if os.geteuid() == 0:
                assert os.stat(f"/proc/{pid}/environ").st_uid == 0, role


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give roles users of their own")
def test_roles_have_users_and_roots_of_their_own(running):
    users = {}
    for role, pids in by_role(running).items():
        for pid in pids:
            status = status_of(pid)
            assert len(set(status["Uid"])) == 1 and status["Uid"][0] != "0", role
            assert set(status["Groups"]) <= {status["Gid"][0]}, role
            assert int(status["CapEff"][0], 16) == 0 and int(status["CapPrm"][0], 16) == 0, role
            users.setdefault(role, set()).add(status["Uid"][0])
            if not is_sanitized():
                assert os.readlink(f"/proc/{pid}/root") != "/", role
    assert users["front"].isdisjoint(users["store"]) and users["notify"].isdisjoint(users["front"] | users["store"])


def test_a_role_without_its_supervisor_ends(running):
    pids = [pid for pid, _ in running.roles()]
    running.process.kill()
    running.process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 10, "the end of all roles")


@needs_sight
def test_a_front_holds_no_file_of_the_store(running):
    for role, pids in by_role(running).items():
        for pid in pids:
            names = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            touches = any("clarion.db" in name for name in names)
            assert touches == (role in ("store", "checkpoint")) or role == "checkpoint", (role, names)
            if role == "front":
                assert not any(name.startswith("/") and not name.startswith("/dev/") and name != str(running.log_path) for name in names), names


def test_sigterm_ends_everything_in_five_seconds(running):
    amina = running.officers["amina"]
    watch = amina.start("watch")
    line = wire.connect(running.port)
    pids = [pid for pid, _ in running.roles()]
    time.sleep(0.5)
    began = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(6) == 0
    assert time.monotonic() - began < 5
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    line.close()
    watch.stop()


def test_waiting_polls_are_answered_at_once_when_the_daemon_ends(running):
    amina = running.officers["amina"]
    target = running.target(f"desks/{running.desk}/alerts?wait=60")
    with wire.connect(running.port) as line:
        headers = signing.signed_headers(amina.signing_key, "GET", running.authority, target)
        line.sendall(wire.request_bytes("GET", target, running.authority, headers))
        time.sleep(0.5)
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        answer = wire.read_answer(line)
    assert answer.status in (200, 503) and time.monotonic() - began < 3
    assert running.process.wait(6) == 0


def test_sighup_brings_new_fronts_and_keeps_connections(running):
    before = by_role(running)
    line = wire.connect(running.port)
    line.sendall(wire.request_bytes("GET", running.target("roster"), running.authority))
    assert wire.read_answer(line).status == 200
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: set(by_role(running)["front"]).isdisjoint(before["front"])
               and len(by_role(running)["front"]) == len(before["front"]), 15, "new fronts only")
    assert by_role(running)["store"] == before["store"], "the store stays"
    running.wait_until_it_answers()
    assert running.get("roster").status == 200
    line.close()


def test_sighup_with_a_broken_configuration_changes_nothing(running):
    before = by_role(running)
    good = running.configuration.read_text()
    running.configuration.write_text(good + "nonsense = 1\n")
    running.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert by_role(running)["store"] == before["store"]
    assert running.get("roster").status == 200
    running.configuration.write_text(good)


def test_a_second_daemon_does_not_start(running):
    started = time.monotonic()
    second = run([program("clariond"), "--config", str(running.configuration)], expect=None, timeout=30)
    assert second.code not in (0, -9) and time.monotonic() - started < 20
    assert running.get("roster").status == 200


def test_a_port_that_somebody_else_listens_on(org):
    org.officer("amina", join=False)
    with socket.create_server((wire.ADDRESS, org.port)):
        refused = run([program("clariond"), "--config", str(org.configuration)], expect=None, timeout=30)
    assert refused.code not in (0, -9) and refused.err


def test_check_reads_everything_and_changes_nothing(org):
    org.officer("amina", join=False)
    run([program("clariond"), "--config", str(org.configuration), "--check"])
    before = sorted((path, path.stat().st_mtime_ns) for path in org.home.rglob("*"))
    good = org.configuration.read_text()
    lines = len(good.splitlines())
    org.configuration.write_text(good + "nonsense = 1\nworkers = many\n")
    refused = run([program("clariond"), "--config", str(org.configuration), "--check"], expect=EX_CONFIG)
    assert str(lines + 1) in refused.err and str(lines + 2) in refused.err
    org.configuration.write_text(good)
    after = sorted((path, path.stat().st_mtime_ns) for path in org.home.rglob("*") if path != org.configuration)
    assert after == [entry for entry in before if entry[0] != org.configuration]


@needs_sight
def test_a_waiting_poll_is_let_go_when_its_client_leaves(running):
    """Two hundred officers that came and went leave nothing behind in a front."""
    amina = running.officers["amina"]
    target = running.target(f"desks/{running.desk}/alerts?wait=60")
    fronts = by_role(running)["front"]
    count = lambda: sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in fronts)
    before = count()
    for _ in range(5):
        lines = []
        for _ in range(20):
            line = wire.connect(running.port)
            headers = signing.signed_headers(amina.signing_key, "GET", running.authority, target)
            line.sendall(wire.request_bytes("GET", target, running.authority, headers))
            lines.append(line)
        time.sleep(0.3)
        assert count() >= before + 15
        for line in lines:
            line.close()
    wait_until(lambda: count() <= before + 2, 10, "the connections' end")


def test_a_poll_is_answered_the_moment_a_report_comes(running):
    amina = running.officers["amina"]
    watch = amina.start("watch")
    time.sleep(1)
    report, sealed = running.seal()
    running.put(report, sealed)
    accepted = time.monotonic()
    watch.wait_for(lambda line: line.get("report") == report)
    assert watch.times[-1] - accepted < 2
    watch.stop()


def test_who_connected_before_a_reload_is_answered_after_it(running):
    line = wire.connect(running.port)
    running.process.send_signal(signal.SIGHUP)
    wait_until(lambda: running.log().count("event=drain") >= 1, 10, "the old fronts to drain")
    line.sendall(wire.request_bytes("GET", "/", running.authority))
    assert wire.read_answer(line).status == 200


def test_an_ordinary_stop_kills_nobody(running):
    """Whoever was asked to end closes its files first; a warning in the log is for what went wrong."""
    assert running.stop_daemon() == 0
    log = running.log()
    stopped = log[log.index("event=stopping"):]
    assert "roles_killed" in stopped or ("signal=" not in stopped and stopped.count("event=role_ended") >= 4), stopped
