"""Several admins: drafts that travel as files, copies signed each on her own, thresholds of the old and of the new admins."""

import shutil

import pytest

from helpers.programs import EX_CANTCREAT, EX_DATAERR, EX_NOINPUT, EX_NOPERM, program, run
from helpers.terminal import converse
from test_admin import Admin, officer_card


def publish(draft_of, *signers):
    """Her draft goes round as a file, each signs it, and she publishes; all homes know the result."""
    for signer in signers:
        if signer is not draft_of:
            signer("roster sign", draft_of.draft)
            draft_of("roster sign", signer.draft)
    done = draft_of("roster publish").json
    for signer in signers:
        share(draft_of, signer, done["version"])
    return done


def share(source, reader, version):
    (reader.home / "roster").mkdir(mode=0o700, exist_ok=True)
    for number in range(1, version + 1):
        (reader.home / "roster" / f"{number}.note").write_text(source.note(number))
    reader.draft.unlink(missing_ok=True)


@pytest.fixture
def three(tmp_path):
    """ada, bea and cleo, of whom two must sign; roster 2 is the newest in each home."""
    ada = Admin(tmp_path / "admin")
    others = [Admin(tmp_path / name, card=name) for name in ("bea", "cleo")]
    for other in others:
        ada("admin add", "-", stdin=other.card)
        share(ada, other, 1)
    ada("threshold", 2)
    publish(ada, ada, *others)
    return (ada, *others)


def test_copies_signed_apart_come_together(three):
    ada, bea, cleo = three
    ada.desk("urgent")
    unsigned = ada.draft.read_text()
    for admin in (bea, cleo):
        assert admin("roster sign", "-", stdin=unsigned).json["signatures"] == 1
    assert ada("roster sign").json["signatures"] == 1
    signed = [admin.draft.read_text() for admin in three]
    assert ada("roster sign", bea.draft).json["signatures"] == 2
    together = ada("roster sign", cleo.draft).json
    assert (together["signatures"], together["threshold"], together["signed"]) == (3, 2, "admin, bea and cleo")
    assert all(text.rstrip("\n").splitlines()[-1] in ada.draft.read_text() for text in signed)
    assert ada("roster publish").json["signatures"] == 3
    assert "desk urgent" in ada.note(3)


def test_a_second_signature_by_one_key_counts_once(three):
    ada, bea, _ = three
    ada.desk("urgent")
    ada("roster sign")
    shutil.copy(ada.draft, ada.home / "copy")
    line = ada.draft.read_text().splitlines()[-1]
    assert ada("roster sign", ada.home / "copy").json["signatures"] == 1
    ada.draft.write_text(ada.draft.read_text() + line + "\n")
    refused = ada("roster publish", expect=None)
    assert refused.code in (EX_DATAERR, EX_NOPERM)
    ada("roster drop", expect=None)
    assert not (ada.home / "roster" / "3.note").exists() and not (bea.home / "roster" / "3.note").exists()


def test_too_few_signatures_are_refused_in_words(three):
    ada, bea, _ = three
    ada.desk("urgent")
    refused = ada("roster publish", expect=EX_NOPERM)
    assert "(0 of 2): have more admins sign it" in refused.err
    assert ada("roster sign").json["signed"] == "admin"
    refused = ada("roster publish", expect=EX_NOPERM)
    assert "(1 of 2): have more admins sign it" in refused.err
    bea("roster sign", ada.draft)
    ada("roster sign", bea.draft)
    assert ada("roster publish").json["version"] == 3


def test_what_changes_is_shown_before_anything_is_signed(three, tmp_path):
    ada, bea, _ = three
    ada.desk("urgent")
    ada("officer add", "-", "--desk", "urgent", stdin=officer_card(tmp_path, "eve"))
    ada("admin remove", "cleo")
    command = [program("clarion-admin"), "roster", "sign", str(ada.draft), "--home", str(bea.home)]
    code, shown = converse(command, [("Type yes", "no")])
    assert code == EX_NOPERM and not bea.draft.exists()
    expires = next(line for line in ada.draft.read_text().splitlines() if line.startswith("expires ")).split()[1]
    for said in ("roster 2", f"good until {expires}", "desk added: urgent", "officer added: eve: urgent", "admin removed: cleo"):
        assert 0 <= shown.index(said) < shown.index("Type yes"), said
    code, shown = converse(command, [("Type yes", "yes")])
    assert code == 0 and "1 of 2 signatures (bea)" in shown and bea.draft.exists()
    told = run(command, expect=0)
    assert "officer added: eve" in told.out, "without a terminal it is shown too, and signs"


def test_a_draft_of_her_own_is_not_lost(three):
    ada, bea, _ = three
    ada.desk("urgent")
    bea.desk("legal")
    own = bea.draft.read_bytes()
    refused = bea("roster sign", ada.draft, expect=EX_CANTCREAT)
    assert "roster drop" in refused.err and bea.draft.read_bytes() == own
    bea("roster drop")
    bea("roster drop", expect=EX_NOINPUT)
    assert bea("roster sign", ada.draft).json["signatures"] == 1
    # Another unsigned draft that says the same gives way: only its times differ.
    ada("roster drop")
    ada.desk("urgent")
    assert ada("roster sign", bea.draft).json["signatures"] == 2


def test_a_removed_admin_signs_for_the_old_side_only(three):
    ada, bea, cleo = three
    ada("admin remove", "cleo")
    ada("roster sign")
    cleo("roster sign", ada.draft)
    both = ada("roster sign", cleo.draft).json
    assert both["signatures"] == 1, "two of the old admins, but only one of the new"
    assert "lacks signatures of the admins of roster 3 (1 of 2)" in ada("roster publish", expect=EX_NOPERM).err
    bea("roster sign", ada.draft)
    ada("roster sign", bea.draft)
    assert ada("roster publish").json["version"] == 3
    share(ada, cleo, 3)
    ada.desk("urgent")
    cleo("roster sign", ada.draft, expect=EX_NOPERM)
    assert not cleo.draft.exists()


def test_a_new_admin_signs_for_the_new_side_only(three, tmp_path):
    ada, bea, _ = three
    dora = Admin(tmp_path / "dora", card="dora")
    share(ada, dora, 2)
    ada("admin add", "-", stdin=dora.card)
    ada("roster sign")
    dora("roster sign", ada.draft)
    assert ada("roster sign", dora.draft).json["signatures"] == 1, "two of the new admins, but only one of the old"
    ada("roster publish", expect=EX_NOPERM)
    bea("roster sign", ada.draft)
    ada("roster sign", bea.draft)
    assert ada("roster publish").json["version"] == 3


def test_a_threshold_counts_on_both_sides(three):
    ada, bea, cleo = three
    ada("threshold", 3)
    ada("roster sign")
    bea("roster sign", ada.draft)
    ada("roster sign", bea.draft)
    ada("roster publish", expect=EX_NOPERM)
    cleo("roster sign", ada.draft)
    ada("roster sign", cleo.draft)
    assert ada("roster publish").json["threshold"] == 3
    for admin in (bea, cleo):
        share(ada, admin, 3)
    ada("threshold", 1)
    ada("roster sign")
    bea("roster sign", ada.draft)
    ada("roster sign", bea.draft)
    lowered = ada("roster publish", expect=EX_NOPERM)
    assert "lacks signatures of the admins of roster 3 (2 of 3)" in lowered.err
    cleo("roster sign", ada.draft)
    ada("roster sign", cleo.draft)
    assert ada("roster publish").json["version"] == 4
    ada.desk("urgent")
    assert ada("roster publish").json["version"] == 5, "from now on one is enough"
