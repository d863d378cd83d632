"""A line that cuts, delays or corrupts at one byte, and what must be true of a report whatever it did."""

import json
import os
import socket
import struct
import threading
import time

from . import sealing, wire
from .organisation import Defender
from .programs import BUILD, EX_OK, EX_PROTOCOL, EX_TEMPFAIL, run

KINDS = ("cut", "delay", "corrupt")
DIRECTIONS = ("up", "down")
PAUSE_SECONDS = 0.2


class CuttingLine:
    """Passes on between the organisation's address and its daemon, which listens elsewhere; counts bytes in each direction over
    all connections since it was armed, and does its harm once, at one of them."""

    def __init__(self, org):
        self.org = org
        self.lock = threading.Lock()
        self.arm(None)
        self.listener = socket.create_server((wire.ADDRESS, org.port))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def arm(self, kind, direction="up", offset=0):
        with self.lock:
            self.kind, self.direction, self.offset = kind, direction, offset
            self.passed = dict.fromkeys(DIRECTIONS, 0)
            self.has_fired = False

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)

    def _serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection((wire.ADDRESS, self.org.listen_port))
            except OSError:
                return
            for source, sink, direction in ((client, server, "up"), (server, client, "down")):
                threading.Thread(target=self._pass_on, args=(source, sink, direction), daemon=True).start()

    def _harm(self, data, direction):
        """What of data goes on, and whether that is the end."""
        with self.lock:
            place = self.offset - self.passed[direction]
            self.passed[direction] += len(data)
            if self.kind is None or self.has_fired or direction != self.direction or not 0 <= place < len(data):
                return data, False
            self.has_fired = True
            kind = self.kind
        if kind == "delay":
            time.sleep(PAUSE_SECONDS)
        elif kind == "corrupt":
            data = data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1:]
        return (data[:place], True) if kind == "cut" else (data, False)

    def _pass_on(self, source, sink, direction):
        try:
            while data := source.recv(65536):
                data, is_end = self._harm(data, direction)
                sink.sendall(data)
                if is_end:
                    break
        except OSError:
            pass
        for line in (source, sink):
            try:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Submissions:
    """Sealed reports carried over the line, one for each harm. Sealing is done here: the client's own work is the submission."""

    def __init__(self, org, folder, large=0, line=None):
        self.org, self.folder = org, folder
        self.attachments = [("attachments/001.bin", os.urandom(large))] if large else []
        self.line = line or CuttingLine(org)
        self.carrier = Defender(org, f"carrier-{folder.name}").join()
        self.accepted, self.queued = [], []

    def carry(self):
        sealed = sealing.SealedReport(self.org, attachments=self.attachments)
        path = self.folder / f"{sealed.id[:16]}.age"
        path.write_bytes(sealed.bytes)
        path.with_suffix(".age.to").write_text(json.dumps(
            {"desk": self.org.desk, "urgency": sealed.urgency, "roster": sealed.roster, "salt": sealed.salt.hex()}))
        done = self.carrier.run("carry", path, expect=None)
        assert done.code in (EX_OK, EX_TEMPFAIL, EX_PROTOCOL), done
        state = done.json["state"]
        assert done.json["id"] == sealed.id and (state == "accepted") == (done.code == EX_OK), done
        (self.accepted if state == "accepted" else self.queued).append(sealed.id)
        path.unlink()
        return state

    def measure(self):
        """How many bytes one submission is, up and down."""
        self.line.arm(None)
        assert self.carry() == "accepted"
        return dict(self.line.passed)

    def harm(self, kind, direction, offset):
        self.line.arm(kind, direction, offset)
        state = self.carry()
        # A delay does no harm at all.
        assert kind != "delay" or state == "accepted", (direction, offset)
        return self.line.has_fired

    def settle(self, officer):
        """Once the line is whole: every report is there exactly once, and nothing is left. Returns how many had waited."""
        self.line.arm(None)
        waited = len(self.queued)
        assert self.carrier.run("send").json == {"sent": waited, "queued": 0}
        self.accepted, self.queued = self.accepted + self.queued, []
        there = [alert["report"] for alert in officer.alerts()]
        assert sorted(there) == sorted(self.accepted)
        return waited

    def close(self):
        self.line.close()


class Harmed:
    """Reports by the client's own code in one process, each harmed at one byte (tests/attack/harm_submissions.c)."""

    def __init__(self, org, officer):
        self.org, self.officer = org, officer
        self.invitation = org.invitation("--desk", org.desk).strip()
        self.reports = []

    def _run(self, *options):
        command = [str(BUILD / "tests/attack/harm_submissions"), "submit", "--memory", self.invitation,
                   "--listen", str(self.org.port), "--server", str(self.org.listen_port), *map(str, options)]
        *reports, done = run(command, environment=self.org.environment, timeout=3600).out.splitlines()
        self.reports += reports
        return json.loads(done)

    def measure(self):
        """How many bytes one submission is, up and down."""
        done = self._run("--to", 1)
        return {"up": done["up"], "down": done["down"]}

    def share(self, kind, way, first, end, step):
        """Harms at these bytes: how many were `tried`, how often harm was done (`fired`), how many were `queued` on the way."""
        return self._run("--harm", kind, "--way", way, "--from", first, "--to", end, "--step", step)

    def settle(self):
        """Every report is there, once, and nothing else."""
        line = CuttingLine(self.org)
        there = [alert["report"] for alert in self.officer.alerts()]
        line.close()
        assert len(set(self.reports)) == len(self.reports) and sorted(there) == sorted(self.reports)
