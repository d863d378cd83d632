"""An organisation in two lines:

    org = Organisation(tmp_path)
    officer = org.officer("amina", desk="urgent")

Its folders lie in tmp_path, its daemon listens on a free loopback port and starts when it is first needed."""

import json
import os
import signal
import struct
import subprocess
import threading
import time
from pathlib import Path

from . import signing, stock, wire
from .programs import EX_OK, Result, assert_no_sanitizer_report, program, run, start, stop, wait_until

DESK = "urgent"
SUMMARY = "Two men waited at the office gate."


class Person:
    """Somebody with a home and a program."""

    def __init__(self, organisation, program_name, home):
        self.organisation, self.program_name, self.home = organisation, program_name, home

    def command(self, verb, *arguments, json_wanted=True):
        words = [program(self.program_name, self.organisation.build), *verb.split(), *map(str, arguments), "--home", str(self.home)]
        return words + (["--json"] if json_wanted else [])

    def run(self, verb, *arguments, expect=EX_OK, stdin="", json_wanted=True, timeout=120):
        """Runs a verb with --json; the Result's .json is what it answered."""
        return run(self.command(verb, *arguments, json_wanted=json_wanted), expect=expect, stdin=stdin,
                   environment=self.organisation.environment, timeout=timeout)

    def start(self, verb, *arguments, json_wanted=True):
        """Starts a verb that runs on and on; its lines come through the returned Background."""
        return Background(self.command(verb, *arguments, json_wanted=json_wanted), self.organisation.environment)


class Background:
    """A running program whose standard output is collected line by line."""

    def __init__(self, command, environment):
        self.process = start(command, subprocess.PIPE, subprocess.PIPE, environment)
        self.lines, self.errors = [], []
        self.times = []
        for stream, sink in ((self.process.stdout, self.lines), (self.process.stderr, self.errors)):
            threading.Thread(target=self._collect, args=(stream, sink), daemon=True).start()

    def _collect(self, stream, sink):
        for line in stream:
            if sink is self.lines:
                self.times.append(time.monotonic())
            sink.append(line.decode(errors="replace"))

    def documents(self):
        return [json.loads(line) for line in list(self.lines)]

    def wait_for(self, condition, seconds=20):
        """Waits for a JSON line that condition takes, and returns it."""
        return wait_until(lambda: next((line for line in self.documents() if condition(line)), None), seconds,
                          f"a line of {self.process.args[:2]} ({self.lines} {self.errors})")

    def stop(self):
        return stop(self.process)


class Officer(Person):
    def __init__(self, organisation, name):
        super().__init__(organisation, "clarion-officer", organisation.folder / name)
        self.name = name
        self.card = self.run("init", "--name", name, "--no-passphrase").json["card"]

    @property
    def signing_key(self):
        return signing.identity_of(self.home)[0]

    def join(self, expect=EX_OK):
        return self.run("join", "-", stdin=self.organisation.invitation("--officer"), expect=expect)

    def alerts(self):
        return self.run("pull").json["alerts"]

    def call(self, method, path, body=b"", headers=None, **how):
        """A signed request, made in Python. path is behind BASE/v1/. Returns (answer, headers sent)."""
        organisation = self.organisation
        target = f"{organisation.base_path}/v1/{path}"
        sent = signing.signed_headers(self.signing_key, method, organisation.authority, target, body, **how)
        sent.update(headers or {})
        return wire.request(organisation.port, method, target, sent, body), sent


class Defender(Person):
    def __init__(self, organisation, name):
        super().__init__(organisation, "clarion", organisation.folder / name)

    def join(self, invitation=None, expect=EX_OK):
        invitation = invitation or self.organisation.invitation("--desk", self.organisation.desk)
        self.run("join", "-", "--no-passphrase", stdin=invitation, expect=expect)
        return self

    def report(self, *arguments, summary=SUMMARY, urgency="urgent", expect=EX_OK, **fields):
        """Sends a report; the answer's JSON (id, receipt, state, accepted)."""
        where = self.organisation.write_report(summary=summary, urgency=urgency, **fields)
        result = self.run("report", "--desk", self.organisation.desk, "--file", where, *arguments, expect=expect)
        return result.json if result.code == EX_OK else result

    def inbox(self, receipt, expect=EX_OK):
        result = self.run("inbox", "--receipt-file", "-", stdin=receipt + "\n", expect=expect)
        return result.json["messages"] if result.code == EX_OK else result

# A test opens more connections in a second than a group of people behind one address.
QUICK_TESTS = {"new_per_second": 2000, "new_burst": 20000}


class Organisation(Person):
    """The admin, and everything that belongs to her organisation."""

    def __init__(self, folder, desk=DESK, build=None, settings=None, admission="open"):
        self.folder, self.desk, self.build, self.admission = Path(folder), desk, build, admission
        self.environment = {}
        self.process, self.log_path = None, self.folder / "clariond.log"
        self.port = wire.free_port()
        self.listen_port = self.port
        self.officers = {}
        self._reports = 0
        super().__init__(self, "clarion-admin", self.folder / "admin")
        if build is not None:
            self._use_clock()
        made = self.run("init", "--org", "Test Network", "--url", f"https://127.0.0.1:{self.port}", "--no-passphrase").json
        self.fingerprint, self.url = made["fingerprint"], made["url"]
        self.base_path = "/" + self.url.rsplit("/", 1)[1]
        self.authority = f"127.0.0.1:{self.port}"
        self.add_desk(desk)
        for name, value in {**QUICK_TESTS, **(settings or {})}.items():
            self.set(name, value)

    # --- who is in it

    def add_desk(self, desk, *options):
        self.run("desk add", desk, "--title", f"The {desk} desk", "--admission", self.admission, *options)

    def officer(self, name, desk=None, join=True):
        """A new officer: identity, roster, published; then the daemon runs and she has joined."""
        officer = Officer(self, name)
        self.run("officer add", "-", "--desk", desk or self.desk, stdin=officer.card + "\n")
        self.publish()
        self.officers[name] = officer
        if join:
            self.ensure_running()
            officer.join()
        return officer

    def defender(self, name):
        self.ensure_running()
        return Defender(self, name).join()

    def publish(self):
        return self.run("roster publish").json

    def invitation(self, *options):
        return self.run("invite", *options).json["invitations"][0] + "\n"

    # --- the daemon

    @property
    def configuration(self):
        return self.home / "daemon" / "clariond.conf"

    def set(self, name, value):
        """Sets one line of clariond.conf."""
        lines = [line for line in self.configuration.read_text().splitlines() if line.split("=")[0].strip() != name]
        self.configuration.write_text("\n".join([*lines, f"{name} = {value}"]) + "\n")

    def setting(self, name):
        for line in self.configuration.read_text().splitlines():
            if line.split("=")[0].strip() == name:
                return line.partition("=")[2].strip()
        raise KeyError(name)

    def file_of(self, name):
        """The path that a setting names; relative ones count from the configuration's folder."""
        return self.configuration.parent / self.setting(name)

    def start_daemon(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = start([program("clariond", self.build), "--config", str(self.configuration)],
                                 subprocess.DEVNULL, log, self.environment)
        if wait:
            self.wait_until_it_answers()
        return self.process

    def wait_until_it_answers(self, seconds=30):
        def answers():
            assert self.process.poll() is None, f"clariond ended with {self.process.returncode}:\n{self.log()}"
            try:
                return self.get("roster", port=self.listen_port, timeout=3).status == 200
            except (OSError, ConnectionError):
                return False
        wait_until(answers, seconds, f"clariond's first answer (log: {self.log_path})")

    def ensure_running(self):
        if self.process is None or self.process.poll() is not None:
            self.start_daemon()

    def stop_daemon(self):
        code = stop(self.process)
        assert_no_sanitizer_report(self.log())
        return code

    def kill_daemon(self):
        """SIGKILL for the supervisor; its roles must end by themselves."""
        roles = list(self.roles())
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(is_alive(pid) for pid, _ in roles), 10, "the end of the roles")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def roles(self):
        """(pid, role) of each child of the supervisor."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (OSError, ValueError):
                continue
            if parent == self.process.pid:
                role = next((word[7:].decode() for word in words if word.startswith(b"--role=")), None)
                if role:
                    found.append((int(entry.name), role))
        return found

    # --- raw requests

    def target(self, path):
        return f"{self.base_path}/v1/{path}"

    def get(self, path, headers=(), port=None, timeout=15):
        return wire.request(port or self.port, "GET", self.target(path), headers, timeout=timeout)

    def roster(self):
        return signing.Roster(self.get("roster", port=self.listen_port).body)

    def seal(self, summary=SUMMARY, recipients=None, attachments=None, **fields):
        """(id, bytes) of a report that the stock age sealed to the desk."""
        self._reports += 1
        archive = stock.report_archive(self.folder / f"raw{self._reports}-{os.urandom(4).hex()}", summary, attachments, **fields)
        sealed = stock.seal(recipients or self.roster().recipients(self.desk), archive)
        return stock.report_id(sealed), sealed

    def put(self, report, sealed, desk=None, urgency="urgent", roster=None, headers=(), **more):
        roster = roster or self.roster().version
        query = f"desk={desk or self.desk}&urgency={urgency}&roster={roster}"
        return wire.request(self.port, "PUT", self.target(f"reports/{report}?{query}"), headers, sealed, **more)

    def write_report(self, **fields):
        self._reports += 1
        path = self.folder / f"report-{self._reports}-{os.urandom(4).hex()}.json"
        path.write_text(json.dumps({"schema": 1, **fields}))
        return path

    # --- the test clock, where the build has one

    def _use_clock(self):
        self.clock_path = self.folder / "clock"
        self.clock_path.write_bytes(struct.pack("<q", 0))
        self.environment = {"CLARION_TEST_CLOCK": str(self.clock_path)}

    def shift_clock(self, days=0, seconds=0):
        """What the programs take for now departs from the truth by this much."""
        with open(self.clock_path, "r+b") as file:
            file.write(struct.pack("<q", int((days * 86400 + seconds) * 1000)))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_role(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


__all__ = ["Organisation", "Officer", "Defender", "Background", "Result", "is_alive", "kill_role"]
