"""Real cores: none is written when a role crashes; and one that is forced out of it, or out of a person's program, as the kernel would
write it, holds nothing that is kept in guarded memory."""

import base64
import hashlib
import mmap
import os
import re
import resource
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from helpers import signing
from helpers.programs import EX_DATAERR, EX_TEMPFAIL, is_sanitized, needs, program, run, wait_until
from helpers.sealing import BECH32, SealedReport
from test_core import secrets_of
from test_key_files import PASSPHRASE, age_opens
from test_questionnaire import Terminal

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


def secrets_of_identity(text):
    lines = text.splitlines()
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
    hers = secrets_of_identity((amina.home / "identity.age").read_text())
    assert found_in(dump(watch.process.pid, tmp_path, False), hers) == []
    assert {"signing seed", "identity"} <= set(found_in(dump(watch.process.pid, tmp_path, True), hers))
    plain = {"base path": org.base_path[1:].encode()}
    assert found_in(dump(watch.process.pid, tmp_path, False), plain) == [], "her heap isn't in it either"
    assert found_in(dump(pids["front"], tmp_path, False), plain) == ["base path"], "what is no secret is in it"
    watch.stop()
    assert signing.identity_of(amina.home)[0].verify_key


def broken_off(command, function, folder):
    """What gdb writes of a program when it comes to a function: what a core would hold, and all that it has."""
    names = [folder / f"{function}-{excluded_too}" for excluded_too in ("off", "on")]
    dumps = [word for name in names for word in ("-ex", f"set dump-excluded-mappings {name.name.rpartition('-')[2]}",
                                                 "-ex", f"generate-core-file {name}")]
    done = subprocess.run(["gdb", "-nx", "--batch", "-ex", f"break {function}", "-ex", "run", "-ex", "set use-coredump-filter on", *dumps,
                           "-ex", "kill", "--args", *command], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
    assert all(name.exists() for name in names), done.stdout.decode() + done.stderr.decode()
    return names


@needs("gdb")
def test_no_key_is_in_the_core_of_an_officer_who_opens_a_report(org, tmp_path):
    """Where the report is open, and its history isn't read yet."""
    amina = org.officer("amina")
    sealed = SealedReport(org)
    assert sealed.put().status == 201
    secrets = {**secrets_of_identity((amina.home / "identity.age").read_text()), "file key": sealed.file_key,
               "proof seed": bytes(sealed.proof_key)}
    core, everything = broken_off(amina.command("open", sealed.id, "--out", tmp_path / "out"), "history_read", tmp_path)
    assert found_in(core, secrets) == []
    assert {"signing seed", "identity", "file key"} <= set(found_in(everything, secrets))


@needs("gdb")
def test_no_key_is_in_the_core_of_an_admin_who_signs(tmp_path):
    """Her identity lies under a passphrase, and is unlocked."""
    home, secret = tmp_path / "home", tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    opening = ["--home", str(home), "--passphrase-file", str(secret)]
    run([program("clarion-admin"), "init", "--org", "A network", "--url", "https://localhost:4433", *opening])
    secrets = {**secrets_of_identity(age_opens(home / "identity.age").decode()), "passphrase": PASSPHRASE.encode()}
    core, everything = broken_off([program("clarion-admin"), "roster", "sign", *opening], "roster_sign", tmp_path)
    assert found_in(core, secrets) == []
    assert {"signing seed", "identity"} <= set(found_in(everything, secrets))


def keys_of_home(home):
    """What follows from the salt of a home without a passphrase."""
    (container,) = [path for path in home.iterdir() if path.is_file() and path.stat().st_size == 2 * 1024 * 1024]
    master = hashlib.blake2b(container.read_bytes()[:16], digest_size=32).digest()
    return {name: hashlib.blake2b(b"", digest_size=32, key=master, salt=number.to_bytes(8, "little") + bytes(8),
                                  person=b"vault/2 " + bytes(8)).digest()
            for number, name in ((2, "image key"), (3, "key of names"), (4, "key of payloads"))}


@needs("gdb")
def test_no_key_is_in_the_core_of_a_defender_who_is_asked(org, tmp_path):
    org.officer("amina")
    nadia = org.defender("nadia")
    screen = Terminal(nadia.command("report", json_wanted=False), "dumb")
    screen.expect("How urgent is it?", "4\n")
    screen.expect("In one or two sentences", "They searched the house of Marigold.\n")
    screen.expect("as long as you want", "")
    core, everything = dump(screen.pid, tmp_path, False), dump(screen.pid, tmp_path, True)
    os.kill(screen.pid, signal.SIGKILL)
    screen.end()
    secrets = {**keys_of_home(nadia.home), "summary": b"the house of Marigold"}
    assert found_in(core, secrets) == []
    assert set(found_in(everything, secrets)) == set(secrets)


@needs("gdb")
def test_no_key_is_in_the_core_of_a_defender_whose_report_waits(org, tmp_path):
    """`send --wait`, while the server doesn't answer."""
    org.officer("amina")
    nadia = org.defender("nadia")
    org.stop_daemon()
    receipt = nadia.report(expect=EX_TEMPFAIL).json["receipt"]
    secrets = {**keys_of_home(nadia.home), "receipt": receipt.encode()}
    with socket.create_server(("127.0.0.1", org.port)) as silent:
        waits = nadia.start("send", "--wait")
        silent.settimeout(30)
        connection, _ = silent.accept()
        with connection:
            core, everything = dump(waits.process.pid, tmp_path, False), dump(waits.process.pid, tmp_path, True)
            waits.stop()
    assert found_in(core, secrets) == []
    assert {"image key", "key of names"} <= set(found_in(everything, secrets))


def where_it_lies(pid, words):
    """The mappings that hold the words: what they are, and the kernel's flags of them."""
    found = []
    parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path(f"/proc/{pid}/smaps").read_text(), flags=re.MULTILINE)
    with open(f"/proc/{pid}/mem", "rb") as memory:
        for part in filter(None, parts):
            start, end = (int(number, 16) for number in part.split()[0].split("-"))
            if part.split()[1].startswith("rw"):
                memory.seek(start)
                if words in memory.read(end - start):
                    found.append((part.splitlines()[0], re.search("VmFlags: (.*)", part)[1].split()))
    return found


def files_with(words, *places):
    files = (path for place in places for path in (place.rglob("*") if place.is_dir() else [place]))
    return [path for path in files if path.is_file() and not path.is_symlink() and words in path.read_bytes()]


def test_what_she_writes_lies_in_locked_memory(org):
    """Neither swap nor a core gets it, nor any file. The control, which may lock nothing, has it where they do."""
    org.officer("amina")
    nadia, words = org.defender("nadia"), "They wait at the gate."
    for forbidden in ([], ["/usr/bin/setpriv", "--bounding-set=-ipc_lock", "/usr/bin/prlimit", "--memlock=0"]):
        her = Terminal([*forbidden, *nadia.command("report", "--plain", json_wanted=False)])
        her.expect("How urgent is it?", "4\n")
        her.expect("In one or two sentences", words + "\n")
        her.expect("as long as you want", "end\n")
        her.expect("Is that right?")
        found = where_it_lies(her.pid, words.encode())
        temporary = [path for path in Path("/tmp").iterdir() if path.is_file()]
        files = files_with(words.encode(), org.folder, Path("/dev/shm"), Path("/var/tmp"), *temporary)
        assert files == ([] if forbidden == [] else [org.folder / "control"])
        (org.folder / "control").write_text(words)
        her.expect("", "4\n")
        assert her.end() == EX_DATAERR and "nothing was sent" in her.shown
        assert found
        readable = [name for name, flags in found if "lo" not in flags]
        assert (readable == []) == (forbidden == []), found
        assert forbidden or all("dd" in flags for _, flags in found), found
