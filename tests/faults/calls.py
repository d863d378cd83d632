"""Makes each call of each process fail once, one after the other."""

import os
import random
import signal
import tempfile
from pathlib import Path

from helpers import faults, programs
from helpers.organisation import Organisation

# How many different calls of a kind are tried at most: a TLS handshake alone allocates some hundreds of times.
NUMBERS_MAX = {"memory": 700}
NUMBERS_DEFAULT = 12
ORDINARY_CODES = {0, 65, 66, 69, 70, 71, 73, 74, 75, 76, 77}
PRELOADED = ("front", "store", "checkpoint", "notify", "supervisor")


def kill_a_front(org):
    """The supervisor has nothing to do but when one of its children ends."""
    fronts = [pid for pid, role in org.roles() if role == "front"]
    os.kill(random.choice(fronts), signal.SIGKILL)


def try_daemon(folder):
    org = Organisation(folder, settings={"workers": 1})
    injector, witness = faults.begin(folder, org)
    witness.send()
    before, fired, lines = faults.descriptors(org), 0, []
    for role in PRELOADED:
        for call in faults.CALLS:
            for error in faults.ERRORS[call]:
                numbers = range(1, NUMBERS_MAX.get(call, NUMBERS_DEFAULT) + 1)
                before_each = (lambda: kill_a_front(org)) if role == "supervisor" else (lambda: None)
                count = faults.try_call(org, witness, injector, role, call, error, numbers, before_each)
                fired += count
                if count:
                    lines.append(f"  {role} {call} {os.strerror(error) if error else 'cut short'}: {count} failed, told {witness.answers}")
                witness.answers = {}
    witness.check()
    after = faults.descriptors(org)
    programs.stop(org.process)
    return fired, len(witness.accepted), lines, before, after


def try_client(folder):
    """`clarion report`: done, queued, or one line that says why not; never a signal, and never two reports."""
    org = Organisation(folder, settings={"workers": 1})
    injector = faults.Injector(folder)
    amina = org.officer("amina")
    person = org.defender("nadia")
    org.environment = injector.environment
    fired = 0
    for call in ("memory", "read", "write", "sync", "open", "connect"):
        for error in faults.ERRORS[call]:
            for number in range(1, 400, 7 if call == "memory" else 3):
                injector.arm("client", call, error, number)
                where = org.write_report(summary=f"{call} {error} {number}", urgency="urgent")
                result = person.run("report", "--desk", org.desk, "--file", where, expect=None)
                happened, _ = injector.disarm()
                assert result.code in ORDINARY_CODES, (call, error, number, result)
                assert result.code in (0, 75) or result.err.startswith("clarion: "), (call, error, number, result)
                fired += happened
                if not happened:
                    break
    org.environment = {}
    person.run("send")
    texts = [amina.run("open", alert["report"], "--out", folder / f"o{alert['seq']}").json["summary"] for alert in amina.alerts()]
    assert len(texts) == len(set(texts)), "a report came twice"
    programs.stop(org.process)
    return fired, len(texts)


def main():
    with tempfile.TemporaryDirectory(prefix="clarion-faults.") as folder:
        for name in ("daemon", "client"):
            (Path(folder) / name).mkdir()
        fired, accepted, lines, before, after = try_daemon(Path(folder) / "daemon")
        print("\n".join(lines))
        print(f"calls: {fired} calls of the daemon's processes failed, {accepted} reports accepted, 0 lost; descriptors {before} before, {after} after")
        fired, there = try_client(Path(folder) / "client")
        print(f"calls: {fired} calls of a defender's client failed, {there} reports there, none twice")
