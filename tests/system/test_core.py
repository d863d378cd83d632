"""What a core would hold, were one written: each role's memory but what is marked as not to be dumped. The kernel leaves
such mappings out of a core whatever the process's limits and flags say; so this reads what it would take."""

import hashlib
import os
import re
from pathlib import Path

import pytest

from helpers.programs import is_sanitized, wait_until

PIECE = 16 * 1024 * 1024


def mappings(pid):
    """(start, end, is left out of a core) of each mapping that can be read and isn't the kernel's own."""
    found, current = [], None
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
        if head:
            current = (int(head[1], 16), int(head[2], 16), head[3], head[4])
        elif line.startswith("VmFlags:") and current[2].startswith("r") and current[3] not in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
            found.append((current[0], current[1], "dd" in line.split()[1:]))
    return found


def memory(pid, left_out):
    """Everything that a core holds, or everything that it leaves out."""
    parts = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as source:
        for start, end, is_left_out in mappings(pid):
            if is_left_out != left_out:
                continue
            for at in range(start, end, PIECE):
                try:
                    source.seek(at)
                    parts.append(source.read(min(PIECE, end - at)))
                except OSError:
                    pass  # a guard page, or a mapping that has gone since
    return b"\0".join(parts)


def subkey(key, context):
    """libsodium's crypto_kdf, subkey 1."""
    return hashlib.blake2b(b"", digest_size=32, key=key, salt=(1).to_bytes(8, "little") + bytes(8),
                           person=context + bytes(8)).digest()


def secrets_of(org):
    keyring = (org.home / "daemon" / "keyring").read_bytes()
    at = keyring.index(b"\n") + 1
    count = int.from_bytes(keyring[at:at + 4], "big")
    at += 4
    found = {}
    for _ in range(count):
        epoch, key = int.from_bytes(keyring[at:at + 4], "big"), keyring[at + 4:at + 36]
        found |= {f"storage key {epoch}": key, f"wrap key {epoch}": subkey(key, b"wrap-key"), f"rows key {epoch}": subkey(key, b"rows-key")}
        at += 36
    found["index key"] = keyring[at:at + 32]
    at += 32 + 4
    found["receipt seed"] = keyring[at + 4:at + 36]
    return found


def check(org):
    secrets = secrets_of(org)
    pids = {role: pid for pid, role in org.roles()} | {"supervisor": org.process.pid}
    kept = memory(pids["store"], left_out=True)
    # The controls: the search finds the keys where they are kept, and what is no secret where a core would have it.
    for name in ("index key", "storage key 1" if "storage key 1" in secrets else "storage key 2"):
        assert secrets[name] in kept, name
    assert any(secret in kept for name, secret in secrets.items() if name.startswith("wrap key"))
    assert org.base_path[1:].encode() in memory(pids["front"], left_out=False)
    for role, pid in pids.items():
        dumped = memory(pid, left_out=False)
        assert len(dumped) > 100000
        assert [name for name, secret in secrets.items() if secret in dumped] == [], role


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory isn't the program's")
@pytest.mark.skipif(os.getuid() != 0, reason="needs root to read the memory of processes that say no")
def test_no_key_is_in_what_a_core_would_hold(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    check(org)
    report = nadia.report()
    amina.run("ack", report["id"])
    amina.run("open", report["id"], "--out", org.folder / "opened")
    org.run("rotate storage")
    wait_until(lambda: all(each["state"] == "done" for each in org.run("rotate status").json["rotations"] if each["what"] == "storage"),
               60, "the end of the rotation")
    org.run("destroy", report["id"])
    check(org)
