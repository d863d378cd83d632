"""One call of one process fails, once: the page that tests/faults/inject.c reads, and what must hold afterwards."""

import errno
import mmap
import re
import struct
import time
from pathlib import Path
from typing import NamedTuple

from . import programs, stock
from .organisation import is_alive

ROLES = ("supervisor", "front", "store", "notify", "checkpoint", "client")
CALLS = ("memory", "read", "write", "sync", "open", "accept", "connect")
SHORT = 0
ERRORS = {"memory": (errno.ENOMEM,), "read": (errno.EIO, errno.EINTR, SHORT), "write": (errno.ENOSPC, errno.EIO, errno.EINTR, SHORT),
          "sync": (errno.EIO, errno.ENOSPC), "open": (errno.EMFILE, errno.EACCES), "accept": (errno.EMFILE, errno.ECONNABORTED, errno.EINTR),
          "connect": (errno.ECONNREFUSED, errno.EINTR)}
ENVIRONMENT = "CLARION_TEST_FAULTS"
LAYOUT = struct.Struct("<5q")
PLACE_AT = LAYOUT.size + 8 * len(ROLES)  # the place that fails, and the phase that is noted
WHERE = struct.Struct("<6q")
TABLE_AT = PLACE_AT + 16 + WHERE.size
PLACE = struct.Struct("<4q")
PLACES = 65536
SIZE = TABLE_AT + PLACE.size * PLACES
UNREACHED = 1 << 40
# SIGKILL is the supervisor's own: a role that no longer talks to it is ended and started anew.
DIED_BADLY = re.compile(r"event=role_ended child=(\w+) pid=\d+ signal=(?!9\b)(\d+)")


def library(build=None):
    """The preloaded library's path, or None where the build has none (a sanitized one)."""
    path = Path(build or programs.BUILD) / "tests/faults/libinject.so"
    return path if path.exists() else None


class Place(NamedTuple):
    """Where a call is made: its hash, and the phase in which it was first met."""
    hash: int
    role: str
    call: str
    phase: int


class Injector:
    def __init__(self, folder, build=None):
        self.path = folder / "faults-page"
        self.path.write_bytes(bytes(SIZE))
        self.path.chmod(0o666)
        with open(self.path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), SIZE)
        self.environment = {"LD_PRELOAD": str(library(build)), ENVIRONMENT: str(self.path)}

    def arm(self, role, call, error, number):
        """The number-th call from now on fails."""
        self.page[:LAYOUT.size] = LAYOUT.pack(0, ROLES.index(role), CALLS.index(call), error, 0)
        self.page[:8] = struct.pack("<q", number)

    def note(self, phase):
        """From now on places are noted as met first in this phase; 0: no more."""
        self.page[PLACE_AT + 8:PLACE_AT + 16] = struct.pack("<q", phase)

    def places(self):
        table = PLACE.iter_unpack(self.page[TABLE_AT:SIZE])
        found = [Place(where, ROLES[role], CALLS[call], phase) for where, role, call, phase in table if where]
        return sorted(found, key=lambda place: (place.role, place.phase, place.call))

    def arm_place(self, place, error):
        """This place fails when it is met next."""
        self.page[:LAYOUT.size] = LAYOUT.pack(0, ROLES.index(place.role), CALLS.index(place.call), error, 0)
        self.page[PLACE_AT:PLACE_AT + 8] = struct.pack("<q", place.hash)

    def where(self):
        """The program's own addresses above the call that failed last."""
        return " ".join(hex(address) for address in WHERE.unpack(self.page[PLACE_AT + 16:TABLE_AT]) if address)

    def has_fired(self):
        return LAYOUT.unpack(self.page[:LAYOUT.size])[4] > 0

    def disarm(self):
        """Whether it had failed; and how many calls there were, where it was armed with UNREACHED."""
        countdown, _, _, _, fired = LAYOUT.unpack(self.page[:LAYOUT.size])
        self.page[:8] = bytes(8)
        self.page[PLACE_AT:PLACE_AT + 8] = bytes(8)
        return fired > 0, UNREACHED - countdown

    def blocks(self, role):
        at = LAYOUT.size + 8 * ROLES.index(role)
        return struct.unpack("<q", self.page[at:at + 8])[0]


class Witness:
    """Sends reports while calls fail, and knows at the end whether one that was accepted is missing."""

    def __init__(self, org, officer):
        self.org, self.officer = org, officer
        self.roster = org.roster()
        self.accepted, self.answers = {}, {}
        self.number = 0

    def send(self):
        """One report over a fresh line; what the sender learns, in a word."""
        report, sealed = self.next_sealed()
        word = self._put(report, sealed)
        self.answers[word] = self.answers.get(word, 0) + 1
        # Whatever happened: she tries again, and it works.
        until = time.monotonic() + 60
        while report not in self.accepted:
            assert time.monotonic() < until, f"a report isn't taken any more, after {word}\n{self.org.log()[-2000:]}"
            if self._put(report, sealed) != "accepted":
                time.sleep(0.02)
        return word

    def next_sealed(self):
        self.number += 1
        return self.org.seal(summary=f"Report {self.number}", recipients=self.roster.recipients(self.org.desk))

    def _put(self, report, sealed):
        try:
            answer = self.org.put(report, sealed, roster=self.roster.version, timeout=15)
        except (OSError, ConnectionError):
            return "no answer"
        if answer.status in (200, 201):
            self.accepted[report] = sealed
            return "accepted"
        assert answer.status in (500, 503, 507), answer
        return str(answer.status)

    def check(self):
        """Every accepted report is there, byte for byte."""
        for report, sealed in self.accepted.items():
            answer, _ = self.officer.call("GET", f"reports/{report}")
            assert answer.status == 200 and answer.body == sealed and stock.report_id(answer.body) == report, report


def try_call(org, witness, injector, role, call, error, numbers, before=lambda: None):
    """Each of these calls fails in turn while a report is sent. Returns how many did fail."""
    supervisor, fired_in_all = org.process.pid, 0
    for number in numbers:
        injector.arm(role, call, error, number)
        before()
        witness.send()
        fired, _ = injector.disarm()
        fired_in_all += fired
        assert org.process.poll() is None and is_alive(supervisor), f"the supervisor died of {role} {call} {error} {number}"
        if not fired:
            break
    bad = [(child, signal) for child, signal in DIED_BADLY.findall(org.log())]
    assert not bad, f"{role} {call} {error}: {bad}"
    return fired_in_all


def begin(folder, organisation):
    """A daemon whose calls can be made to fail, an officer, and who sends reports."""
    injector = Injector(folder)
    amina = organisation.officer("amina", join=False)
    organisation.environment = injector.environment
    organisation.start_daemon()
    organisation.environment = {}
    amina.join()
    return injector, Witness(organisation, amina)


def descriptors(org):
    """How many descriptors each role has open."""
    return {role: len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid, role in org.roles()}


__all__ = ["Injector", "Witness", "try_call", "descriptors", "library"]
