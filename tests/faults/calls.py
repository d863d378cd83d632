"""Makes every call of every process fail once, at each place where it is made.

A place is a call together with the return addresses above it (inject.h). A first run notes the places that each process reaches at its start and in each of a few scenes; then each
place fails once, in each way in which that call can fail, while its scene is played again."""

import errno
import re
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from helpers import faults, programs, stock, wire
from helpers.organisation import Organisation, kill_role
from helpers.programs import wait_until

ORDINARY_CODES = {0, 65, 66, 69, 70, 71, 73, 74, 75, 76, 77, 78}
CHECKED_EACH = 100
START, SENDING, PUBLISHING = 1, 3, 6
START_PATIENCE = 0.5
HANGS = 40
LINE_PATIENCE = 10  # the line itself may be what couldn't be written
STARTING, READY = "event=unencrypted_keys", "role=supervisor event=ready"
SENTENCE = re.compile(r"^clarion[a-z-]*: ", re.MULTILINE)


class Daemon:
    """A daemon, and what is done to it in each phase."""

    def __init__(self, folder):
        self.folder = folder
        self.org = Organisation(folder, settings={"workers": 1})
        self.injector, self.witness = faults.begin(folder, self.org)
        self.wait_until_ready()
        self.amina = self.org.officers["amina"]
        self.base = self.witness.send() and list(self.witness.accepted.items())[0]
        self.witness.next_sealed = self.another
        self.number = 0
        self.log_at = 0
        self.scenes = {2: self.report, 3: self.upload, 4: self.read, 5: self.acknowledge, 6: self.backup, 7: self.rotate}

    def another(self):
        """Another file: only the header is looked at before an officer opens it."""
        self.number += 1
        sealed = self.base[1][:-8] + self.number.to_bytes(8, "big")
        return stock.report_id(sealed), sealed

    # --- the scenes; each may be refused, none may hang

    def restart(self, role):
        if role == "supervisor":
            self.restart_all()
            return
        before = {pid for pid, name in self.org.roles() if name == role}
        for pid in before:
            kill_role(pid)
        wait_until(lambda: {pid for pid, name in self.org.roles() if name == role} - before, 30, f"another {role}")

    def restart_all(self):
        """What the start says where it fails is a sentence; the next one works."""
        self.org.stop_daemon()
        self.org.environment = self.injector.environment
        self.org.start_daemon(wait=False)
        try:
            self.org.wait_until_it_answers()
        except AssertionError:
            code = self.org.process.poll()
            assert code is not None and code in ORDINARY_CODES, code
            self.org.start_daemon()
        self.org.environment = {}
        self.wait_until_ready()

    def wait_until_ready(self):
        """Before that a role that can't start ends the daemon, which says why."""
        wait_until(lambda: {"front", "store", "notify", "checkpoint"} <= {name for _, name in self.org.roles()}, 30, "all roles")
        until = time.monotonic() + LINE_PATIENCE
        while READY not in self.org.log().rpartition(STARTING)[2] and time.monotonic() < until:
            time.sleep(0.05)

    def report(self):
        self.witness.send()

    def upload(self):
        report, sealed = self.another()
        key = {"Upload-Key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}
        query = f"uploads?id={report}&length={len(sealed)}&desk={self.org.desk}&urgency=urgent&roster={self.witness.roster.version}"
        half = len(sealed) // 2
        try:
            made = wire.request(self.org.port, "POST", self.org.target(query), key, timeout=15)
            if made.status != 201:
                return
            for begin, end in ((0, half), (half, len(sealed))):
                answer = wire.request(self.org.port, "PATCH", self.org.target(f"reports/{report}"),
                                      {**key, "Upload-Offset": str(begin), "Upload-Complete": "?1" if end == len(sealed) else "?0",
                                       "Content-Type": "application/partial-upload"}, sealed[begin:end], timeout=15)
                assert answer.status in (201, 204, 404, 409, 500, 503, 507), answer
            if answer.status == 201:
                self.witness.accepted[report] = sealed
        except (OSError, ConnectionError):
            pass

    def _run(self, person, *words):
        try:
            result = person.run(*words, expect=None, timeout=HANGS)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"{words} has no end") from late
        assert result.code in ORDINARY_CODES, result
        assert result.code == 0 or SENTENCE.search(result.err), result

    def read(self):
        try:
            for path in (f"desks/{self.org.desk}/alerts", f"reports/{self.base[0]}"):
                answer, _ = self.amina.call("GET", path)
                assert answer.status in (200, 500, 503, 507), answer
        except (OSError, ConnectionError):
            pass

    def acknowledge(self):
        self.witness.send()
        self._run(self.amina, "ack", list(self.witness.accepted)[-1])

    def backup(self):
        path = self.folder / f"backup-{self.number}"
        self._run(self.org, "backup", path)
        path.unlink(missing_ok=True)

    def rotate(self):
        self._run(self.org, "rotate storage")
        self._run(self.org, "roster sign")
        self._run(self.org, "roster publish")

    # --- noting and failing

    def note(self):
        for role in ("front", "store", "notify", "checkpoint", "supervisor"):
            self.injector.note(START)
            self.restart(role)
            self.org.wait_until_it_answers()
        for phase, scene in self.scenes.items():
            self.injector.note(phase)
            scene()
            scene()
        self.injector.note(0)
        return self.injector.places()

    def wait_for_fault(self):
        """What a role does at its start may come after the first report: checkpoint and notify work beside."""
        until = time.monotonic() + START_PATIENCE
        while not self.injector.has_fired() and time.monotonic() < until:
            time.sleep(0.02)

    def fail(self, place, error):
        supervisor = self.org.process.pid
        self.injector.arm_place(place, error)
        if place.phase == START:
            self.restart(place.role)
            self.witness.send()
            self.wait_for_fault()
        else:
            self.scenes[place.phase]()
        fired = self.injector.disarm()[0]
        self.org.ensure_running()
        self.witness.send()
        died = self.org.process.pid != supervisor
        assert not died or place.role == "supervisor" and place.phase == START, f"the supervisor died of {place} {error}"
        with open(self.org.log_path, encoding="utf-8", errors="replace") as log:
            log.seek(self.log_at)
            bad = faults.DIED_BADLY.findall(log.read())
            self.log_at = log.tell()
        assert not bad, f"{place} {error}: {bad}"
        return fired


def each(places, seconds):
    """Each place in each way, as long as there is time."""
    until = time.monotonic() + seconds
    todo = [(place, error) for place in places for error in faults.ERRORS[place.call]]
    for number, (place, error) in enumerate(todo):
        if time.monotonic() > until:
            print(f"  stopped after {number} of {len(todo)}: out of time", flush=True)
            return
        yield number, place, error


def try_daemon(folder, roles, seconds):
    daemon = Daemon(folder)
    places = [place for place in daemon.note() if place.role in roles]
    print("daemon:", len(places), "places", dict(Counter((place.role, place.call) for place in places)), flush=True)
    before, fired, failures = faults.descriptors(daemon.org), Counter(), []
    for number, place, error in each(places, seconds):
        try:
            fired[place.role] += daemon.fail(place, error)
        except AssertionError as failure:
            failures.append(f"{place} {error} at {daemon.injector.where()}: {str(failure)[:1500]}")
            print("FAILED", failures[-1], flush=True)
            daemon.injector.disarm()
            daemon.restart_all()
        if number % CHECKED_EACH == 0:
            print(f"  {number}: {dict(fired)}, {len(daemon.witness.accepted)} accepted", flush=True)
    daemon.witness.check()
    print(f"calls: {sum(fired.values())} failed {dict(fired)}, {len(daemon.witness.accepted)} reports accepted, {len(failures)} failures; "
          f"descriptors {before} before, {faults.descriptors(daemon.org)} after", flush=True)
    programs.stop(daemon.org.process)
    return failures


class Client:
    """A defender's, an officer's and an admin's programs, each in a scene of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.org = Organisation(folder, settings={"workers": 1})
        self.injector = faults.Injector(folder)
        self.amina = self.org.officer("amina")
        self.nadia = self.org.defender("nadia")
        self.number = 0
        self.sent = self.nadia.report()
        self.amina.run("ack", self.sent["id"])
        self.amina.run("reply", self.sent["id"], "-", stdin="Stay inside.")
        self.scenes = {2: self.report, SENDING: self.send, 4: self.inbox, 5: self.open, PUBLISHING: self.publish}

    def queue_one(self):
        """A report that finds no server."""
        self.org.environment = self.injector.environment
        self.injector.arm("client", "connect", errno.ECONNREFUSED, 1)
        self.nadia.run("report", "--desk", self.org.desk, "--file", self.report()[1][-1], expect=75)
        self.injector.disarm()
        self.org.environment = {}

    def report(self):
        self.number += 1
        where = self.org.write_report(summary=f"r{self.number}", urgency="urgent")
        return self.nadia, ("report", "--desk", self.org.desk, "--file", where)

    def send(self):
        return self.nadia, ("send",)

    def inbox(self):
        return self.nadia, ("inbox", "--receipt-file", "-")

    def open(self):
        return self.amina, ("open", self.sent["id"], "--out", self.folder / f"out-{self.number}-{time.monotonic_ns()}")

    def publish(self):
        return self.org, ("roster publish",)

    def play(self, phase):
        person, words = self.scenes[phase]()
        self.org.environment = self.injector.environment
        try:
            return person.run(*words, expect=None, stdin=self.sent["receipt"] + "\n" if phase == 4 else "")
        finally:
            self.org.environment = {}

    def note(self):
        for phase in self.scenes:
            self.prepare(phase)
            self.injector.note(phase)
            result = self.play(phase)
            self.injector.note(0)
            assert result.code == 0, result
        return self.injector.places()

    def prepare(self, phase):
        if phase == SENDING:
            self.queue_one()
        elif phase == PUBLISHING:
            self.org.run("roster sign", expect=None)

    def fail(self, place, error):
        self.prepare(place.phase)
        self.injector.arm_place(place, error)
        result = self.play(place.phase)
        fired = self.injector.disarm()[0]
        assert result.code in ORDINARY_CODES, result
        assert result.code == 0 or SENTENCE.search(result.err), result
        return fired


def try_clients(folder, seconds):
    client = Client(folder)
    places = [place for place in client.note() if place.role == "client"]
    print("clients:", len(places), "places", dict(Counter((place.phase, place.call) for place in places)), flush=True)
    fired, failures = Counter(), []
    for number, place, error in each(places, seconds):
        try:
            fired[place.phase] += client.fail(place, error)
        except AssertionError as failure:
            failures.append(f"{place} {error} at {client.injector.where()}: {str(failure)[:1500]}")
            print("FAILED", failures[-1], flush=True)
        if number % CHECKED_EACH == 0:
            print(f"  {number}: {dict(fired)}", flush=True)
    client.nadia.run("send", expect=None)
    texts = Counter(client.amina.run("open", alert["report"], "--out", folder / f"o{alert['seq']}").json["summary"] for alert in client.amina.alerts())
    twice = {text: count for text, count in texts.items() if count > 1}
    assert not twice, f"reports came twice: {twice}"
    print(f"calls: {sum(fired.values())} calls of clients failed {dict(fired)}, {len(texts)} reports there, none twice, {len(failures)} failures", flush=True)
    programs.stop(client.org.process)
    return failures


def main(roles, seconds):
    failures = []
    with tempfile.TemporaryDirectory(prefix="clarion-faults.") as folder:
        for name in ("daemon", "client"):
            (Path(folder) / name).mkdir()
        if set(roles) != {"client"}:
            failures += try_daemon(Path(folder) / "daemon", roles, seconds)
        if "client" in roles:
            failures += try_clients(Path(folder) / "client", seconds)
    return failures
