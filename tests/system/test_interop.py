"""Nobody is locked in: what Clarion seals, the stock age and tar open; what they seal, Clarion opens."""

import json
import os
import pty
import subprocess

import pytest

from helpers import stock
from helpers.programs import EX_CANTCREAT, EX_DATAERR, program, run

PASSPHRASE = "correct horse battery staple"


def test_stock_age_and_tar_open_what_clarion_sealed(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    photo = tmp_path / "a.jpg"
    photo.write_bytes(os.urandom(70_000))
    sent = nadia.report("--attach", photo)
    sealed = tmp_path / "report.age"
    fetched = amina.run("fetch", sent["id"], sealed).json
    assert fetched == {"id": sent["id"], "size": sealed.stat().st_size}
    assert stock.report_id(sealed.read_bytes()) == sent["id"]

    archive = stock.open_sealed(amina.home / "identity.age", sealed)
    assert stock.names_in(archive) == ["report.json", "attachments/001.jpg"]
    assert stock.member(archive, "attachments/001.jpg") == photo.read_bytes()
    report = json.loads(stock.member(archive, "report.json"))
    assert report["schema"] == 1 and report["summary"] == "Two men waited at the office gate."

    amina.run("fetch", sent["id"], sealed, expect=EX_CANTCREAT)
    assert stock.report_id(sealed.read_bytes()) == sent["id"], "the file that was there is untouched"


def padme(length):
    """The smallest Padmé length that holds this many bytes (Nikitin and others, 2019)."""
    exponent = length.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


@pytest.mark.parametrize("size", [0, 1, 20_000, 100_000, 700_001])
def test_the_plaintext_has_a_padme_length_of_at_least_16_kib(org, tmp_path, size):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    attachment = tmp_path / "note.txt"
    attachment.write_bytes(os.urandom(size))
    sent = nadia.report("--attach", attachment)
    sealed = tmp_path / "report.age"
    amina.run("fetch", sent["id"], sealed)
    length = len(stock.open_sealed(amina.home / "identity.age", sealed))
    assert length >= 16 * 1024 and padme(length) == length
    assert length <= max(16 * 1024, (size + 64 * 1024) * 1.12)


def test_clarion_officer_opens_what_stock_age_sealed(org, tmp_path):
    amina = org.officer("amina")
    content = os.urandom(150_000)
    report, sealed = org.seal(summary="By hand.", attachments={"attachments/001.jpg": content})
    assert org.put(report, sealed).status == 201
    out = tmp_path / "out"
    opened = amina.run("open", report, "--out", out).json
    assert opened == {"schema": 1, "urgency": "urgent", "summary": "By hand."}
    assert (out / "attachments" / "001.jpg").read_bytes() == content
    assert amina.run("ack", report).json["state"] == "ack"


def test_an_answer_to_a_report_without_a_mailbox_is_refused_in_words(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    org.put(report, sealed)
    refused = amina.run("reply", report, "-", stdin="hello", expect=EX_DATAERR)
    assert "mailbox" in refused.err and refused.err.count("\n") == 1


def test_a_stranger_to_the_schema_is_shown_with_what_it_has(org, tmp_path):
    """Unknown fields are kept; a person fills report.json by hand in a newer form."""
    amina = org.officer("amina")
    report, sealed = org.seal(summary="Later.", later_field={"a": 1})
    org.put(report, sealed)
    assert amina.run("open", report, "--out", tmp_path / "out").json["later_field"] == {"a": 1}


@pytest.mark.parametrize("archive_of", ["no report.json", "not a tar", "evil name", "not json", "absolute name", "link"])
def test_an_archive_that_is_not_a_report_is_refused_and_writes_nothing(org, tmp_path, archive_of):
    amina = org.officer("amina")
    folder = tmp_path / "archive"
    (folder / "attachments").mkdir(parents=True)
    (folder / "report.json").write_text('{"schema": 1, "urgency": "urgent", "summary": "x"}')
    (folder / "attachments" / "001.jpg").write_bytes(b"x")
    tar = ["tar", "c", "--format=ustar", "-P", "-C", str(folder)]
    if archive_of == "no report.json":
        command = [*tar, "attachments/001.jpg"]
    elif archive_of == "evil name":
        command = [*tar, "--transform", "s,^attachments/,attachments/../../,", "report.json", "attachments/001.jpg"]
    elif archive_of == "absolute name":
        command = [*tar, "--transform", f"s,^attachments,{tmp_path},", "report.json", "attachments/001.jpg"]
    elif archive_of == "link":
        (folder / "attachments" / "002.jpg").symlink_to("/etc/passwd")
        command = [*tar, "report.json", "attachments/002.jpg"]
    else:
        (folder / "report.json").write_text("{not json")
        command = [*tar, "report.json"]
    archive = b"no tar at all" * 100 if archive_of == "not a tar" else subprocess.run(command, capture_output=True, check=True).stdout
    sealed = stock.seal(org.roster().recipients(org.desk), archive)
    report = stock.report_id(sealed)
    assert org.put(report, sealed).status == 201
    before = sorted(path.name for path in tmp_path.iterdir())
    amina.run("open", report, "--out", tmp_path / "out", expect=EX_DATAERR)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_text_from_a_report_cannot_drive_the_terminal(org, tmp_path):
    """Bidirectional controls are valid text; they may not reach the screen. (Control characters are refused before.)"""
    amina = org.officer("amina")
    report, sealed = org.seal(summary="safe\u202eydob\u2066x\u200fy", later="\u202e")
    org.put(report, sealed)
    shown = amina.run("open", report, "--out", tmp_path / "out", json_wanted=False)
    for bad in "\u202e\u200f\u061c\x1b\u202a":
        assert bad not in shown.out + shown.err
    assert shown.out.count("\u2066") == 0


def test_an_identity_without_a_passphrase_is_an_age_identity_file(org, tmp_path):
    amina = org.officer("amina")
    identity = amina.home / "identity.age"
    assert identity.stat().st_mode & 0o077 == 0
    recipient = subprocess.run(["age-keygen", "-y", str(identity)], capture_output=True, check=True, text=True).stdout.strip()
    assert recipient in org.roster().recipients(org.desk)
    sealed = tmp_path / "x.age"
    sealed.write_bytes(stock.seal([recipient], b"hello"))
    assert stock.open_sealed(identity, sealed) == b"hello"


def age_with_passphrase(arguments, passphrase):
    """The stock age asks on its terminal: give it one."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp("age", ["age", *arguments])
    output = b""
    asked = False
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        output += part
        if not asked and b"passphrase" in output:
            os.write(terminal, passphrase.encode() + b"\n")
            asked = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), output


def test_an_identity_with_a_passphrase_is_an_age_scrypt_file(org, tmp_path):
    home, secret = tmp_path / "badia", tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    made = run([program("clarion-officer"), "init", "--name", "badia", "--passphrase-file", str(secret), "--home", str(home), "--json"])
    assert made.json["card"].startswith("clarion-card/1 badia age1") and made.json["fingerprint"]
    assert (home / "identity.age").read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    plain = tmp_path / "identity.txt"
    code, shown = age_with_passphrase(["-d", "-o", str(plain), str(home / "identity.age")], PASSPHRASE)
    assert code == 0, shown
    lines = plain.read_text().splitlines()
    assert any(line.startswith("AGE-SECRET-KEY-1") for line in lines)
    assert any(line.startswith("# signing-key: ") for line in lines)

    org.run("officer add", "-", "--desk", org.desk, stdin=made.json["card"])
    org.publish()
    org.ensure_running()
    officer = [program("clarion-officer"), "join", "-", "--passphrase-file", str(secret), "--home", str(home)]
    run(officer, stdin=org.invitation("--officer"))
    report, sealed = org.seal()
    org.put(report, sealed)
    opened = run([program("clarion-officer"), "open", report, "--out", str(tmp_path / "out"), "--json", "--passphrase-file", str(secret),
                  "--home", str(home)])
    assert opened.json["summary"]
    secret.write_text("wrong\n")
    refused = run([program("clarion-officer"), "open", report, "--out", str(tmp_path / "out2"), "--passphrase-file", str(secret),
                   "--home", str(home)], expect=None)
    assert refused.code in (EX_DATAERR, 77) and "wrong" not in refused.out
    assert not (tmp_path / "out2").exists()


def test_stock_age_seals_to_a_recipient_of_the_roster_whatever_the_size(org, tmp_path):
    """Chunk borders: the daemon and the officer's tool take what the stock age writes at 64 KiB and around it."""
    amina = org.officer("amina")
    for size in (65536 - 2048, 65536, 65536 * 2 - 2560, 65536 * 3):
        report, sealed = org.seal(attachments={"attachments/001.bin": bytes(size)})
        assert org.put(report, sealed).status == 201
        out = tmp_path / f"out{size}"
        amina.run("open", report, "--out", out)
        assert (out / "attachments" / "001.bin").stat().st_size == size


