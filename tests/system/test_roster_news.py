"""What changed since last time: told in words, with the day and who signed it, before anything is sealed to it."""

import time

from helpers.organisation import Officer
from helpers.programs import EX_NOPERM, run


def plain(text):
    """What was said, without the marks that keep directions apart."""
    return "".join(letter for letter in text if letter not in "\u2068\u2069")


def test_a_defender_is_told_before_she_seals(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    version = org.roster().version
    org.run("officer add", "-", "--desk", org.desk, stdin=Officer(org, "zahra").card)
    org.publish()
    org.run("officer remove", "zahra")
    org.publish()
    day = time.strftime("%Y-%m-%d", time.gmtime())
    result = nadia.run("report", "--desk", org.desk, "--file", org.write_report(summary="S", urgency="record"))
    said = plain(result.err)
    added = f"roster {version + 1} ({day}, signed by admin): officer added: zahra: {org.desk}\n"
    removed = f"roster {version + 2} ({day}, signed by admin): officer removed: zahra\n"
    assert 0 <= said.index(added) < said.index(removed) < said.index("Sealed.")
    again = nadia.run("report", "--desk", org.desk, "--file", org.write_report(summary="S", urgency="record"))
    assert "officer added" not in plain(again.err), "it is news once"
    org.publish()
    silent = nadia.run("report", "--desk", org.desk, "--file", org.write_report(summary="S", urgency="record"))
    assert "roster" not in plain(silent.err), "a later expiry is no news"
    assert "officer added: zahra" in plain(amina.run("pull").err)


def test_another_identity_under_her_name_is_told(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    old = (amina.home / "identity.age").read_bytes()
    org.run("officer remove", "amina")
    org.publish()
    newer = org.folder / "newer"
    card = run(amina.command("init", "--name", "amina", "--no-passphrase")[:-3] + ["--home", str(newer), "--json"],
               environment=org.environment).json["card"]
    org.run("officer add", "-", "--desk", org.desk, stdin=card)
    org.publish()
    said = plain(nadia.run("report", "--desk", org.desk, "--file", org.write_report(summary="S", urgency="record")).err)
    assert "officer removed: amina" in said and "officer added: amina" in said
    told = amina.run("pull", expect=EX_NOPERM)
    assert "you are no officer any more" in plain(told.err)
    assert (amina.home / "identity.age").read_bytes() == old


def test_an_officer_is_told_of_her_own_line(org):
    amina = org.officer("amina")
    org.add_desk("legal")
    for change, said in ((["--desk", "urgent,legal"], "your own desks changed"), (["--desk", "urgent,legal", "--tier", "2"], "your own tier changed")):
        org.run("officer add", "-", *change, stdin=amina.card)
        org.publish()
        told = plain(amina.run("pull").err)
        assert said in told and told.index(said) < told.index("officer's ")
    org.run("officer remove", "amina")
    org.publish()
    assert "you are no officer any more" in plain(amina.run("pull", expect=EX_NOPERM).err)


def test_a_name_that_needs_care_is_shown_safely(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    org.run("desk add", "legal", "--title", "Legal \u202egnp.exe", "--admission", "open")
    org.publish()
    said = nadia.run("report", "--desk", org.desk, "--file", org.write_report(summary="S", urgency="record"), expect=None).err
    assert "desk added: legal: Legal" in plain(said) and "\u202e" not in said
