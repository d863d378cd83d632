"""Admission tokens: an invitation's SECRET is exchanged for them, one is spent for each report, and nobody can tell whose it was."""

import base64
import json
import shutil
import sqlite3

import pytest

from helpers import ristretto, signing, wire
from helpers.middleman import Middleman, move_daemon_behind, plain_answer
from helpers.organisation import Defender, Organisation
from helpers.programs import EX_CONFIG, EX_NOPERM, EX_PROTOCOL, EX_TEMPFAIL, EX_UNAVAILABLE, EX_USAGE
from helpers.signing import problem_of

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

BATCH = 32
REQUEST_TYPE = "application/private-token-amortized-batch-request"


@pytest.fixture
def token_org(tmp_path):
    """An organisation whose desk asks for tokens."""
    (tmp_path / "org").mkdir()
    organisation = Organisation(tmp_path / "org", admission="token")
    yield organisation
    if organisation.process is not None:
        organisation.stop_daemon()


def invited(org, name, invitation=None, expect=0):
    """(defender, what `join` said)."""
    defender = Defender(org, name)
    return defender, defender.run("join", "-", "--no-passphrase", stdin=invitation or org.invitation("--desk", org.desk), expect=expect)


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def secret_of(invitation):
    return invitation.strip().rsplit(".", 1)[1]


def tokens_request(org, secret, body, content_type=REQUEST_TYPE):
    return wire.request(org.port, "POST", org.target("tokens"), {"Authorization": f"Bearer {secret}", "Content-Type": content_type}, body)


def watched(org, defender, *arguments, touch=lambda *_: None, expect=0):
    """(result, requests) of a command whose connections go through a server that looks on."""
    with Middleman(org, touch) as server:
        result = defender.run(*arguments, expect=expect)
    return result, server.requests


def test_the_default_admission_works(tmp_path):
    """`desk add` without `--admission`: the whole path, with an upload of several requests too."""
    org = Organisation(tmp_path, admission="token")
    org.run("desk add", "other", "--title", "Another desk")
    amina = org.officer("amina")
    assert {line[0]: line[1] for line in org.roster().all("desk")} == {org.desk: "token", "other": "token"}
    invitations = org.run("invite", "--desk", "other", "--count", "2").json["invitations"]
    assert len({secret_of(invitation) for invitation in invitations}) == 2
    nadia, joined = invited(org, "nadia", invitations[0])
    assert joined.json["tokens"] == BATCH
    sent = nadia.report()
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(bytes(3_000_000))
    large = nadia.report("--attach", photo)
    assert (sent["state"], large["state"]) == ("accepted", "accepted")
    assert {alert["report"] for alert in amina.alerts()} == {sent["id"], large["id"]}
    assert amina.run("open", large["id"], "--out", tmp_path / "out").json["summary"]
    amina.run("ack", sent["id"])
    assert [message["from"] for message in nadia.inbox(sent["receipt"])] == ["amina"]
    assert nadia.run("join", "-", stdin=invitations[1]).json["tokens"] == BATCH - 2 + BATCH


def test_without_a_token_nothing_is_taken(token_org):
    token_org.officer("amina")
    report, sealed = token_org.seal()
    for headers in ({}, {"Authorization": "PrivateToken token=\"AAAA\""}, {"Authorization": "Bearer AAAA"}):
        answer = token_org.put(report, sealed, headers=headers)
        assert answer.status == 403 and problem_of(answer) == ("token-refused" if headers else "token-needed"), answer
    target = token_org.target(f"uploads?id={report}&length={len(sealed)}&desk={token_org.desk}&urgency=urgent&roster={token_org.roster().version}")
    answer = wire.request(token_org.port, "POST", target, {"Upload-Key": signing.base64url(bytes(32))})
    assert answer.status == 403 and problem_of(answer) == "token-needed"


def test_an_open_desk_asks_for_none(org):
    org.officer("amina")
    invitation = org.invitation("--desk", org.desk)
    assert invitation.count(".") == 5, "127.0.0.1 and no SECRET"
    nadia, joined = invited(org, "nadia", invitation)
    assert joined.json["tokens"] == 0
    org.stop_daemon()
    assert org.invitation("--desk", org.desk) == invitation, "no daemon is needed"
    move_daemon_behind(org)
    where = org.write_report(summary="x", urgency="urgent")
    _, requests = watched(org, nadia, "report", "--file", where)
    assert not any("authorization" in headers for _, _, headers, _ in requests)


def test_invitations_are_told_to_the_daemon(token_org):
    token_org.publish()
    refused = token_org.run("invite", "--desk", token_org.desk, expect=EX_UNAVAILABLE)
    assert refused.out == "" and "no connection to the server" in refused.err
    officers = token_org.run("invite", "--officer").json["invitations"]
    assert len(officers) == 1 and officers[0].count(".") == 5
    token_org.ensure_running()
    many = token_org.run("invite", "--desk", token_org.desk, "--count", "1000").json["invitations"]
    assert len(set(many)) == 1000
    token_org.run("invite", "--count", "1001", expect=EX_USAGE)
    assert invited(token_org, "nadia", many[777])[1].json["tokens"] == BATCH
    assert secret_of(token_org.invitation()), "without --desk as well"


def test_an_invitation_is_good_once(token_org):
    """With a used one she reads her answers on any device, but nobody reports with it."""
    token_org.officer("amina")
    invitation = token_org.invitation("--desk", token_org.desk)
    nadia, _ = invited(token_org, "nadia", invitation)
    sent = nadia.report()
    borrowed, joined = invited(token_org, "borrowed", invitation)
    assert joined.json["tokens"] == 0 and "used already" in joined.err and "ask for a new one" in joined.err
    assert borrowed.inbox(sent["receipt"]) == []
    assert borrowed.report(expect=EX_NOPERM).json["state"] == "queued"
    for home in (borrowed, nadia):  # where tokens are all that it can be for
        refused = home.run("join", "-", stdin=invitation, expect=EX_NOPERM)
        assert refused.json["tokens"] == (0 if home is borrowed else BATCH - 1) and "ask for a new one" in refused.err
    unknown = invitation.strip().rsplit(".", 1)[0] + "." + signing.base64url(bytes(16))
    assert "ask for a new one" in invited(token_org, "stranger", unknown)[1].err


def test_what_she_wrote_waits_for_a_new_invitation(token_org):
    """No token: the report is sealed and kept, she has its receipt, and it goes out with the next invitation."""
    amina = token_org.officer("amina")
    nadia, _ = invited(token_org, "nadia", token_org.invitation("--officer"))
    kept = nadia.report(expect=EX_NOPERM)
    assert kept.json["state"] == "queued" and kept.json["receipt"] and "ask for a new invitation" in kept.err, kept
    assert nadia.run("send", expect=EX_TEMPFAIL).json == {"sent": 0, "queued": 1}
    assert amina.alerts() == []
    nadia.run("join", "-", stdin=token_org.invitation("--desk", token_org.desk))
    assert nadia.run("send").json == {"sent": 1, "queued": 0}
    assert [alert["report"] for alert in amina.alerts()] == [kept.json["id"]]


@pytest.mark.parametrize("how", ["the answer is cut", "the daemon is killed"])
def test_a_join_that_broke_off_loses_nothing(token_org, how):
    token_org.officer("amina")
    invitation = token_org.invitation("--desk", token_org.desk)
    move_daemon_behind(token_org)

    def cut(method, target, answer):
        if not target.endswith("/tokens"):
            return None
        assert answer.startswith(b"HTTP/1.1 200")
        if how == "the daemon is killed":
            token_org.kill_daemon()
        return answer[:100]

    nadia = Defender(token_org, "nadia")
    with Middleman(token_org, cut) as server:
        broken = nadia.run("join", "-", "--no-passphrase", stdin=invitation, expect=None)
        first = [(headers["authorization"], body) for _, target, headers, body in server.requests if target.endswith("/tokens")]
    assert broken.code in (EX_PROTOCOL, EX_UNAVAILABLE) and broken.json["tokens"] == 0, broken
    token_org.ensure_running()
    with Middleman(token_org, lambda *_: None) as server:
        assert nadia.run("join", "-", stdin=invitation).json["tokens"] == BATCH
        again = [(headers["authorization"], body) for _, target, headers, body in server.requests if target.endswith("/tokens")]
        assert nadia.report()["state"] == "accepted"
    assert first == again and len(first) == 1, "the same request"


def test_a_lying_server_marks_nobody(token_org):
    """An answer that wasn't made with the roster's key is found, and nothing of it is kept."""
    token_org.officer("amina")
    invitation = token_org.invitation("--desk", token_org.desk)
    move_daemon_behind(token_org)
    nadia = Defender(token_org, "nadia")
    lies = {
        "the proof": lambda body: body[:-1] + bytes([body[-1] ^ 1]),
        "two swapped": lambda body: body[:2] + body[34:66] + body[2:34] + body[66:],
        "one doubled": lambda body: body[:2] + body[34:66] + body[34:],
        "one fewer": lambda body: bytes([0x43, 0xe0]) + body[34:],
        "nothing": lambda body: b"",
        "noise": lambda body: bytes(range(256)) * 4,
    }
    for lie in lies.values():
        def touch(method, target, answer, lie=lie):
            body = answer.partition(b"\r\n\r\n")[2]
            return plain_answer(200, lie(body)) if target.endswith("/tokens") else None
        with Middleman(token_org, touch):
            result = nadia.run("join", "-", "--no-passphrase", stdin=invitation, expect=EX_PROTOCOL)
        assert result.json["tokens"] == 0 and "marked" in result.err, result
    with Middleman(token_org, lambda *_: None):
        assert nadia.run("join", "-", stdin=invitation).json["tokens"] == BATCH


def test_a_token_is_spent_once(tmp_path):
    """Replay: the same report again is fine, another report is refused, at this desk and at another one, also after a crash."""
    org = Organisation(tmp_path, admission="token")
    org.add_desk("other")
    org.officer("amina", desk=f"{org.desk},other")
    nadia, _ = invited(org, "nadia")
    move_daemon_behind(org)
    where = org.write_report(summary="x", urgency="urgent")
    sent, requests = watched(org, nadia, "report", "--desk", org.desk, "--file", where)
    method, target, headers, body = next(request for request in requests if request[0] == "PUT")
    authorization = {"Authorization": headers["authorization"]}
    assert headers["authorization"].startswith('PrivateToken token="')
    org.port = org.listen_port
    for crash in (False, True):
        if crash:
            org.kill_daemon()
            org.start_daemon()
        assert wire.request(org.port, "PUT", target, authorization, body).status == 200
        report, sealed = org.seal()
        for desk in (org.desk, "other"):
            answer = org.put(report, sealed, desk=desk, headers=authorization)
            assert answer.status == 403 and problem_of(answer) == "token-refused"
    assert sent.json["state"] == "accepted"


def test_a_lost_answer_costs_no_second_token(token_org):
    amina = token_org.officer("amina")
    nadia, _ = invited(token_org, "nadia")
    move_daemon_behind(token_org)
    where = token_org.write_report(summary="x", urgency="urgent")
    lost, before = watched(token_org, nadia, "report", "--file", where, expect=None,
                           touch=lambda method, target, answer: b"" if method == "PUT" else None)
    assert lost.code == EX_TEMPFAIL and lost.json["state"] == "queued", lost
    again, after = watched(token_org, nadia, "send")
    assert again.json == {"sent": 1, "queued": 0}
    fields = [headers["authorization"] for method, _, headers, _ in before + after if method == "PUT"]
    assert len(fields) == 2 and len(set(fields)) == 1
    joined = watched(token_org, nadia, "join", token_org.invitation("--officer").strip())[0]
    assert joined.json["tokens"] == BATCH - 1
    with Middleman(token_org, lambda *_: None):
        assert len(amina.alerts()) == 1


def test_a_home_put_back_from_a_copy_goes_on(token_org, tmp_path):
    """A token that the copy's owner spent before is replaced by the next one, and nothing fails."""
    token_org.officer("amina")
    nadia, _ = invited(token_org, "nadia")
    shutil.copytree(nadia.home, tmp_path / "copy")
    first = nadia.report()
    shutil.rmtree(nadia.home)
    shutil.copytree(tmp_path / "copy", nadia.home)
    second = nadia.report()
    assert (first["state"], second["state"]) == ("accepted", "accepted") and first["id"] != second["id"]


def test_an_epoch_ends(tmp_path, clock_build):
    """Tokens are good until their key's not-after; then a report waits, and no used invitation helps."""
    org = Organisation(tmp_path, build=clock_build, admission="token")
    org.officer("amina")
    nadia, _ = invited(org, "nadia")
    late = org.invitation("--desk", org.desk)
    epoch, _, not_before, not_after = org.roster().first("token-key")
    assert epoch == "1" and not_before < not_after
    for days in range(25, 401, 25):  # the roster is renewed each month
        org.shift_clock(days=days)
        org.run("roster publish")
        warned = "token key ends within two months" in org.run("status").err
        assert warned == (340 < days < 400), days
    assert "no token key is in force" in org.run("status").err
    assert "no token key is in force" in org.run("invite", "--desk", org.desk, expect=EX_CONFIG).err
    kept = nadia.report(expect=EX_NOPERM)
    assert kept.json["state"] == "queued" and "new invitation" in kept.err
    joined = invited(org, "layla", late, EX_TEMPFAIL)[1]
    assert joined.json["tokens"] == 0 and "gives out no admission tokens now" in joined.err


def test_another_carries_it_with_a_token_of_hers(token_org, tmp_path):
    amina = token_org.officer("amina")
    nadia, _ = invited(token_org, "nadia")
    carrier, _ = invited(token_org, "carrier")
    where = token_org.write_report(summary="x", urgency="urgent")
    sealed = nadia.run("report", "--file", where, "--out", tmp_path / "file").json
    assert carrier.run("carry", tmp_path / "file").json["state"] == "accepted"
    assert [alert["report"] for alert in amina.alerts()] == [sealed["id"]]
    assert nadia.run("join", "-", stdin=token_org.invitation("--officer")).json["tokens"] == BATCH
    assert carrier.run("join", "-", stdin=token_org.invitation("--officer")).json["tokens"] == BATCH - 1


def test_nothing_links_a_token_to_its_invitation(token_org):
    """What the server keeps names neither SECRET nor token, and rows of the two kinds have no place or order in common."""
    token_org.officer("amina")
    invitation = token_org.invitation("--desk", token_org.desk)
    nadia, _ = invited(token_org, "nadia", invitation)
    move_daemon_behind(token_org)
    where = token_org.write_report(summary="x", urgency="urgent")
    _, requests = watched(token_org, nadia, "report", "--file", where)
    field = next(headers["authorization"] for method, _, headers, _ in requests if method == "PUT")
    token = field.split('"')[1]
    token_org.stop_daemon()
    raw = unbase64url(token)
    secret = unbase64url(secret_of(invitation))
    store = token_org.file_of("store")
    kept = b"".join(path.read_bytes() for path in store.iterdir() if path.is_file()) + token_org.log().encode()
    for value in (secret, secret_of(invitation).encode(), raw, token.encode(), raw[2:34], raw[98:]):
        assert value not in kept
    with sqlite3.connect(f"file:{store / 'clarion.db'}?mode=ro", uri=True) as database:
        shelves = dict(database.execute("SELECT shelf, count(*) FROM shelf GROUP BY shelf").fetchall())
        definition = database.execute("SELECT sql FROM sqlite_master WHERE name = 'shelf'").fetchone()[0]
    assert "WITHOUT ROWID" in definition, "rows lie by their blind names, not by when they came"
    assert sorted(shelves.values())[:2] == [1, 1], "one invitation, one spent token"
    home = b"".join(path.read_bytes() for path in nadia.home.rglob("*") if path.is_file())
    assert secret not in home and raw not in home and token.encode() not in home


def test_a_strangers_request_for_tokens(token_org):
    """Raw requests: malformed ones leave the invitation good."""
    token_org.officer("amina")
    invitation = token_org.invitation("--desk", token_org.desk)
    secret = secret_of(invitation)
    for body, status, problem in ((b"", 422, "bad-tokens"), (b"x" * 100, 422, "bad-tokens"), (bytes(2000), 413, "too-large")):
        answer = tokens_request(token_org, secret, body)
        assert (answer.status, problem_of(answer)) == (status, problem), answer
    assert problem_of(tokens_request(token_org, secret, b"x", "text/plain")) == "bad-request"
    assert problem_of(tokens_request(token_org, signing.base64url(bytes(16)), b"x")) == "invitation-refused"
    assert wire.request(token_org.port, "POST", token_org.target("invitations"), {}, json.dumps({}).encode()).status == 401
    assert invited(token_org, "nadia", invitation)[1].json["tokens"] == BATCH


def test_a_strangers_client_takes_and_spends_tokens(token_org):
    """Everything as docs/protocol.md says it, in Python: the proof holds, the tokens are good, and only once."""
    token_org.officer("amina")
    secret = secret_of(token_org.invitation("--desk", token_org.desk))
    key = base64.b64decode(token_org.roster().first("token-key")[1])
    batch = ristretto.Batch(key, 3)
    answer = tokens_request(token_org, secret, batch.request)
    assert answer.status == 200 and answer.headers["content-type"] == "application/private-token-amortized-batch-response"
    tokens = batch.tokens(answer.body)
    again = tokens_request(token_org, secret, batch.request)
    assert batch.tokens(again.body) == tokens and again.body != answer.body, "the same tokens, another proof"
    assert problem_of(tokens_request(token_org, secret, ristretto.Batch(key, 1).request)) == "invitation-refused"
    reports = [token_org.seal() for _ in tokens]
    for (report, sealed), token in zip(reports, tokens):
        assert token_org.put(report, sealed, headers={"Authorization": token}).status == 201
        assert token_org.put(report, sealed, headers={"Authorization": token}).status == 200
    report, sealed = token_org.seal()
    forged = ristretto.Batch(key, 1)
    made_up = forged.inputs[0] + bytes(64)
    for field in (*tokens, f'PrivateToken token="{base64.urlsafe_b64encode(made_up).decode()}"'):
        answer = token_org.put(report, sealed, headers={"Authorization": field})
        assert answer.status == 403 and problem_of(answer) == "token-refused"


def test_the_secret_waits_for_the_roster(token_org):
    """It goes out on a connection of its own, and only once the roster is that of the invitation's admins."""
    token_org.officer("amina")
    invitation = token_org.invitation("--desk", token_org.desk)
    move_daemon_behind(token_org)
    place, _, trust = invitation.strip().partition("#")
    other = f"{place}#{signing.base64url(bytes(range(32)))}.{trust.partition('.')[2]}"
    with Middleman(token_org, lambda *_: None) as server:
        Defender(token_org, "misled").run("join", "-", "--no-passphrase", stdin=other, expect=EX_PROTOCOL)
        assert server.requests and not any(target.endswith("/tokens") for _, target, _, _ in server.requests)
        server.requests.clear()
        invited(token_org, "nadia", invitation)
        calls = [target.rpartition("/")[2] for _, target, _, _ in server.requests]
        assert calls[-1] == "tokens" and calls.count("tokens") == 1 and "roster" in calls
        assert not any(secret_of(invitation) in str(request) for request in server.requests[:-1])


def test_homes_with_and_without_tokens_look_alike(org, token_org):
    homes = []
    for which, organisation in enumerate((org, token_org)):
        organisation.officer("amina")
        home = invited(organisation, "nadia")[0].home
        homes.append(sorted(path.stat().st_size for path in home.rglob("*") if path.is_file()))
    assert homes[0] == homes[1]


def test_an_alarm_prepared_anew_costs_no_token(token_org):
    """A token is put aside for it, and is free again where no server has seen it."""
    token_org.officer("amina")
    nadia, _ = invited(token_org, "nadia")
    for _ in range(3):
        nadia.run("alarm set")
    tokens = [nadia.run("join", "-", stdin=token_org.invitation("--officer")).json["tokens"]]
    assert nadia.run("alarm").json["state"] == "accepted"
    nadia.run("alarm set")
    tokens.append(nadia.run("join", "-", stdin=token_org.invitation("--officer")).json["tokens"])
    assert tokens == [BATCH - 1, BATCH - 2]
