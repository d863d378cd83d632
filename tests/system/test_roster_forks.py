"""Two different rosters with one version: every client that has seen one notices the other, keeps both, and says so."""

import pytest

from helpers import rosters
from helpers.middleman import Middleman, move_daemon_behind, plain_answer
from helpers.organisation import Defender, Officer
from helpers.programs import EX_DATAERR, EX_NOINPUT, EX_PROTOCOL

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


class Fork:
    """Serves some rosters in place of the daemon's: by the end of the path, `roster` or `roster/N`."""

    def __init__(self, org, notes):
        self.org, self.notes = org, notes

    def __call__(self, method, target, _):
        note = self.notes.get(target.rpartition("/v1/")[2])
        return plain_answer(200, note.encode(), "text/plain; charset=utf-8") if method == "GET" and note else None


@pytest.fixture
def forked(org):
    """(org, amina, nadia, known, other): roster 3 is in force; `other` is a second roster 3, signed by the same admin."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    before = org.get("roster").body.decode()
    org.run("officer add", "-", "--desk", org.desk, stdin=Officer(org, "zahra").card)
    org.publish()
    for person in (amina, nadia):
        person.run("pull" if person is amina else "report", *([] if person is amina else ["--file", org.write_report(summary="S", urgency="record")]))
    known = org.get("roster").body.decode()
    other = rosters.signed(rosters.following(before, organisation="Quite Another"), ("admin", rosters.key_of(org.home)))
    move_daemon_behind(org)
    return org, amina, nadia, known, other


def proof_in(home):
    return {path.name: path.read_text() for path in home.glob("fork-*")}


def names_of(*notes):
    return {f"fork-{line_of(note)}-{rosters.digest(note)[:16]}" for note in notes}


def line_of(note):
    return next(line.split(" ")[1] for line in note.splitlines() if line.startswith("version "))


def test_an_officer_keeps_both(forked):
    org, amina, _, known, other = forked
    with Middleman(org, Fork(org, {"roster": other})):
        refused = amina.run("pull", expect=EX_PROTOCOL)
        assert "two rosters 3" in refused.err and "signed by admin" in refused.err and str(amina.home) in refused.err
        kept = proof_in(amina.home)
        assert set(kept.values()) == {known, other} and set(kept) == names_of(known, other)
        amina.run("pull", expect=EX_PROTOCOL)
        assert proof_in(amina.home) == kept
    for note, code in ((known, 0), (other, EX_DATAERR)):
        (amina.home / "judged").write_text(note)
        judged = org.run("roster verify", amina.home / "judged", expect=code)
    assert "admin signed it" in judged.err
    with Middleman(org, lambda *_: None):
        amina.run("pull")


def test_a_defender_keeps_both(forked):
    org, _, nadia, known, other = forked
    with Middleman(org, Fork(org, {"roster": other})):
        refused = nadia.report(expect=EX_PROTOCOL)
        assert "two rosters 3" in refused.err and "`proof'" in refused.err
    nadia.run("proof", org.folder / "proof")
    assert proof_in(org.folder / "proof") == {name: note for name, note in zip(sorted(names_of(known, other)), sorted(
        (known, other), key=rosters.digest))}
    nadia.run("proof", org.folder / "proof", expect=73)
    with Middleman(org, lambda *_: None):
        assert nadia.run("send").json["queued"] == 0
        Defender(org, "other").join().run("proof", org.folder / "none", expect=EX_NOINPUT)
    assert not (org.folder / "none").exists()


def test_an_admin_keeps_both(forked):
    org, _, _, known, other = forked
    with Middleman(org, Fork(org, {"roster": other})):
        refused = org.run("status", expect=EX_PROTOCOL)
        assert "two rosters 3" in refused.err
    assert set(proof_in(org.home).values()) == {known, other}


def test_a_fork_below_what_is_known(forked):
    """Seen: 3, then 4. Offered: the other 3, and a 5 that follows it."""
    org, amina, nadia, known, other = forked
    with Middleman(org, lambda *_: None):
        org.publish()
        amina.run("pull")
        fourth = org.get("roster", port=org.listen_port).body.decode()
    admin = ("admin", rosters.key_of(org.home))
    other_fourth = rosters.signed(rosters.following(other), admin)
    other_fifth = rosters.signed(rosters.following(other_fourth), admin)
    with Middleman(org, Fork(org, {"roster": other})):
        assert "two rosters 3" in amina.run("pull", expect=EX_PROTOCOL).err
    assert set(proof_in(amina.home).values()) == {fourth, other}
    with Middleman(org, Fork(org, {"roster": other_fifth, "roster/4": other_fourth, "roster/3": other})):
        assert "two rosters 4" in amina.run("pull", expect=EX_PROTOCOL).err
        # Nadia stands at 3, and meets the same fork one version earlier.
        assert "two rosters 3" in nadia.report(expect=EX_PROTOCOL).err
    assert set(proof_in(amina.home).values()) == {fourth, other, other_fourth}


def test_old_rosters_are_no_fork_and_proof_is_bounded(forked):
    org, amina, _, known, other = forked
    with Middleman(org, Fork(org, {"roster": org.get("roster/1", port=org.listen_port).body.decode()})):
        assert "old or lying" in amina.run("pull", expect=EX_PROTOCOL).err
    assert proof_in(amina.home) == {}
    made_up = rosters.edited(known, organisation="Made up")
    with Middleman(org, Fork(org, {"roster": rosters.signed(made_up)})):
        assert "signed by nobody" in amina.run("pull", expect=EX_PROTOCOL).err
    admin = ("admin", rosters.key_of(org.home))
    notes = {}
    with Middleman(org, Fork(org, notes)):
        for number in range(20):
            notes["roster"] = rosters.signed(rosters.edited(known, organisation=f"Number {number}"), admin)
            amina.run("pull", expect=EX_PROTOCOL)
    assert 2 < len(proof_in(amina.home)) <= 17
