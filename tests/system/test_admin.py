"""clarion-admin by itself: what it makes, what drafts, signatures and versions do, what it refuses. No daemon runs here."""

import json
import os
import stat

import pytest

from helpers import wire
from helpers.programs import (EX_CANTCREAT, EX_CONFIG, EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_UNAVAILABLE, EX_USAGE, program, run)


class Admin:
    """A home of clarion-admin, with an organisation unless card is given."""

    def __init__(self, home, card=None, url=None):
        self.home = home
        if card is None:
            self.url = url or f"https://127.0.0.1:{wire.free_port()}"
            self.made = self("init", "--org", "Test Network", "--url", self.url, "--no-passphrase").json
        else:
            self.card = self("init", "--card", card, "--no-passphrase").json["card"]

    def __call__(self, verb, *arguments, expect=0, stdin=""):
        return run([program("clarion-admin"), *verb.split(), *map(str, arguments), "--home", str(self.home), "--json"],
                   expect=expect, stdin=stdin)

    def desk(self, name="urgent", *options):
        return self("desk add", name, "--title", f"The {name} desk", "--admission", "open", *options)

    def note(self, version):
        return (self.home / "roster" / f"{version}.note").read_text()

    @property
    def draft(self):
        return self.home / "roster" / "draft"

    def settings(self):
        lines = (self.home / "daemon" / "clariond.conf").read_text().splitlines()
        return dict(map(str.strip, line.split("=", 1)) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def admin(tmp_path):
    return Admin(tmp_path / "admin")


def officer_card(tmp_path, name):
    return run([program("clarion-officer"), "init", "--name", name, "--no-passphrase", "--home", str(tmp_path / name), "--json"]).json["card"]


# --- init

def test_init_makes_a_home_that_only_its_owner_reads(admin):
    for folder, _, names in os.walk(admin.home):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder
        for name in names:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600, name


def test_init_writes_a_configuration_for_the_address(admin, tmp_path):
    settings = admin.settings()
    assert settings["listen"] == admin.url.removeprefix("https://")
    assert settings["unencrypted_keys"] == "yes"
    assert settings["base"] == admin.made["url"].rsplit("/", 1)[1] and len(settings["base"]) == 22
    assert (settings["user_front"], settings["user_store"], settings["user_notify"]) == ("60900", "60901", "60902")
    for name in ("store", "rosters", "keyring", "tls_key", "tls_certificate"):
        assert (admin.home / "daemon" / settings[name]).exists()
    assert Admin(tmp_path / "name", url="https://reports.example.org:8443").settings()["listen"] == "[::]:8443"
    assert Admin(tmp_path / "six", url="https://[::1]:8443").settings()["listen"] == "[::1]:8443"


@pytest.mark.long
def test_init_with_a_passphrase_leaves_no_key_in_the_clear(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a long passphrase\n")
    home = tmp_path / "admin"
    run([program("clarion-admin"), "init", "--org", "T", "--url", "https://127.0.0.1:1", "--passphrase-file", str(secret), "--home", str(home)])
    for name in ("identity.age", "daemon/tls.key", "daemon/keyring.age"):
        assert (home / name).read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt "), name
    assert "unencrypted_keys" not in (home / "daemon" / "clariond.conf").read_text()
    for folder, _, names in os.walk(home):
        for name in names:
            content = open(os.path.join(folder, name), "rb").read()
            assert b"PRIVATE KEY" not in content and b"SECRET-KEY" not in content and b"clarion-keyring" not in content, name
    wrong = tmp_path / "wrong"
    wrong.write_text("another\n")
    publish = [program("clarion-admin"), "roster", "publish", "--home", str(home), "--passphrase-file"]
    run([*publish, str(wrong)], expect=EX_NOPERM)
    run([*publish, str(secret)])


@pytest.mark.parametrize("arguments", [
    ["--org", "T"], ["--url", "https://127.0.0.1:1"], [], ["--org", "T", "--url", "https://127.0.0.1:1", "--card", "bea"],
])
def test_init_needs_to_know_what_to_make(arguments, tmp_path):
    run([program("clarion-admin"), "init", *arguments, "--no-passphrase", "--home", str(tmp_path / "h")], expect=EX_USAGE)
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("arguments", [
    ["--org", "T", "--url", "http://127.0.0.1:1"], ["--org", "T", "--url", "https://127.0.0.1:99999"], ["--org", "T", "--url", "https://a/b"],
    ["--org", "", "--url", "https://127.0.0.1:1"], ["--org", "a\nb", "--url", "https://127.0.0.1:1"],
    ["--org", "T", "--url", "https://127.0.0.1:1", "--admin", "Not A Name"],
])
def test_init_refuses_bad_values(arguments, tmp_path):
    run([program("clarion-admin"), "init", *arguments, "--no-passphrase", "--home", str(tmp_path / "h")], expect=EX_DATAERR)
    assert not (tmp_path / "h").exists()


def test_two_organisations_share_nothing(admin, tmp_path):
    other = Admin(tmp_path / "other")
    assert admin.made["fingerprint"] != other.made["fingerprint"]
    assert admin.settings()["base"] != other.settings()["base"]


# --- drafts

def test_a_draft_grows_until_it_is_published(admin):
    assert admin.desk("urgent").json["version"] == 2
    admin.desk("legal", "--fallback", "urgent", "--ack-minutes", "5,10,20,40", "--retention-days", "30")
    shown = admin("roster show").json
    assert shown["version"] == 1 and shown["draft"]["version"] == 2 and shown["draft"]["signatures"] == 0
    published = admin("roster publish").json
    assert (published["version"], published["signatures"], published["threshold"]) == (2, 1, 1)
    assert "desk legal open 5,10,20,40 30 The legal desk\n" in admin.note(2)
    assert "fallback legal urgent\n" in admin.note(2)
    assert not admin.draft.exists()
    assert (admin.home / "daemon" / "rosters" / "2.note").read_text() == admin.note(2)
    assert admin("roster show").json["draft"] is None


def test_publish_without_a_draft_renews(admin):
    before = admin.note(1)
    assert admin("roster publish").json["version"] == 2
    unchanged = [line for line in before.splitlines() if line.split(" ")[0] in ("organisation", "threshold", "admin", "server", "receipt-key")]
    assert all(line in admin.note(2).splitlines() for line in unchanged)


def test_a_signature_does_not_outlive_a_change(admin):
    admin.desk("urgent")
    assert admin("roster sign").json["signatures"] == 1
    admin.desk("legal")
    assert admin("roster show").json["draft"]["signatures"] == 0


def test_officers_come_change_and_go(admin, tmp_path):
    admin.desk("urgent")
    admin.desk("legal")
    card = officer_card(tmp_path, "amina")
    admin("officer add", "-", "--desk", "urgent", stdin=card + "\n")
    admin("officer add", "-", "--desk", "urgent,legal", "--tier", "2", stdin=card)
    admin("roster publish")
    assert "officer amina urgent,legal 2 " in admin.note(2)
    admin("officer remove", "amina")
    admin("roster publish")
    assert "officer amina" not in admin.note(3)
    admin("officer remove", "amina", expect=EX_DATAERR)


def test_a_name_is_taken_once(admin, tmp_path):
    admin.desk("urgent")
    admin.desk("urgent-2")
    admin("officer add", "-", "--desk", "urgent", stdin=officer_card(tmp_path, "amina"))
    admin("officer add", "-", "--desk", "urgent", stdin=officer_card(tmp_path / "other", "amina"), expect=EX_DATAERR)
    admin("officer add", "-", "--desk", "urgent", stdin=officer_card(tmp_path, "urgent-2"), expect=EX_DATAERR)
    admin("desk add", "amina", "--title", "T", expect=EX_DATAERR)
    admin("desk add", "urgent", "--title", "T", expect=EX_DATAERR)


def test_a_desk_is_changed(admin):
    admin.desk("intake")
    admin.desk("legal")
    admin("roster publish")
    admin("desk change", "intake", "--ack-minutes", "5,60,1440,4320", "--fallback", "legal")
    lines = admin.draft.read_text().splitlines()
    assert any(line.startswith("desk intake ") and " 5,60,1440,4320 " in line for line in lines)
    assert "fallback intake legal" in lines
    admin("desk change", "intake", "--fallback", "-", "--title", "First contact")
    lines = admin.draft.read_text().splitlines()
    assert any(line.startswith("desk intake ") and " 5,60,1440,4320 " in line and line.endswith(" First contact") for line in lines)
    assert not any(line.startswith("fallback ") for line in lines)
    for options in (["other", "--title", "X"], ["intake", "--fallback", "intake"], ["intake", "--fallback", "nowhere"]):
        admin("desk change", *options, expect=EX_DATAERR)


@pytest.mark.parametrize("options,code", [
    ([], EX_USAGE), (["--title", ""], EX_DATAERR), (["--title", "T", "--admission", "all"], EX_USAGE),
    (["--title", "T", "--ack-minutes", "1,2,3"], EX_USAGE), (["--title", "T", "--ack-minutes", "0,2,3,4"], EX_USAGE),
    (["--title", "T", "--ack-minutes", "1,2,3,4,5"], EX_USAGE), (["--title", "T", "--retention-days", "0"], EX_USAGE),
    (["--title", "T", "--retention-days", "x"], EX_USAGE), (["--title", "T", "--fallback", "none"], EX_DATAERR),
    (["--title", "T", "--fallback", "urgent"], EX_DATAERR),
])
def test_a_desk_that_is_none(admin, options, code):
    admin("desk add", "urgent", *options, expect=code)
    assert not admin.draft.exists()


def test_a_card_that_is_none(admin, tmp_path):
    admin.desk("urgent")
    card = officer_card(tmp_path, "amina")
    for bad in ("", "hello", card.replace("amina", "nadia"), card + " x", card[:-1]):
        admin("officer add", "-", "--desk", "urgent", stdin=bad, expect=EX_DATAERR)
    admin("officer add", tmp_path / "none", "--desk", "urgent", expect=EX_NOINPUT)
    admin("officer add", "-", stdin=card, expect=EX_USAGE)
    admin("officer add", "-", "--desk", "legal", stdin=card, expect=EX_DATAERR)
    admin("officer add", "-", "--desk", "urgent", "--tier", "0", stdin=card, expect=EX_USAGE)
    assert "officer " not in admin.draft.read_text()


# --- several admins

def second_admin(admin, tmp_path):
    """bea, an admin of a roster that needs both, with a home that knows it."""
    bea = Admin(tmp_path / "bea", card="bea")
    admin("admin add", "-", stdin=bea.card)
    admin("threshold", 2)
    (bea.home / "roster").mkdir(mode=0o700)
    (bea.home / "roster" / "1.note").write_text(admin.note(1))
    return bea


def test_two_admins_sign_before_anything_is_published(admin, tmp_path):
    bea = second_admin(admin, tmp_path)
    admin("roster publish", expect=EX_NOPERM)
    assert admin("roster sign").json["signatures"] == 1
    admin("roster publish", expect=EX_NOPERM)
    assert admin("roster sign").json["signatures"] == 1, "her signature counts once"
    assert bea("roster sign", "-", stdin=admin.draft.read_text()).json["signatures"] == 2
    admin("roster sign", bea.draft)
    assert admin("roster publish").json["signatures"] == 2
    assert admin.note(2).count("\n\u2014 ") == 2
    admin("roster publish", expect=EX_DATAERR)
    admin("admin remove", "bea", expect=EX_DATAERR)
    admin("threshold", 3, expect=EX_DATAERR)
    admin("threshold", 0, expect=EX_USAGE)


def test_a_stranger_cannot_sign(admin, tmp_path):
    stranger = Admin(tmp_path / "eve", card="eve")
    (stranger.home / "roster").mkdir(mode=0o700)
    (stranger.home / "roster" / "1.note").write_text(admin.note(1))
    admin.desk("urgent")
    stranger("roster sign", admin.draft, expect=EX_NOPERM)
    assert not stranger.draft.exists()


# --- verify

def test_verify(admin, tmp_path):
    admin.desk("urgent")
    admin("roster sign")
    verified = admin("roster verify", admin.draft).json
    assert (verified["version"], verified["signatures"], verified["threshold"]) == (2, 1, 1)
    admin("roster publish")
    for version in (1, 2):
        assert admin("roster verify", "-", stdin=admin.note(version)).json["version"] == version
    note = admin.note(2)
    other = Admin(tmp_path / "other")
    unsigned = note[:note.index("\n\n") + 2]
    for bad in ("", "hello\n", note.replace("The urgent", "The Urgent"), unsigned, note.replace("version 2", "version 3"),
                note.replace("version 2", "version 4"), other.note(1), note + "x"):
        admin("roster verify", "-", stdin=bad, expect=EX_DATAERR)
    admin("roster verify", tmp_path / "none", expect=EX_NOINPUT)


# --- invite and status

def test_invitations(admin):
    admin.desk("urgent")
    admin("invite", "--desk", "urgent", expect=EX_DATAERR)
    admin("roster publish")
    lines = admin("invite", "--desk", "urgent", "--count", "3").json["invitations"]
    assert len(lines) == 3
    place = admin.made["url"].removeprefix("https://")
    for line in lines:
        prefix, values = line.split("#")
        fingerprint, pin, version = values.split(".")
        assert prefix == f"clarion:{place}" and fingerprint == admin.made["fingerprint"]
        assert len(pin) == 22 and version == "2"
    admin("invite", "--desk", "urgent", "--officer", expect=EX_USAGE)
    admin("invite", "--desk", "none", expect=EX_DATAERR)
    for count in ("0", "x", "1001"):
        admin("invite", "--count", count, expect=EX_USAGE)


def test_a_qr_code(admin):
    shown = run([program("clarion-admin"), "invite", "--qr", "--home", str(admin.home)]).out.splitlines()
    drawing = shown[1:]
    assert shown[0].startswith("clarion:") and len(drawing) > 20
    assert len({len(line) for line in drawing}) == 1 and set("".join(drawing)) <= set(" \u2580\u2584\u2588")
    assert set(drawing[0] + drawing[1]) == {"\u2588"}, "four rows of quiet zone"


def test_status_without_a_daemon(admin):
    answer = admin("status", expect=EX_UNAVAILABLE)
    status = json.loads(answer.out)
    assert status["version"] == 1 and status["server"] is None and status["draft"] is None
    assert "threshold 2" in answer.err
    admin.desk("urgent")
    assert json.loads(admin("status", expect=EX_UNAVAILABLE).out)["draft"] == 2


@pytest.mark.parametrize("verb", ["desk add d --title T", "roster show", "roster sign", "roster publish", "invite", "status", "threshold 1"])
def test_a_home_without_an_organisation(verb, tmp_path):
    words = [program("clarion-admin"), *verb.split()]
    run([*words, "--home", str(tmp_path / "none")], expect=EX_NOINPUT)
    assert not (tmp_path / "none").exists()
    bea = Admin(tmp_path / "bea", card="bea")
    run([*words, "--home", str(bea.home)], expect=EX_CONFIG)


def test_nothing_is_made_twice(admin, tmp_path):
    bea = Admin(tmp_path / "bea", card="bea")
    identity = (bea.home / "identity.age").read_bytes()
    bea("init", "--card", "bea", "--no-passphrase", expect=EX_CANTCREAT)
    bea("init", "--org", "T", "--url", "https://127.0.0.1:1", "--no-passphrase", expect=EX_CANTCREAT)
    assert (bea.home / "identity.age").read_bytes() == identity
