"""Keys at rest: age files that the stock age opens, a passphrase from every source, never plain unless that is said, and born
private, whole and durable."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from helpers import stock
from helpers.organisation import Organisation
from helpers.programs import EX_CANTCREAT, EX_CONFIG, EX_NOPERM, clean_environment, is_sanitized, program, run, start, stop, wait_until
from helpers.terminal import converse

PASSPHRASE = "six words that nobody guesses easily"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text(PASSPHRASE + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def locked(tmp_path, secret):
    """An organisation whose keys are all under a passphrase."""
    org = Organisation.__new__(Organisation)
    original, calls = Organisation.command, []

    def command(self, verb, *arguments, json_wanted=True):
        arguments = [argument for argument in arguments if argument != "--no-passphrase"]
        calls.append(verb)
        return original(self, verb, *arguments, "--passphrase-file", secret, json_wanted=json_wanted)

    org.command = command.__get__(org)
    Organisation.__init__(org, tmp_path)
    org.publish()
    return org


def age_opens(path, seconds=60):
    """What the stock age finds in it, once the passphrase is typed."""
    plain = path.with_suffix(".plain")
    code, shown = converse([shutil.which("age"), "-d", "-o", str(plain), str(path)], [("passphrase", PASSPHRASE)], seconds)
    assert code == 0, shown
    content = plain.read_bytes()
    plain.unlink()
    return content


def test_stock_age_opens_every_key_file(locked, tmp_path, secret):
    daemon = locked.home / "daemon"
    assert age_opens(daemon / "keyring.age").startswith(b"clarion-keyring/1\n"), "storage, index, receipt and token keys"
    assert b"PRIVATE KEY" in age_opens(daemon / "tls.key")
    officer = tmp_path / "amina"
    run([program("clarion-officer"), "init", "--name", "amina", "--passphrase-file", str(secret), "--home", str(officer)])
    for home in (locked.home, officer):
        text = age_opens(home / "identity.age").decode()
        assert "\n# signing-key: " in text and "\nAGE-SECRET-KEY-1" in text
    # As an identity, too: what is sealed to her the stock age opens with the file as it is.
    recipient = re.search(r"^# public key: (age1\S+)$", text, re.M).group(1)
    sealed = tmp_path / "sealed.age"
    sealed.write_bytes(stock.seal([recipient], b"for amina"))
    opened = tmp_path / "opened"
    code, shown = converse([shutil.which("age"), "-d", "-i", str(officer / "identity.age"), "-o", str(opened), str(sealed)],
                           [("passphrase", PASSPHRASE)])
    assert code == 0 and opened.read_bytes() == b"for amina", shown


def test_no_key_lies_in_the_clear(locked):
    for folder, _, names in os.walk(locked.home):
        for name in names:
            content = open(os.path.join(folder, name), "rb").read()
            for mark in (b"PRIVATE KEY", b"SECRET-KEY", b"clarion-keyring", b"signing-key"):
                assert mark not in content, (name, mark)


def serves(org, process):
    wait_until(lambda: process.poll() is not None or answers(org), 60, "an answer")
    assert process.poll() is None, org.log()


def answers(org):
    try:
        return org.get("roster", timeout=3).status == 200
    except (OSError, ConnectionError):
        return False


def daemon_command(org, *more):
    return [program("clariond"), "--config", str(org.configuration), *more]


@pytest.mark.long
def test_the_daemon_takes_the_passphrase_from_each_place(locked, tmp_path, secret):
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    shutil.copy(secret, credentials / "passphrase")
    with open(locked.log_path, "ab") as log:
        for more, environment in ((["--passphrase-file", str(secret)], {}), ([], {"CREDENTIALS_DIRECTORY": str(credentials)})):
            process = start(daemon_command(locked, *more), subprocess.DEVNULL, log, environment)
            serves(locked, process)
            assert stop(process) == 0
        with open(secret, "rb") as passphrase:
            process = start(daemon_command(locked, "--passphrase-fd", "0"), subprocess.DEVNULL, log, stdin=passphrase)
            serves(locked, process)
            assert stop(process) == 0
        assert start(daemon_command(locked), subprocess.DEVNULL, log).wait(60) == EX_CONFIG, "nobody to ask"
    assert "no terminal" in locked.log() and "event=unencrypted_keys" not in locked.log()
    assert PASSPHRASE not in locked.log()
    code, shown = converse(daemon_command(locked, "--check"), [("Passphrase", PASSPHRASE)])
    assert code == 0 and PASSPHRASE not in shown, shown
    code, shown = converse(daemon_command(locked, "--check"), [("Passphrase", "another")])
    assert code == EX_CONFIG, shown


def test_a_person_is_asked_and_what_she_types_is_not_shown(tmp_path):
    home = tmp_path / "amina"
    command = [program("clarion-officer"), "init", "--name", "amina", "--home", str(home)]
    code, shown = converse(command, [("Passphrase: ", PASSPHRASE), ("again: ", "another")])
    assert code != 0 and not (home / "identity.age").exists()
    code, shown = converse(command, [("Passphrase: ", PASSPHRASE), ("again: ", PASSPHRASE)])
    assert code == 0 and PASSPHRASE not in shown, shown
    assert (home / "identity.age").read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")


def test_an_unencrypted_key_is_used_only_where_that_is_said(org, secret):
    org.publish()
    org.set("unencrypted_keys", "no")
    assert org.start_daemon(wait=False).wait(60) == EX_CONFIG
    assert "unencrypted_keys = yes" in org.log()
    for setting in ("keyring", "tls_key"):
        assert re.search(rf"{setting}: is not encrypted", org.log()), setting
    assert run(daemon_command(org, "--check"), expect=EX_CONFIG).err.count("is not encrypted") == 2
    org.set("unencrypted_keys", "yes")
    for starts in (1, 2):
        org.start_daemon()
        assert org.log().count("event=unencrypted_keys setting=yes") == starts
        org.stop_daemon()


def test_one_encrypted_key_does_not_excuse_the_other(locked, secret):
    keyring = locked.home / "daemon" / "keyring.age"
    keyring.write_bytes(age_opens(keyring))
    refused = run(daemon_command(locked, "--passphrase-file", str(secret), "--check"), expect=EX_CONFIG)
    assert "keyring: is not encrypted" in refused.err and "tls_key" not in refused.err


def test_a_wrong_passphrase_is_told_in_one_line(tmp_path, secret):
    home, wrong = tmp_path / "amina", tmp_path / "wrong"
    wrong.write_text("another\n")
    officer = [program("clarion-officer")]
    run([*officer, "init", "--name", "amina", "--passphrase-file", str(secret), "--home", str(home)])
    kept = (home / "identity.age").read_bytes()
    (home / "roster").write_bytes(b"")
    refused = run([*officer, "pull", "--passphrase-file", str(wrong), "--home", str(home)], expect=EX_NOPERM)
    assert len(refused.err.splitlines()) == 1
    run([*officer, "init", "--name", "amina", "--passphrase-file", str(wrong), "--home", str(home)], expect=EX_CANTCREAT)
    assert (home / "identity.age").read_bytes() == kept


@pytest.mark.parametrize("command,files", [
    (["clarion-officer", "init", "--name", "amina"], ["identity.age"]),
    (["clarion-admin", "init", "--card", "bea"], ["identity.age"]),
    (["clarion-admin", "init", "--org", "T", "--url", "https://127.0.0.1:1"],
     ["identity.age", "tls.key", "keyring.age", "tls.crt", "clariond.conf", "1.note"]),
])
def test_files_are_born_private_whole_and_durable(tmp_path, secret, command, files):
    """In the order of system calls: made 0600 under a hidden name where nothing was, synced, named without replacing, the folder
    synced; and readable by nobody else even where the umask would let them."""
    if is_sanitized() or shutil.which("strace") is None:
        pytest.skip("needs strace and a build that it may trace")
    home, trace = tmp_path / "home", tmp_path / "trace"
    done = subprocess.run(
        ["sh", "-c", 'umask 0; exec "$@"', "sh", "strace", "-f", "-y", "-o", str(trace), "-e", "trace=openat,fsync,renameat2,renameat,mkdir,mkdirat",
         program(command[0]), *command[1:], "--passphrase-file", str(secret), "--home", str(home)],
        capture_output=True, env=clean_environment(), check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = trace.read_text().splitlines()
    made = [number for number, line in enumerate(lines) if "O_CREAT" in line and str(home) in line]
    assert made and all("O_EXCL" in lines[number] and "O_NOFOLLOW" in lines[number] and ", 0600)" in lines[number] for number in made)
    for file in files:
        renamed = [number for number, line in enumerate(lines) if re.search(r"renameat2?\(", line) and f"{file}\"" in line]
        assert renamed, file
        for number in renamed:
            hidden = re.search(r'"([^"]*\.[0-9a-f]{16}\.new)"', lines[number]).group(1)
            name = hidden.rsplit("/", 1)[-1]
            born = next(at for at, line in enumerate(lines) if "O_CREAT" in line and name in line)
            synced = next(at for at, line in enumerate(lines) if "fsync(" in line and name in line)
            assert born < synced < number, file
            assert "fsync(" in lines[number + 1] + lines[number + 2], f"{file}: its folder is synced before anything else happens"
            assert file.endswith(".note") or "RENAME_NOREPLACE" in lines[number], file
    for folder, _, names in os.walk(home):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder
        for name in names:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600, name
