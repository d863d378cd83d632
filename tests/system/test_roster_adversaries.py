"""Each adversary of the threat model plays against the roster, with clients that see only her server, and with the daemon.

Two of three admins must sign here. Whatever she serves, no client takes it, nothing is sealed to mallory, and the honest
roster goes on; whatever she puts, the daemon refuses."""

import pytest

from helpers import programs, rosters, wire
from helpers.middleman import Middleman, move_daemon_behind
from helpers.organisation import Organisation, Person
from helpers.programs import EX_PROTOCOL
from test_roster_forks import Fork, line_of

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

REFUSED = (403, 409, 422)


class Scene:
    """A daemon behind the adversary, roster `now` in force, each client at it, and all the keys that she might have."""

    def __init__(self, folder):
        self.org = org = Organisation(folder)
        self.amina, self.nadia = org.officer("amina"), org.defender("nadia")
        self.admins = {"admin": org}
        for name in ("bea", "cleo"):
            person = Person(org, "clarion-admin", org.folder / name)
            org.run("admin add", "-", stdin=person.run("init", "--card", name, "--no-passphrase").json["card"])
            self.admins[name] = person
        org.publish()
        for name in ("bea", "cleo"):
            self.admins[name].run("join", "-", stdin=org.invitation())
        org.run("threshold", 2)
        self.publish()
        org.run("admin remove", "cleo")
        dora = Person(org, "clarion-admin", org.folder / "dora")
        org.run("admin add", "-", stdin=dora.run("init", "--card", "dora", "--no-passphrase").json["card"])
        self.publish()
        self.admins["dora"] = dora
        self.mallory = Person(org, "clarion-admin", org.folder / "mallory")
        self.mallory.run("init", "--card", "mallory", "--no-passphrase")
        self.keys = {name: rosters.key_of(person.home) for name, person in {**self.admins, "mallory": self.mallory}.items()}
        self.keys["eve"] = self.keys["mallory"]
        self.now = org.get("roster").body.decode()
        self.before = org.get(f"roster/{int(line_of(self.now)) - 1}").body.decode()
        self.amina.run("pull")
        self.nadia.report()
        move_daemon_behind(org)
        programs.keep(org.process)

    def publish(self):
        self.org.run("roster sign")
        self.admins["bea"].run("roster sign", self.org.home / "roster" / "draft")
        self.org.run("roster sign", self.admins["bea"].home / "roster" / "draft")
        self.org.publish()
        self.admins["bea"].run("status")

    def signed(self, body, *names):
        return rosters.signed(body, *((name, self.keys[name]) for name in names))

    def with_mallory(self, note=None, **changed):
        """The next roster, with a reader more."""
        body = rosters.following(note or self.now, **changed)
        return body + self.officer_line()

    def officer_line(self):
        card = self.mallory_card
        return f"officer mallory {self.org.desk} 1 {card['recipient']} {card['key']} Mallory\n"

    @property
    def mallory_card(self):
        recipient = next(line for line in (self.mallory.home / "identity.age").read_text().splitlines() if line.startswith("# public key: "))
        key = rosters.base64.b64encode(bytes(self.keys["mallory"].verify_key)).decode()
        return {"recipient": recipient.removeprefix("# public key: "), "key": key}

    def admin_line(self):
        return f"admin eve {self.mallory_card['recipient']} {self.mallory_card['key']}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    made = Scene(tmp_path_factory.mktemp("adversaries"))
    yield made
    programs.stop(made.org.process)
    programs.assert_no_sanitizer_report(made.org.log())


def newest(note):
    return {"roster": note, f"roster/{line_of(note)}": note}


def chain(*notes):
    """Several versions, the last of which is called the newest."""
    served = {}
    for note in notes:
        served.update(newest(note))
    return served


def replay(scene):
    return newest(scene.before)


def first_roster_again(scene):
    return newest(scene.org.get("roster/1", port=scene.org.listen_port).body.decode())


def one_coerced_admin(scene):
    return newest(scene.signed(scene.with_mallory(), "bea"))


def one_coerced_admin_and_a_stranger(scene):
    return newest(scene.signed(scene.with_mallory(), "bea", "mallory"))


def one_key_signs_twice(scene):
    body = scene.with_mallory()
    note = scene.signed(body, "bea")
    return newest(note + rosters.signature(body, "admin", scene.keys["bea"]) + rosters.signature(body, "dora", scene.keys["bea"]))


def one_line_twice(scene):
    body = scene.with_mallory()
    return newest(scene.signed(body, "bea", "bea"))


def a_lower_threshold(scene):
    return newest(scene.signed(scene.with_mallory(threshold=1), "bea"))


def admins_of_her_own(scene):
    lines = [line for line in scene.with_mallory(threshold=1).splitlines() if not line.startswith("admin ")]
    at = next(number for number, line in enumerate(lines) if line.startswith("server "))
    body = "".join(f"{line}\n" for line in [*lines[:at], scene.admin_line(), *lines[at:]])
    return newest(scene.signed(body, "eve"))


def an_admin_more_signs_with_the_coerced_one(scene):
    body = rosters.with_line(scene.with_mallory(), "server", scene.admin_line())
    return newest(scene.signed(body, "bea", "eve"))


def a_removed_admin_signs(scene):
    return newest(scene.signed(scene.with_mallory(), "bea", "cleo"))


def the_other_side_of_a_removal(scene):
    """cleo was an admin of the roster before: a fork that never removed her."""
    return newest(scene.signed(scene.with_mallory(scene.before), "bea", "cleo"))


def a_fork_that_admins_signed(scene):
    return newest(scene.signed(scene.with_mallory(scene.before), "admin", "bea"))


def a_fork_that_goes_on(scene):
    fork = scene.signed(scene.with_mallory(scene.before), "admin", "bea")
    return chain(fork, scene.signed(rosters.following(fork), "admin", "bea"))


def another_previous(scene):
    return newest(scene.signed(rosters.edited(scene.with_mallory(), previous="7" * 64), "admin", "bea"))


def a_version_is_skipped(scene):
    return newest(scene.signed(rosters.edited(scene.with_mallory(), version=int(line_of(scene.now)) + 2), "admin", "bea"))


def admins_come_in_through_a_version_that_nobody_signed(scene):
    middle = scene.signed(rosters.with_line(rosters.following(scene.now, threshold=1), "server", scene.admin_line()), "eve")
    return chain(middle, scene.signed(scene.with_mallory(middle), "eve"))


def a_plus_line_lowers_the_threshold(scene):
    body = scene.with_mallory()
    return newest(scene.signed(rosters.with_line(body, "threshold", "+threshold 1"), "bea"))


def a_plus_line_names_an_admin(scene):
    body = scene.with_mallory()
    return newest(scene.signed(rosters.with_line(body, "server", "+" + scene.admin_line()), "bea", "eve"))


def a_changed_byte(scene):
    note = scene.signed(rosters.following(scene.now), "admin", "bea")
    return newest(note.replace("organisation Test", "organisation Best"))


def a_line_behind_the_signed_part(scene):
    note = scene.signed(rosters.following(scene.now), "admin", "bea")
    body, _, signatures = note.partition("\n\n")
    return newest(body + "\n" + scene.officer_line() + "\n" + signatures)


def a_signature_of_another_roster(scene):
    honest = scene.signed(rosters.following(scene.now), "admin", "bea")
    return newest(scene.with_mallory() + "\n" + honest.partition("\n\n")[2])


ATTACKS = [replay, first_roster_again, one_coerced_admin, one_coerced_admin_and_a_stranger, one_key_signs_twice, one_line_twice, a_lower_threshold,
           admins_of_her_own, an_admin_more_signs_with_the_coerced_one, a_removed_admin_signs, the_other_side_of_a_removal,
           a_fork_that_admins_signed, a_fork_that_goes_on, another_previous, a_version_is_skipped,
           admins_come_in_through_a_version_that_nobody_signed, a_plus_line_lowers_the_threshold, a_plus_line_names_an_admin, a_changed_byte,
           a_line_behind_the_signed_part, a_signature_of_another_roster]

MALFORMED = [one_line_twice, a_line_behind_the_signed_part]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_client_is_led_astray(scene, attack):
    served = attack(scene)
    assert served["roster"] != scene.now
    with Middleman(scene.org, Fork(scene.org, served)):
        scene.amina.run("pull", expect=EX_PROTOCOL)
        refused = scene.nadia.run("report", "--desk", scene.org.desk, "--file", scene.org.write_report(summary="S", urgency="record"), expect=None)
        # What isn't even a roster is told and passed over: she goes on with the one that she has.
        assert refused.code == EX_PROTOCOL or attack in MALFORMED and "roster" in refused.err.splitlines()[0], refused
        assert "Who can open it: amina." in refused.err
        scene.org.run("status", expect=EX_PROTOCOL)
    with Middleman(scene.org, lambda *_: None):
        scene.amina.run("pull")
        assert scene.nadia.run("send").json["queued"] == 0
        assert scene.org.run("status").json["version"] == int(line_of(scene.now))
        sent = scene.nadia.run("report", "--desk", scene.org.desk, "--file", scene.org.write_report(summary="S", urgency="record"))
    assert "mallory" not in sent.err


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_the_daemon_takes_none(scene, attack):
    served = attack(scene)
    for path in sorted(served, reverse=True):
        if path == "roster":
            continue
        answer = wire.request(scene.org.listen_port, "PUT", scene.org.target("roster"), {}, served[path].encode())
        assert answer.status in REFUSED, answer
    assert scene.org.get("roster", port=scene.org.listen_port).body.decode() == scene.now


def test_a_new_client_is_not_led_astray_either(scene):
    """The invitation names the admins: a chain that begins with others, or is older than it, isn't taken."""
    invitation = scene.org.invitation("--officer")
    for attack in (replay, first_roster_again, admins_of_her_own, one_coerced_admin, admins_come_in_through_a_version_that_nobody_signed):
        late = Person(scene.org, "clarion-officer", scene.org.folder / f"late-{attack.__name__}")
        late.run("init", "--name", "late", "--no-passphrase")
        with Middleman(scene.org, Fork(scene.org, attack(scene))):
            late.run("join", "-", stdin=invitation, expect=EX_PROTOCOL)
        assert not (late.home / "roster").exists()


def test_a_control_that_everybody_takes(scene):
    """What two admins have signed is taken with its `+` lines, and those add no reader."""
    body = rosters.with_line(rosters.following(scene.now), "officer", "+" + scene.officer_line().rstrip("\n"))
    note = scene.signed(rosters.with_line(body, "threshold", "+threshold 1"), "admin", "bea")
    answer = wire.request(scene.org.listen_port, "PUT", scene.org.target("roster"), {}, note.encode())
    assert answer.status == 201, answer
    with Middleman(scene.org, lambda *_: None):
        sent = scene.nadia.run("report", "--desk", scene.org.desk, "--file", scene.org.write_report(summary="S", urgency="record"))
        assert "mallory" not in sent.err and "Who can open it: amina." in sent.err
        for _ in range(2):
            scene.amina.run("pull")
        assert scene.org.run("status").json["threshold"] == 2
    follows = scene.signed(scene.with_mallory(note), "bea")
    assert wire.request(scene.org.listen_port, "PUT", scene.org.target("roster"), {}, follows.encode()).status == 403


def test_freeze(tmp_path, clock_build):
    """A server that shows the same roster for ever stops being believed when it expires, whatever it signs meanwhile."""
    org = Organisation(tmp_path, build=clock_build)
    amina, nadia = org.officer("amina"), org.defender("nadia")
    old = org.get("roster").body.decode()
    move_daemon_behind(org)
    with Middleman(org, lambda *_: None):
        org.publish()
    with Middleman(org, Fork(org, {"roster": old})):
        amina.run("pull")
        nadia.report()
        org.shift_clock(days=31)
        for result in (amina.run("pull", expect=EX_PROTOCOL), nadia.report(expect=EX_PROTOCOL)):
            assert "expired" in result.err
    with Middleman(org, lambda *_: None):
        org.publish()
        amina.run("pull")
        nadia.report()
