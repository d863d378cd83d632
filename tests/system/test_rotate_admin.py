"""An admin's new key: drafted, signed by old and new, in force by the roster's rules, and never half done."""

import shutil
import subprocess

import pytest

from helpers import signing
from helpers.organisation import Person
from helpers.programs import EX_NOPERM, clean_environment, is_sanitized, program, run
from test_admin import Admin


def public_key(home, file="identity.age"):
    for line in (home / file).read_text().splitlines():
        if line.startswith("# signing-key: "):
            return bytes(signing.SigningKey(signing.base64.b64decode(line.removeprefix("# signing-key: "))).verify_key)
    raise AssertionError("no identity")


def admin_line(note, name="admin"):
    line = next(line for line in note.splitlines() if line.startswith(f"admin {name} ")).split(" ")
    return line[2], signing.base64.b64decode(line[3])


def test_the_only_admin_rotates(org):
    org.ensure_running()
    old, old_home = public_key(org.home), org.folder / "old"
    shutil.copytree(org.home, old_home, ignore=shutil.ignore_patterns("daemon"))
    made = org.run("rotate admin").json
    assert (made["what"], made["done"], made["total"], made["signatures"], made["threshold"]) == ("admin", 0, 1, 1, 1)
    assert public_key(org.home) == old, "until it is in force she is who she was"
    assert org.run("rotate admin").json["version"] == made["version"]
    published = org.publish()
    new = public_key(org.home)
    recipient, key = admin_line(org.get("roster").body.decode())
    assert new == key != old and f"# public key: {recipient}" in (org.home / "identity.age").read_text()
    assert public_key(org.home, f"identity-until-{published['version']}.age") == old
    assert not list(org.home.glob("identity-next*"))
    assert org.run("status").json["server"]["roster"]["version"] == published["version"]
    org.publish()
    stale = Person(org, "clarion-admin", old_home)
    # A thief of the old home catches up, and finds that its key counts no more.
    assert stale.run("status", expect=EX_NOPERM).code == EX_NOPERM
    stale.run("desk add", "legal", "--title", "T", "--admission", "open")
    stale.run("roster publish", expect=EX_NOPERM)


def test_with_another_admin(org):
    org.ensure_running()
    bea = Person(org, "clarion-admin", org.folder / "bea")
    card = bea.run("init", "--card", "bea", "--no-passphrase").json["card"]
    org.run("admin add", "-", stdin=card)
    org.publish()
    bea.run("join", "-", stdin=org.invitation())
    org.run("threshold", 2)
    org.run("roster sign")
    bea.run("roster sign", org.home / "roster" / "draft")
    bea.run("roster publish")
    assert org.run("status").json["threshold"] == 2
    old = public_key(org.home)
    drafted = org.run("rotate admin").json
    assert (drafted["signatures"], drafted["threshold"]) == (1, 2)
    org.run("roster publish", expect=EX_NOPERM)
    assert "your next key waits" in org.run("status").err
    shown = bea.run("roster sign", org.home / "roster" / "draft")
    assert "admin's keys changed: admin" in shown.err
    version = bea.run("roster publish").json["version"]
    assert public_key(org.home) == old
    caught_up = org.run("status")
    assert "your new key is in force" in caught_up.err and caught_up.json["version"] == version
    assert public_key(org.home) == admin_line(org.get("roster").body.decode())[1]
    org.add_desk("legal")
    org.run("roster sign")
    bea.run("roster sign", org.home / "roster" / "draft")
    assert bea.run("roster publish").json["signed"] == "bea and admin"


def test_the_next_key_is_protected_as_the_old_one(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a long passphrase\n")
    home = tmp_path / "admin"
    admin = [program("clarion-admin")]
    where = ["--home", str(home), "--passphrase-file", str(secret)]
    run([*admin, "init", "--org", "T", "--url", "https://127.0.0.1:1", *where])
    run([*admin, "rotate", "admin", *where])
    assert (home / "identity-next.age").read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert (home / "identity-next.age").stat().st_mode & 0o777 == 0o600
    run([*admin, "roster", "publish", *where])
    for name in ("identity.age", "identity-until-2.age"):
        assert (home / name).read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt "), name


CALLS = ("fsync", "renameat2", "renameat", "linkat", "unlinkat")


def killed(command, call, number):
    """Runs a command that is killed at its number-th system call of this kind. False where it ended before."""
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}", *command],
                          capture_output=True, env=clean_environment(), check=False, timeout=60)
    assert done.returncode in (0, -9, 137), done.stderr
    return done.returncode != 0


def cut(folder, verb, call, number):
    """An admin whose verb is cut off there and done again. False where there was nothing to cut."""
    admin = Admin(folder)
    old = public_key(admin.home)
    if verb == "roster publish":
        admin("rotate admin")
    was_killed = killed([program("clarion-admin"), *verb.split(), "--home", str(admin.home), "--json"], call, number)
    if verb == "rotate admin":
        admin("rotate admin")
    version = admin("roster publish").json["version"]
    key = admin_line(admin.note(version))[1]
    assert key != old and public_key(admin.home) == key
    assert [public_key(admin.home, path.name) for path in admin.home.glob("identity-until-*.age")] == [old]
    assert not list(admin.home.glob("identity-next*"))
    admin.desk("urgent")
    assert admin("roster publish").json["signatures"] == 1
    return was_killed


@pytest.mark.parametrize("verb", ["rotate admin", "roster publish"])
def test_a_kill_at_any_point_is_made_good(tmp_path, verb):
    if is_sanitized() or shutil.which("strace") is None:
        pytest.skip("needs strace and a build that it may trace")
    cuts = 0
    for call in CALLS:
        number = 1
        while cut(tmp_path / f"{call}-{number}", verb, call, number):
            number += 1
        cuts += number - 1
    assert cuts >= 8, "the verb writes, and was cut at each write"
