"""Real cores: none is written when a role crashes; and one that is forced out of it, as the kernel would write it, holds no key."""

import base64
import mmap
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from helpers import signing
from helpers.programs import is_sanitized, needs, wait_until
from helpers.sealing import BECH32
from test_core import secrets_of

pytestmark = [pytest.mark.skipif(is_sanitized(), reason="a sanitizer's memory isn't the program's"),
              pytest.mark.skipif(os.getuid() != 0, reason="needs root to dump processes that say no")]


def core_limit(pid):
    limits = Path(f"/proc/{pid}/limits").read_text()
    return limits.split("Max core file size")[1].split()[:2]


@pytest.fixture
def cores_wanted():
    """What this process hands on would let a core be written."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_no_role_writes_a_core(cores_wanted, org):
    assert core_limit("self") == ["unlimited", "unlimited"]
    org.officer("amina")
    for pid in [org.process.pid, *(pid for pid, _ in org.roles())]:
        assert core_limit(pid) == ["0", "0"]
    for role in ("front", "notify", "checkpoint", "store"):
        pid = next(pid for pid, name in org.roles() if name == role)
        os.kill(pid, signal.SIGSEGV)
        wait_until(lambda gone=pid: f"event=role_ended child={role} pid={gone} signal=11" in org.log(), 30, "its end")
        wait_until(lambda name=role: any(each == name for _, each in org.roles()), 30, "another one")
    org.wait_until_it_answers()
    cores = [path for path in org.folder.rglob("*") if path.is_file() and "core" in path.name]
    assert cores == []


def dump(pid, folder, excluded_too):
    """What gdb writes of a process: by default what the kernel would, which leaves out mappings that say so."""
    name = folder / f"core-{excluded_too}"
    done = subprocess.run(["gdb", "-nx", "--batch", "-p", str(pid), "-ex", "set use-coredump-filter on",
                           "-ex", f"set dump-excluded-mappings {'on' if excluded_too else 'off'}", "-ex", f"generate-core-file {name}"],
                          capture_output=True, check=False, timeout=120)
    assert name.exists(), done.stderr.decode()
    return name


def found_in(path, secrets):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as core:
        names = [name for name, secret in secrets.items() if core.find(secret) >= 0]
    path.unlink()
    return names


def data_of(bech):
    value = 0
    for letter in bech[bech.rindex("1") + 1:-6].lower():
        value = value << 5 | BECH32.index(letter)
    return (value >> 4).to_bytes(32, "big")


def secrets_of_identity(home):
    lines = (home / "identity.age").read_text().splitlines()
    seed = next(base64.b64decode(line.removeprefix("# signing-key: ")) for line in lines if line.startswith("# signing-key: "))
    identity = next(line for line in lines if line.startswith("AGE-SECRET-KEY-1"))
    return {"signing seed": seed, "signing seed as text": base64.b64encode(seed), "identity": data_of(identity), "identity as text": identity.encode()}


@needs("gdb")
def test_no_key_is_in_a_core(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    report = nadia.report()["id"]
    watch = amina.start("watch")
    watch.wait_for(lambda alert: alert["report"] == report)
    amina.run("ack", report)
    secrets = secrets_of(org)
    pids = {role: pid for pid, role in org.roles()} | {"supervisor": org.process.pid}
    for role, pid in pids.items():
        assert found_in(dump(pid, tmp_path, False), secrets) == [], role
    # The control: where what is left out is dumped too, the same search finds them.
    assert {"index key", "storage key 1"} <= set(found_in(dump(pids["store"], tmp_path, True), secrets))
    hers = secrets_of_identity(amina.home)
    assert found_in(dump(watch.process.pid, tmp_path, False), hers) == []
    assert {"signing seed", "identity"} <= set(found_in(dump(watch.process.pid, tmp_path, True), hers))
    plain = {"base path": org.base_path[1:].encode()}
    assert found_in(dump(watch.process.pid, tmp_path, False), plain) == ["base path"], "what is no secret is in it"
    watch.stop()
    assert signing.identity_of(amina.home)[0].verify_key
