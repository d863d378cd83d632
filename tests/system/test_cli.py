"""The commands' contract: exit codes, help, one-line errors, nothing overwritten, secrets kept out of the process list."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from helpers.organisation import Defender, Officer
from helpers.programs import (EX_CANTCREAT, EX_CONFIG, EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_USAGE, PLACES, clean_environment, program,
                              run, wait_until)

VERBS = {
    "clarion-admin": ["init", "desk add", "officer add", "officer remove", "roster show", "roster sign", "roster publish",
                      "roster verify", "invite", "status"],
    "clarion-officer": ["init", "join", "pull", "watch", "open", "fetch", "ack", "reply"],
    "clarion": ["join", "report", "follow-up", "alarm set", "alarm", "alarm cancel", "checkin start", "checkin ok", "checkin cancel", "checkin status", "carry", "send", "inbox", "wipe"],
}
EVERY_VERB = [(name, verb) for name, verbs in VERBS.items() for verb in verbs]


@pytest.mark.parametrize("name", sorted(PLACES))
def test_help_and_version(name):
    shown = run([program(name), "--help"])
    assert name in shown.out and len(shown.out.splitlines()) > 3
    assert run([program(name), "--version"]).out.startswith(name)


@pytest.mark.parametrize("name,verb", EVERY_VERB)
def test_every_verb_explains_itself(name, verb):
    shown = run([program(name), *verb.split(), "--help"])
    assert verb in shown.out and "--home" in shown.out


@pytest.mark.parametrize("name", sorted(VERBS))
@pytest.mark.parametrize("words", [["nonsense"], [], ["--nonsense"]])
def test_an_unknown_verb(name, words):
    refused = run([program(name), *words], expect=EX_USAGE)
    assert refused.err.startswith(f"{name}: ") and refused.err.count("\n") == 1 and refused.out == ""


@pytest.mark.parametrize("name,verb", EVERY_VERB)
def test_an_unknown_option(name, verb, tmp_path):
    refused = run([program(name), *verb.split(), "--nonsense", "--home", str(tmp_path / "h")], expect=EX_USAGE)
    assert refused.err.startswith(f"{name}: ") and refused.err.count("\n") == 1
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("name,verb", [("clarion-officer", "open"), ("clarion-officer", "fetch x"), ("clarion-officer", "ack"),
                                       ("clarion-officer", "reply x"), ("clarion-officer", "join"), ("clarion", "join"),
                                       ("clarion-admin", "desk add"), ("clarion-officer", "pull extra")])
def test_operands_that_are_missing_or_too_many(name, verb, tmp_path):
    run([program(name), *verb.split(), "--home", str(tmp_path / "h")], expect=EX_USAGE)


@pytest.mark.parametrize("verb", ["pull", "watch", "open " + "0" * 64, "ack " + "0" * 64])
def test_an_officer_without_a_home(verb, tmp_path):
    refused = run([program("clarion-officer"), *verb.split(), "--home", str(tmp_path / "none"), "--out", str(tmp_path / "o")]
                  if verb.startswith("open") else [program("clarion-officer"), *verb.split(), "--home", str(tmp_path / "none")],
                  expect=EX_NOINPUT)
    assert refused.err.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_an_officer_who_has_not_joined(org):
    amina = Officer(org, "amina")
    refused = amina.run("pull", expect=EX_CONFIG)
    assert "join" in refused.err


def test_an_officer_who_is_not_on_the_roster_pins_and_is_told(org):
    org.officer("amina")
    late = Officer(org, "late")
    refused = late.join(expect=EX_NOPERM)
    assert "admin" in refused.err
    org.run("officer add", "-", "--desk", org.desk, stdin=late.card)
    org.publish()
    assert late.alerts() == [], "she was pinned all the same"


@pytest.mark.parametrize("bad", ["", "clarion:", "https://example.org/", "clarion:127.0.0.1:1/AAAAAAAAAAAAAAAAAAAAAA#x.y.1"])
def test_an_invitation_that_is_none(org, bad):
    amina = Officer(org, "amina")
    refused = amina.run("join", "-", stdin=bad + "\n", expect=EX_DATAERR)
    assert bad == "" or bad not in refused.err, "never repeat what was given"


@pytest.mark.parametrize("report", ["x", "0" * 63, "0" * 65, "G" * 64, "../" + "0" * 61])
def test_a_report_id_that_is_none(org, report):
    amina = org.officer("amina")
    amina.run("open", report, "--out", org.folder / "out", expect=EX_DATAERR)
    assert not (org.folder / "out").exists()


def test_a_report_that_is_not_there(org):
    amina = org.officer("amina")
    amina.run("open", "0" * 64, "--out", org.folder / "out", expect=EX_NOPERM)
    assert not (org.folder / "out").exists()


def test_nothing_is_overwritten(org):
    amina = org.officer("amina")
    card = (amina.home / "identity.age").read_bytes()
    amina.run("init", "--name", "amina", "--no-passphrase", expect=EX_CANTCREAT)
    assert (amina.home / "identity.age").read_bytes() == card
    org.run("init", "--org", "Again", "--url", "https://127.0.0.1:1", "--no-passphrase", expect=EX_CANTCREAT)
    report, sealed = org.seal()
    org.put(report, sealed)
    out = org.folder / "out"
    out.mkdir()
    (out / "mine").write_text("mine")
    amina.run("open", report, "--out", out, expect=EX_CANTCREAT)
    assert [path.name for path in out.iterdir()] == ["mine"]
    file = org.folder / "file"
    file.write_text("mine")
    amina.run("fetch", report, file, expect=EX_CANTCREAT)
    assert file.read_text() == "mine"


def test_a_link_is_not_followed_when_writing(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    org.put(report, sealed)
    link = org.folder / "link"
    link.symlink_to(org.folder / "elsewhere")
    amina.run("fetch", report, link, expect=EX_CANTCREAT)
    assert not (org.folder / "elsewhere").exists()


@pytest.mark.parametrize("name", ["Amina", "a b", "", "-a", "a" * 33, "añ"])
def test_a_name_that_breaks_the_rule(tmp_path, name):
    refused = run([program("clarion-officer"), "init", "--name", name, "--no-passphrase", "--home", str(tmp_path / "h")], expect=None)
    assert refused.code in (EX_USAGE, EX_DATAERR)
    assert not (tmp_path / "h" / "identity.age").exists()


def test_a_card_that_was_changed(org):
    amina = Officer(org, "amina")
    words = amina.card.split(" ")
    words[1] = "mallory"
    org.run("officer add", "-", "--desk", org.desk, stdin=" ".join(words), expect=EX_DATAERR)


def test_files_of_a_home_are_private(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    nadia.report()
    for home in (amina.home, nadia.home, org.home):
        for path in [home, *home.rglob("*")]:
            if "store" in path.parts or path.is_symlink():
                continue
            assert path.stat().st_mode & 0o077 == 0, path


def test_what_was_opened_is_private(org):
    amina = org.officer("amina")
    report, sealed = org.seal(attachments={"attachments/001.jpg": b"x"})
    org.put(report, sealed)
    out = org.folder / "out"
    amina.run("open", report, "--out", out)
    for path in [out, *out.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0 and (path.is_dir() or path.stat().st_mode & 0o111 == 0), path


def test_no_secret_stands_in_the_process_list(org):
    """What was given through `-` is in no command line while the program runs."""
    org.officer("amina")
    nadia = org.defender("nadia")
    receipt = nadia.report()["receipt"]
    command = nadia.command("inbox", "--receipt-file", "-")
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    running.stdin.write(receipt.encode() + b"\n")
    running.stdin.flush()
    seen = b""
    while running.poll() is None:
        try:
            seen += Path(f"/proc/{running.pid}/cmdline").read_bytes() + Path(f"/proc/{running.pid}/environ").read_bytes()
        except OSError:
            break
        if running.stdin:
            running.stdin.close()
            running.stdin = None
        time.sleep(0.01)
    running.communicate()
    assert running.returncode == 0
    for form in (receipt, receipt.replace(" ", "")):
        assert form.encode() not in seen


def test_json_is_one_document_and_words_go_elsewhere(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    org.put(report, sealed)
    for verb in (["pull"], ["open", report, "--out", org.folder / "out"], ["ack", report]):
        result = amina.run(*verb)
        assert isinstance(json.loads(result.out), dict)
    plain = amina.run("pull", json_wanted=False)
    assert report[:12] in plain.out and "urgent" in plain.out


def test_json_of_an_alert(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    org.put(report, sealed, urgency="immediate")
    (alert,) = amina.alerts()
    assert set(alert) == {"seq", "report", "desk", "urgency", "state", "accepted", "due"}
    assert alert["urgency"] == "immediate" and alert["accepted"].endswith(":00Z")


def test_programs_that_share_a_home_wait_for_each_other(org):
    amina = org.officer("amina")
    reports = [org.seal(summary=f"n{number}") for number in range(4)]
    for report, sealed in reports:
        org.put(report, sealed)
    running = [subprocess.Popen(amina.command("ack", report), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
               for report, _ in reports]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert json.loads(out)["state"] == "ack"


def test_watch_and_other_verbs_share_a_home(org):
    amina = org.officer("amina")
    watch = amina.start("watch")
    report, sealed = org.seal()
    org.put(report, sealed)
    watch.wait_for(lambda line: line.get("report") == report)
    assert amina.run("ack", report).json["state"] == "ack"
    watch.stop()


def test_a_signal_ends_watch(org):
    amina = org.officer("amina")
    watch = amina.start("watch")
    time.sleep(0.5)
    began = time.monotonic()
    assert watch.stop() == 0
    assert time.monotonic() - began < 3


def test_no_program_writes_a_core(org):
    amina = org.officer("amina")
    watch = amina.start("watch")
    wait_until(lambda: Path(f"/proc/{watch.process.pid}/limits").exists(), 5)
    time.sleep(0.3)
    limit = Path(f"/proc/{watch.process.pid}/limits").read_text().split("Max core file size")[1].split()[0]
    assert limit == "0"
    watch.stop()


def test_a_standard_output_that_is_full(org):
    amina = org.officer("amina")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(amina.command("pull"), stdout=full, stderr=subprocess.PIPE, env=clean_environment(), check=False)
    assert done.returncode != 0 and done.stderr


def test_joining_another_organisation_is_refused(org, tmp_path):
    from helpers.organisation import Organisation
    nadia = org.defender("nadia") if org.officer("amina") else None
    (tmp_path / "other").mkdir()
    other = Organisation(tmp_path / "other")
    other.officer("badia")
    nadia.run("join", "-", "--no-passphrase", stdin=other.invitation("--desk", other.desk), expect=EX_CANTCREAT)
    assert os.path.isdir(nadia.home)
    assert isinstance(Defender(other, "carla").join(), Defender)


@pytest.mark.parametrize("name,verb,stdin,code", [
    ("clarion", "report --file -", "[]", EX_DATAERR),
    ("clarion", "report --file -", '{"schema": 1', EX_DATAERR),
    ("clarion", "report --file -", '{"schema": 1, "summary": "no urgency"}', EX_DATAERR),
    ("clarion-admin", "invite --count 0", "", EX_USAGE),
    ("clarion-admin", "desk add new --title x --admission half", "", EX_USAGE),
    ("clarion-admin", "roster verify /dev/null", "", EX_DATAERR),
])
def test_a_failure_says_what_to_do(org, name, verb, stdin, code):
    """`PROGRAM: what went wrong: what to do`, also where the fault was found by what knows only bytes."""
    org.officer("amina")
    who = org.defender("nadia") if name == "clarion" else org
    refused = who.run(verb, expect=code, stdin=stdin)
    assert refused.out == "" and refused.err.count("\n") == 1
    program_name, _, rest = refused.err.partition(": ")
    assert program_name == name and ": " in rest, refused.err


def test_a_failure_begins_alike_in_every_language(tmp_path):
    for language in ("en", "fr", "es", "ru", "zh-Hans"):
        refused = run([program("clarion"), "send", "--home", str(tmp_path / "none"), "--language", language], expect=EX_NOINPUT)
        assert refused.err.startswith("clarion: "), refused.err


def test_a_refused_card_is_one_line(org, tmp_path):
    card = Officer(org, "amina").card
    refused = org.run("officer add", "-", "--desk", "nowhere", stdin=card, expect=EX_DATAERR)
    assert refused.err.count("\n") == 1 and refused.err.startswith("clarion-admin: ")


def test_an_admins_card_comes_with_its_fingerprint(tmp_path):
    made = run([program("clarion-admin"), "init", "--card", "zora", "--no-passphrase", "--json", "--home", str(tmp_path / "zora")])
    assert made.json["card"].startswith("clarion-card/1 zora ") and made.json["fingerprint"] in made.err


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["--check"]])
def test_the_daemons_words_that_nobody_gets(org, words):
    """A script must not take silence for "no faults"."""
    if words == ["--check"]:
        words = ["--config", str(org.configuration), *words]
    gone, writer = os.pipe()
    os.close(gone)
    with open("/dev/full", "wb") as full, open(writer, "wb") as closed:
        for stdout in (full, closed):
            done = subprocess.run([program("clariond"), *words], stdout=stdout, stderr=subprocess.PIPE, env=clean_environment(), check=False)
            assert done.returncode == EX_CANTCREAT and done.stderr.count(b"\n") == 1, done.stderr
