"""What the daemon tells whoever watches its machine: metrics, health, and systemd's notifications."""

import datetime
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from helpers import watching
from helpers.organisation import Organisation
from helpers.programs import BUILD, ROOT, is_sanitized, needs, program, start, wait_until
from helpers.watching import ask, get, metrics, value


def socket_of(org):
    return org.home / "daemon" / "metrics.sock"


def healthy(org):
    return get(org, "/health")[0] == 200


def test_metrics_and_health(org):
    org.add_desk("legal-aid")
    amina, maria = org.officer("amina"), org.defender("maria")
    report = maria.report()["id"]
    assert [alert["report"] for alert in amina.alerts()] == [report]
    wait_until(lambda: healthy(org), 30, "health")
    assert oct(socket_of(org).stat().st_mode & 0o777) == "0o600"
    status, head, body = get(org, "/health")
    assert (status, body) == (200, "daemon: runs\nstore: answers\nroom: there is room for reports\nroster: in force\nprocesses: all answer\n")
    status, head, body = get(org, "/metrics")
    assert status == 200 and "Content-Type: text/plain; version=0.0.4; charset=utf-8" in head and f"Content-Length: {len(body)}" in head
    samples = watching.parse(body)
    assert all(name.startswith("svc_") for name, _ in samples), "what hangs on a wall doesn't say what this is"
    assert samples[("svc_up", "")] == 1 and samples[("svc_role_up", 'role="store"')] == 1
    assert samples[("svc_role_up", 'role="front"')] >= 1
    expires = datetime.datetime.fromisoformat(org.run("status").json["expires"].replace("Z", "+00:00")).timestamp()
    assert samples[("svc_roster_expiry_timestamp_seconds", "")] == expires
    certificate = subprocess.run(["openssl", "x509", "-in", str(org.file_of("tls_certificate")), "-noout", "-enddate"], capture_output=True,
                                 check=True).stdout.decode().strip()
    ends = datetime.datetime.strptime(certificate, "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=datetime.timezone.utc).timestamp()
    assert samples[("svc_certificate_expiry_timestamp_seconds", "")] == ends
    assert samples[("svc_disk_free_bytes", "")] % (1024 * 1024) == 0 and samples[("svc_store_has_room", "")] == 1
    wait_until(lambda: value(org, "connections_total") > 0, 30, "the fronts' counts")
    # Nothing of anybody, nor of a desk; and a report that just came moves no number that only reports move.
    assert not any(word in body.lower() for word in (report, "legal-aid", "amina", "maria", "clarion", org.base_path[1:].lower()))
    assert samples[("svc_accepted_total", "")] == 0 and samples[("svc_commit_seconds_count", "")] == 0
    curl = subprocess.run(["curl", "-sS", "--unix-socket", "metrics.sock", "http://localhost/health"], capture_output=True, check=True,
                          cwd=socket_of(org).parent)
    assert curl.stdout.decode().startswith("daemon: runs\n")


def test_strange_requests(org):
    org.officer("amina")
    assert get(org, "/metrics", "HEAD")[::2] == (200, "") and get(org, "/else")[0] == 404 and get(org, "/metrics", "POST")[0] == 405
    assert get(org, "/metricsX")[0] == 404 and ask(socket_of(org), b"\n\n").startswith(b"HTTP/1.0 405 ")
    assert ask(socket_of(org), b"GET /health HTTP/1.0\n\n").startswith(b"HTTP/1.0 200 ")
    try:
        assert ask(socket_of(org), b"x" * 9000) == b"", "a head without an end"
    except ConnectionError:
        pass
    lines = [socket.socket(socket.AF_UNIX) for _ in range(12)]
    for line in lines:
        watching.connect(line, socket_of(org))
    wait_until(lambda: is_closed(lines[-1]), 30, "that the ninth is turned away")
    for line in lines:
        line.close()
    wait_until(lambda: reachable(org), 30, "an answer again")


def is_closed(line):
    line.settimeout(1)
    try:
        return line.recv(1) == b""
    except TimeoutError:
        return False


def reachable(org):
    try:
        return healthy(org)
    except (ConnectionError, IndexError):
        return False


def test_counts_are_as_old_as_they_say(clock_build, tmp_path):
    """Reports move their counters at the full hour, and are open alerts from then on: no minute can be told from them."""
    org = Organisation(tmp_path, build=clock_build)
    amina = org.officer("amina")
    now = int(time.time())
    org.shift_clock(seconds=3600 - now % 3600 + 60)  # a minute past the hour
    maria = org.defender("maria")
    report = maria.report(urgency="immediate")["id"]
    org.put("0" * 64, org.seal()[1])
    assert value(org, "accepted_total") == 0 and value(org, "refused_total", reason="wrong-id") == 0
    assert value(org, "alerts_open", urgency="immediate") == 0
    past = 3600 - now % 3600
    org.shift_clock(seconds=past + 910)  # a quarter past
    assert value(org, "alerts_open", urgency="immediate") == value(org, "alerts_oldest_unanswered_seconds") == 0
    assert value(org, "accepted_total") == 0
    org.shift_clock(seconds=past + 3605)
    wait_until(lambda: value(org, "accepted_total") == 1, 30, "the count at the full hour")
    assert value(org, "refused_total", reason="wrong-id") == 1
    assert value(org, "commit_seconds_count") >= 1 and value(org, "commit_seconds_bucket", le="+Inf") == value(org, "commit_seconds_count")
    wait_until(lambda: value(org, "alerts_unanswered", urgency="immediate", older_than="0") == 1, 30, "the alert at the full hour")
    assert value(org, "alerts_open", urgency="immediate") == 1
    assert value(org, "alerts_unanswered", urgency="immediate", older_than="900") == value(org, "alerts_oldest_unanswered_seconds") == 0
    org.shift_clock(seconds=past + 3600 + 905)
    wait_until(lambda: value(org, "alerts_unanswered", urgency="immediate", older_than="900") == 1, 30, "its age")
    assert value(org, "alerts_oldest_unanswered_seconds") == 900
    amina.run("ack", report)
    org.shift_clock(seconds=past + 3600 + 1210)
    wait_until(lambda: value(org, "alerts_unanswered", urgency="immediate", older_than="0") == 0, 30, "that it is answered")
    assert value(org, "alerts_open", urgency="immediate") == 1 and value(org, "alerts_oldest_unanswered_seconds") == 0
    org.shift_clock(days=31)
    wait_until(lambda: not healthy(org), 30, "the roster's end")
    assert "roster: HAS EXPIRED" in get(org, "/health")[2]
    org.stop_daemon()


class Manager:
    """systemd's end of the notifications."""

    def __init__(self, org, address, **environment):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        name = address if address.startswith("/") else "@" + address[1:]
        with open(org.log_path, "ab") as log:
            org.process = start([program("clariond", org.build), "--config", str(org.configuration)], subprocess.DEVNULL, log,
                                {"NOTIFY_SOCKET": name, **environment})

    def next(self, seconds=30):
        self.socket.settimeout(seconds)
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def wait_for(self, name):
        while True:
            told = self.next()
            if name in told:
                return told

    def empty(self):
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(4096)
        except BlockingIOError:
            pass


@pytest.mark.parametrize("place", ["path", "abstract"])
def test_systemd_is_told(org, place):
    org.run("roster publish")
    manager = Manager(org, str(org.folder / "notify") if place == "path" else f"\0clarion-test-{os.getpid()}")
    assert manager.next()["READY"] == "1" and org.get("roster").status == 200, "ready only once it serves"
    for pid, _ in org.roles():
        with open(f"/proc/{pid}/environ", "rb") as environment:
            assert b"NOTIFY_SOCKET" not in environment.read()
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    org.process.send_signal(signal.SIGHUP)
    told = manager.wait_for("RELOADING")
    assert told["RELOADING"] == "1" and before <= int(told["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    assert manager.next()["READY"] == "1"
    # A reload that changes nothing ends as well.
    kept = org.configuration.read_text()
    org.configuration.write_text(kept + "nonsense\n")
    org.process.send_signal(signal.SIGHUP)
    assert manager.wait_for("RELOADING") and manager.next()["READY"] == "1"
    org.configuration.write_text(kept)
    org.process.send_signal(signal.SIGTERM)
    assert manager.wait_for("STOPPING")["STOPPING"] == "1"
    assert org.process.wait(30) == 0 and not socket_of(org).exists()


@pytest.mark.parametrize("role", ["store", "front"])
def test_the_watchdog_hears_only_of_roles_that_answer(org, role):
    org.run("roster publish")
    manager = Manager(org, str(org.folder / "notify"), WATCHDOG_USEC="1000000")
    assert manager.next()["READY"] == "1"
    for _ in range(2):
        assert manager.next() == {"WATCHDOG": "1"}
    wait_until(lambda: healthy(org), 30, "health")
    pid = next(pid for pid, name in org.roles() if name == role)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: not healthy(org), 30, "that somebody doesn't answer")
    assert value(org, "up") == 0 and "NOT ALL ANSWER" in get(org, "/health")[2]
    manager.empty()
    with pytest.raises(TimeoutError):
        manager.next(seconds=1.5)
    os.kill(pid, signal.SIGCONT)
    assert manager.next() == {"WATCHDOG": "1"}
    wait_until(lambda: healthy(org), 30, "health again")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: value(org, "role_restarts_total", role=role) == 1, 30, "the count of ends")
    wait_until(lambda: healthy(org), 30, "health once more")
    org.stop_daemon()


def test_another_process_has_the_watchdog(org):
    org.run("roster publish")
    manager = Manager(org, str(org.folder / "notify"), WATCHDOG_USEC="200000", WATCHDOG_PID="1")
    assert manager.next()["READY"] == "1"
    with pytest.raises(TimeoutError):
        manager.next(seconds=0.5)
    org.stop_daemon()


def names_told(org):
    return {name for name, _ in metrics(org)}


def test_the_dashboard_and_the_rules_name_what_there_is(org):
    """Names that a rule uses and the daemon doesn't tell would be alerts that never come."""
    org.officer("amina")
    wait_until(lambda: "svc_roster_version" in names_told(org) and "svc_headers_old" in names_told(org), 30, "the store's figures")
    told = names_told(org)
    dashboard = json.loads((ROOT / "docs" / "dashboard.json").read_text())
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = re.findall(r"^ +expr: (.*)$", (ROOT / "docs" / "alerts.yml").read_text(), re.M)
    assert len(shown) > 20 and len(rules) >= 10
    used = {name for expression in shown + rules for name in re.findall(r"\bsvc_\w+", expression)}
    assert used <= told, used - told
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in told} == {re.sub("_(bucket|sum|count)$", "", name) for name in used}, \
        "every metric stands in the dashboard or in a rule"
    document = (ROOT / "docs" / "operations.md").read_text()
    assert all(f"`{re.sub('_(bucket|sum|count)$', '', name)}" in document for name in told), "and in the runbook"
    labels = {(name, label, each) for name, text in metrics(org) for label, each in watching.LABEL.findall(text)}
    for name, label, operator, wanted in re.findall(r'(svc_\w+)\{(?:[^}]*,)?(\w+)(=~?)"([^"]*)"', " ".join(shown + rules)):
        assert all((name, label, each) in labels for each in wanted.split("|")), (name, label, operator, wanted)


@needs("systemd-analyze")
def test_the_unit_is_tight():
    unit = BUILD / "daemon" / "clariond.service"
    text = unit.read_text()
    assert "\nUser=clarion\n" in text and "\nType=notify\n" in text and "@" not in re.sub("@(system-service|privileged|resources|obsolete)", "", text)
    judged = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)], capture_output=True, check=True, text=True)
    assert float(re.search(r"Overall exposure level for clariond.service: ([0-9.]+)", judged.stdout)[1]) <= 1.5, judged.stdout
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, check=False, text=True)
    assert not [line for line in verified.stderr.splitlines() if "Unknown" in line or "Failed to parse" in line], verified.stderr


@needs("strace")
@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's calls aren't the program's")
@needs("systemd-analyze")
def test_the_unit_allows_what_the_daemon_does(org):
    """The system calls that it makes, from its start to its end, are among those of the unit's filter."""
    trace = org.folder / "trace"
    org.run("roster publish")
    with open(org.log_path, "ab") as log:
        org.process = start(["strace", "-f", "-qq", "-o", str(trace), program("clariond"), "--config", str(org.configuration)], subprocess.DEVNULL, log)
    org.wait_until_it_answers(60)
    amina, maria = org.officer("amina"), org.defender("maria")
    amina.run("ack", maria.report()["id"])
    org.run("backup", org.folder / "backup")
    healthy(org)
    clariond = int(trace.read_text().split(" ", 1)[0])
    os.kill(clariond, signal.SIGTERM)
    org.process.wait(60)
    made = set(re.findall(r"^\d+\s+(\w+)\(", trace.read_text(errors="replace"), re.M))
    allowed, denied = set(), set()
    for names in re.findall(r"^SystemCallFilter=(.*)$", (BUILD / "daemon" / "clariond.service").read_text(), re.M):
        for name in names.removeprefix("~").split():
            (denied if names.startswith("~") else allowed).update(calls_of(name))
    # What it does as root only, and the class of scheduling, without which it works as well.
    spared = {"chroot", "setgroups", "setresuid", "setresgid", "setuid", "setgid", "fchown", "fchownat", "chown", "sched_setscheduler"}
    assert len(made) > 40 and made - spared <= allowed - denied, made - spared - (allowed - denied)


def calls_of(name):
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, check=True, text=True).stdout.splitlines()[1:]
    words = [line.strip() for line in listed if line.strip() and not line.strip().startswith("#")]
    return set().union(*map(calls_of, words))
