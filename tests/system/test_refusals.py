"""Bad input gets a clear error, and nothing is lost."""

import base64
import json
import os
import secrets
import subprocess
import time

import pytest

from helpers import signing, stock, wire
from helpers.middleman import Middleman, move_daemon_behind, plain_answer
from helpers.organisation import Defender, Officer, Organisation
from helpers.programs import (EX_DATAERR, EX_NOPERM, EX_PROTOCOL, EX_TEMPFAIL, EX_UNAVAILABLE, run)
from helpers.signing import problem_of


def assert_one_line(result, program):
    lines = result.err.strip().splitlines()
    assert lines and lines[-1].startswith(f"{program}: "), result
    assert "Traceback" not in result.err and "error:0" not in result.err


# --- uploads

def test_a_wrong_id_for_the_body(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    wrong = secrets.token_hex(32)
    answer = org.put(wrong, sealed)
    assert (answer.status, problem_of(answer)) == (422, "wrong-id")
    assert amina.alerts() == []
    assert org.put(report, sealed).status == 201


def test_a_body_above_one_mebibyte(org):
    amina = org.officer("amina")
    report, sealed = org.seal(attachments={"attachments/001.bin": bytes(1024 * 1024 + 1)})
    answer = org.put(report, sealed)
    assert (answer.status, problem_of(answer)) == (413, "too-large")
    announced = org.put(report, b"", length=1 << 40)
    assert announced.status == 413
    assert amina.alerts() == []


def test_an_upload_above_the_desks_limit(tmp_path):
    org = Organisation(tmp_path, settings={"max_report_bytes": "2MiB"})
    org.officer("amina")
    nadia = org.defender("nadia")
    film = tmp_path / "film"
    film.write_bytes(bytes(3 * 1024 * 1024))
    refused = nadia.report("--attach", film, expect=None)
    assert refused.code in (EX_DATAERR, EX_TEMPFAIL)
    assert_one_line(refused, "clarion")


def test_an_unknown_desk(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    answer = org.put(report, sealed, desk="nowhere")
    assert (answer.status, problem_of(answer)) == (422, "unknown-desk")
    nadia = org.defender("nadia")
    path = org.write_report(summary="x", urgency="urgent")
    assert_one_line(nadia.run("report", "--desk", "nowhere", "--file", path, expect=EX_DATAERR), "clarion")
    assert amina.alerts() == []


@pytest.mark.parametrize("body", [b"", b"plain words", b"age-encryption.org/v1\n", b"age-encryption.org/v2\n-> X25519 a\nb\n--- c\n"])
def test_a_body_that_is_not_an_age_file(org, body):
    amina = org.officer("amina")
    answer = org.put(stock.report_id(body), body)
    assert answer.status in (400, 411, 422) if body == b"" else (answer.status, problem_of(answer)) == (422, "not-sealed")
    assert amina.alerts() == []


def test_a_changed_destination_is_refused(org):
    """Neither a carrier nor the server can change what a report is for: the salt proves it."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sealed_path = org.folder / "carried.age"
    path = org.write_report(summary="x", urgency="record")
    sent = nadia.report(urgency="record")
    amina.run("fetch", sent["id"], sealed_path)
    sealed = sealed_path.read_bytes()
    assert b"-> proof " in sealed
    for urgency, salt in (("immediate", "00" * 16), ("record", "11" * 16), ("record", None)):
        fresh = Organisation.put
        query = f"desk={org.desk}&urgency={urgency}&roster={org.roster().version}" + (f"&salt={salt}" if salt else "")
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])  # another payload, another id, the same header
        answer = wire.request(org.port, "PUT", org.target(f"reports/{stock.report_id(changed)}?{query}"), {}, changed)
        assert (answer.status, problem_of(answer)) == (422, "wrong-destination"), fresh
    assert path.exists()


def test_an_upload_for_an_unknown_roster_version(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    assert org.put(report, sealed, roster=999).status == 422
    assert amina.alerts() == []


def test_a_malformed_query_gets_nowhere(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    for query in ("", "desk=urgent", "desk=urgent&urgency=soon&roster=1", "desk=urgent&desk=urgent&urgency=urgent&roster=1",
                  "desk=urgent&urgency=urgent&roster=-1", "desk=urgent&urgency=urgent&roster=1&x=1"):
        answer = wire.request(org.port, "PUT", org.target(f"reports/{report}?{query}"), {}, sealed)
        assert answer.status in (400, 404, 422), (query, answer)
    assert amina.alerts() == []


# --- rosters

def test_an_expired_roster(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    amina, nadia = org.officer("amina"), org.defender("nadia")
    report, sealed = org.seal()
    version = org.roster().version
    org.shift_clock(days=31)
    refused = nadia.report(expect=EX_PROTOCOL)
    assert_one_line(refused, "clarion")
    assert "expired" in refused.err
    org.stop_daemon()
    org.start_daemon()
    # What was sealed while it was in force is taken all the same: her alarm mustn't hang on an admin who forgot.
    assert org.put(report, sealed, roster=version).status == 201
    org.publish()  # a fresh one brings everybody back
    assert nadia.report()["state"] == "accepted"
    assert len(amina.alerts()) == 2


def rosters_of(org):
    """version -> note, from the daemon."""
    newest = org.roster().version
    return {version: org.get(f"roster/{version}").body for version in range(1, newest + 1)}


def test_a_rolled_back_roster_is_never_sealed_to(org):
    org.officer("amina")
    mallory = org.officer("mallory")
    old = rosters_of(org)
    org.run("officer remove", "mallory")
    org.publish()
    nadia = org.defender("nadia")
    org.stop_daemon()
    uploads = []

    def older(method, target, _):
        if method == "GET" and "/roster" in target:
            version = target.rsplit("/", 1)[1]
            note = old[int(version)] if version.isdigit() and int(version) in old else old[max(old)]
            return plain_answer(200, note, "text/plain; charset=utf-8")
        if method in ("PUT", "POST"):
            uploads.append((method, target))
        return plain_answer(503)

    with Middleman(org, older, forward=False) as server:
        result = nadia.report(expect=None)
        assert result.code in (EX_TEMPFAIL, EX_PROTOCOL)
        bodies = [body for method, _, _, body in server.requests if method == "PUT"]
    key = mallory.home / "identity.age"
    for body in bodies:
        sealed = org.folder / "sent.age"
        sealed.write_bytes(body)
        with pytest.raises(Exception):
            stock.open_sealed(key, sealed)
    org.start_daemon()
    sent = nadia.report()
    mallory.run("open", sent["id"], "--out", org.folder / "out", expect=EX_NOPERM)


def test_the_first_roster_is_never_older_than_the_invitation(org):
    org.officer("amina")
    old = rosters_of(org)
    org.officer("badia")
    invitation = org.invitation("--desk", org.desk)
    org.stop_daemon()

    def older(_method, target, _answer):
        version = target.rsplit("/", 1)[1]
        note = old[int(version)] if version.isdigit() and int(version) in old else old[max(old)]
        return plain_answer(200, note, "text/plain; charset=utf-8")

    with Middleman(org, older, forward=False):
        refused = Defender(org, "nadia").run("join", "-", "--no-passphrase", stdin=invitation, expect=EX_PROTOCOL)
    assert_one_line(refused, "clarion")


def test_a_roster_that_no_admin_signed(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    note = org.roster().note
    body, _, signatures = note.partition(b"\n\n")
    version = org.roster().version
    forged = body.replace(f"version {version}".encode(), f"version {version + 1}".encode()) + b"\n\n" + signatures
    answer = wire.request(org.port, "PUT", org.target("roster"), {}, forged)
    assert answer.status in (403, 409, 422)
    assert org.roster().version == version
    assert nadia.report()["state"] == "accepted"


def test_a_roster_out_of_turn(org):
    org.officer("amina")
    note = org.roster().note
    assert wire.request(org.port, "PUT", org.target("roster"), {}, note).status == 200, "already in force"
    first = org.get("roster/1").body
    answer = wire.request(org.port, "PUT", org.target("roster"), {}, first)
    assert (answer.status, problem_of(answer)) == (409, "roster-conflict")
    answer = wire.request(org.port, "PUT", org.target("roster"), {}, b"not a roster\n")
    assert (answer.status, problem_of(answer)) == (422, "bad-roster")
    assert org.get("roster/999").status == 404


# --- the wrong key

def make_key(folder):
    certificate, key = folder / "other.crt", folder / "other.key"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-days", "10",
         "-keyout", str(key), "-out", str(certificate)])
    return certificate, key


def test_a_server_with_another_key_gets_no_byte_of_http(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    invitation = org.invitation("--desk", org.desk)
    org.stop_daemon()
    certificate, key = make_key(org.folder)
    with Middleman(org, lambda *_: plain_answer(200, b"{}"), forward=False, certificate=certificate, key=key) as server:
        for result in (amina.run("pull", expect=EX_PROTOCOL),
                       Defender(org, "late").run("join", "-", "--no-passphrase", stdin=invitation, expect=EX_PROTOCOL)):
            assert "key" in result.err
        result = nadia.report(expect=None)
        assert result.code in (EX_TEMPFAIL, EX_PROTOCOL)
        assert server.requests == []
    org.start_daemon()
    if result.code == EX_TEMPFAIL:
        assert nadia.run("send").json["sent"] == 1


# --- officers' requests

def alerts_path(org):
    return f"desks/{org.desk}/alerts"


def test_a_signed_request_is_answered_with_a_signed_answer(org):
    amina = org.officer("amina")
    answer, sent = amina.call("GET", alerts_path(org))
    page = json.loads(answer.body)
    assert answer.status == 200 and page["alerts"] == [] and page["more"] is False
    assert signing.answer_verifies(org.roster().receipt_key, signing.nonce_of(sent), answer)
    assert not signing.answer_verifies(org.roster().receipt_key, "another-nonce-0000", answer)


def test_a_replayed_request(org):
    amina = org.officer("amina")
    answer, sent = amina.call("GET", alerts_path(org))
    assert answer.status == 200
    again = wire.request(org.port, "GET", org.target(alerts_path(org)), sent)
    assert (again.status, problem_of(again)) == (401, "not-signed")
    assert "answer-signature" not in again.headers


def test_a_replay_after_a_restart(org):
    amina = org.officer("amina")
    _, sent = amina.call("GET", alerts_path(org))
    org.stop_daemon()
    org.start_daemon()
    again = wire.request(org.port, "GET", org.target(alerts_path(org)), sent)
    assert again.status == 401


@pytest.mark.parametrize("skew", [-301 - 30, 301 + 30])
def test_a_skewed_request(org, skew):
    amina = org.officer("amina")
    answer, _ = amina.call("GET", alerts_path(org), created=int(time.time()) + skew)
    assert (answer.status, problem_of(answer)) == (401, "not-signed")


def change(headers, **changes):
    return {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}


def test_signatures_that_are_not_quite_right(org):
    amina = org.officer("amina")
    target = org.target(alerts_path(org))
    key, authority = amina.signing_key, org.authority

    def ask(headers, method="GET", to=target, body=b""):
        return wire.request(org.port, method, to, headers, body)

    good = signing.signed_headers(key, "GET", authority, target)
    assert ask({}).status == 401
    for name in good:
        fresh = signing.signed_headers(key, "GET", authority, target)
        del fresh[name]
        assert ask(fresh).status == 401, name
    signature = base64.b64decode(good["Signature"][3:-1])
    flipped = base64.b64encode(bytes([signature[0] ^ 1]) + signature[1:]).decode()
    assert ask(change(good, Signature=f"c=:{flipped}:")).status == 401
    assert ask(signing.signed_headers(key, "GET", authority, target + "?after=1")).status == 401
    assert ask(signing.signed_headers(key, "GET", authority, target), to=target + "?after=1").status == 401
    assert ask(signing.signed_headers(key, "POST", authority, target)).status == 401
    assert ask(signing.signed_headers(key, "GET", "example.org", target)).status == 401
    assert ask(signing.signed_headers(key, "GET", authority, target, tag="other")).status == 401
    assert ask(signing.signed_headers(key, "GET", authority, target, nonce="short")).status == 401
    assert ask(signing.signed_headers(key, "GET", authority, target, body=b"x")).status == 401
    twice = signing.signed_headers(key, "GET", authority, target)
    twice["Signature-Input"] += ", d=" + twice["Signature-Input"][2:]
    assert ask(twice).status == 401
    uncovered = signing.signed_headers(key, "GET", authority, target)
    uncovered["Signature-Input"] = uncovered["Signature-Input"].replace(' "content-digest"', "")
    assert ask(uncovered).status == 401
    assert ask(signing.signed_headers(key, "GET", authority, target)).status == 200


def test_a_stranger_who_signs_well_is_not_permitted(org):
    org.officer("amina")
    stranger = Officer(org, "stranger")
    answer, _ = stranger.call("GET", alerts_path(org))
    assert (answer.status, problem_of(answer)) == (403, "not-permitted")


def test_another_desks_report(org):
    amina = org.officer("amina")
    org.add_desk("legal")
    carla = org.officer("carla", desk="legal")
    report, sealed = org.seal()
    org.put(report, sealed)
    unknown = secrets.token_hex(32)
    for method, path in (("GET", "reports/{}"), ("GET", "reports/{}/header"), ("GET", "reports/{}/events")):
        foreign, _ = carla.call(method, path.format(report))
        missing, _ = carla.call(method, path.format(unknown))
        assert (foreign.status, problem_of(foreign)) == (403, "not-permitted")
        assert foreign.body == missing.body, "a foreign report looks as one that isn't there"
    assert carla.call("GET", alerts_path(org))[0].status == 403
    assert amina.call("GET", f"reports/{report}")[0].body == sealed
    for verb in (("open", report, "--out", org.folder / "out"), ("fetch", report, org.folder / "file"), ("ack", report)):
        assert_one_line(carla.run(*verb, expect=EX_NOPERM), "clarion-officer")
    assert not (org.folder / "file").exists()


def test_only_who_can_open_a_report_can_act_on_it(org):
    """An event with a good officer's signature and without a proof by the report's key."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sent = nadia.report()
    sealed, _ = amina.call("GET", f"reports/{sent['id']}")
    header = sealed.body[:sealed.body.index(b"\n", sealed.body.index(b"\n--- ") + 1) + 1]
    import hashlib
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    roster = org.roster()
    header_hash = hashlib.sha256(header).hexdigest()
    empty_hash = hashlib.sha256(b"").hexdigest()
    lines = ["clarion-event/1", roster.fingerprint, sent["id"], roster.version, 1, "0" * 64, "ack", header_hash, empty_hash, created]
    signed = "".join(f"{line}\n" for line in lines).encode()
    keyid = signing.base64url(bytes(amina.signing_key.verify_key))
    signature = base64.b64encode(amina.signing_key.sign(signed).signature).decode()
    for proof in ("", signature):
        event = {"number": 1, "previous": "0" * 64, "type": "ack", "header": header_hash, "content": "", "created": created,
                 "roster": roster.version, "keyid": keyid, "signature": signature, "proof": proof}
        answer, _ = amina.call("POST", f"reports/{sent['id']}/events", json.dumps(event).encode())
        assert answer.status in (400, 403, 422), answer
    assert amina.alerts()[0]["state"] == "new"


# --- a disk that is full

def test_a_full_store_refuses_reports_and_serves_officers(tmp_path):
    org = Organisation(tmp_path, settings={"capacity_bytes": "16MiB"})
    amina, nadia = org.officer("amina"), org.defender("nadia")
    accepted, answer = [], None
    for _ in range(40):
        report, sealed = org.seal(attachments={"attachments/001.bin": secrets.token_bytes(900_000)})
        answer = org.put(report, sealed)
        if answer.status != 201:
            break
        accepted.append(report)
    assert accepted and (answer.status, problem_of(answer)) == (507, "storage-full")
    assert [alert["report"] for alert in amina.alerts()] == accepted
    assert amina.run("open", accepted[0], "--out", tmp_path / "out").json["summary"]
    assert amina.run("ack", accepted[0]).json["state"] == "ack"
    film = tmp_path / "film"
    film.write_bytes(secrets.token_bytes(900_000))
    queued = nadia.report("--attach", film, expect=EX_TEMPFAIL)
    assert queued.json["state"] == "queued"
    org.set("capacity_bytes", "64MiB")
    org.stop_daemon()
    org.start_daemon()
    assert nadia.run("send").json["sent"] == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_really_full(tmp_path):
    """No capacity setting, but no space left: nothing is accepted that isn't there afterwards, and officers are served."""
    org = Organisation(tmp_path)
    small = org.home / "daemon" / "store"
    small.mkdir(mode=0o700, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "small", str(small)], capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        amina = org.officer("amina")
        accepted, refused = [], []
        for _ in range(25):
            report, sealed = org.seal(attachments={"attachments/001.bin": secrets.token_bytes(900_000)})
            answer = org.put(report, sealed)
            (accepted if answer.status == 201 else refused).append((report, answer.status))
        assert accepted and refused and {status for _, status in refused} <= {503, 507}
        assert {alert["report"] for alert in amina.alerts()} == {report for report, _ in accepted}
        assert amina.run("open", accepted[0][0], "--out", tmp_path / "out").json["summary"]
        org.stop_daemon()
        org.start_daemon()
        assert {alert["report"] for alert in amina.alerts()} == {report for report, _ in accepted}
    finally:
        if org.process is not None:
            org.stop_daemon()
        subprocess.run(["umount", str(small)], check=True)


# --- receipts and mailboxes

def test_a_receipt_with_one_wrong_digit_is_found(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    receipt = nadia.report()["receipt"]
    for at in (0, 7, 18, 34):
        wrong = receipt[:at] + str((int(receipt[at]) + 1) % 10) + receipt[at + 1:]
        assert_one_line(nadia.inbox(wrong, expect=EX_DATAERR), "clarion")
    swapped = list(receipt.replace(" ", ""))
    at = next(i for i in range(29) if swapped[i] != swapped[i + 1])
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    nadia.inbox("".join(swapped), expect=EX_DATAERR)
    nadia.inbox(receipt[:-1], expect=EX_DATAERR)
    assert nadia.inbox(receipt.replace(" ", "")) == [], "the right one, typed without spaces"


def test_a_mailbox_opens_only_with_its_key(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sent = nadia.report()
    report = amina.run("open", sent["id"], "--out", org.folder / "out").json
    mailbox = report["envelope"]["mailbox"]["id"]
    amina.run("reply", sent["id"], "-", stdin="answer")
    for key in (None, signing.base64url(secrets.token_bytes(32)), "x"):
        headers = {} if key is None else {"Mailbox-Key": key}
        answer = org.get(f"mailboxes/{mailbox}", headers)
        assert answer.status in (400, 403), answer
        assert b"message" not in answer.body
    assert wire.request(org.port, "POST", org.target(f"mailboxes/{mailbox}"), {}, b"x").status == 401


# --- answers that were cut or changed on the way

def cut(part):
    def touch(method, target, answer):
        if part in f"{method} {target}" and len(answer) > 200:
            return answer[:-100]
        return None
    return touch


def flip(part):
    def touch(method, target, answer):
        if part in f"{method} {target}":
            return answer[:-10] + bytes([answer[-10] ^ 1]) + answer[-9:]
        return None
    return touch


@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_answer_to_an_officer(org, damage):
    amina = org.officer("amina")
    report, sealed = org.seal()
    org.put(report, sealed)
    move_daemon_behind(org)
    out, file = org.folder / "out", org.folder / "file"
    with Middleman(org, damage(f"GET {org.target(f'reports/{report}')}")):
        for verb in (("open", report, "--out", out), ("fetch", report, file)):
            assert_one_line(amina.run(*verb, expect=EX_PROTOCOL), "clarion-officer")
    with Middleman(org, damage("/alerts")):
        amina.run("pull", expect=EX_PROTOCOL)
    assert not out.exists() and not file.exists()
    with Middleman(org, lambda *_: None):
        assert amina.run("open", report, "--out", out).json["summary"]


def test_a_report_that_the_server_exchanged(org):
    """A well-signed answer, but not the report that was asked for: only a server that owns the receipt key can do it."""
    amina = org.officer("amina")
    (first, sealed_first), (second, sealed_second) = org.seal(), org.seal(summary="Another.")
    org.put(first, sealed_first)
    org.put(second, sealed_second)
    move_daemon_behind(org)

    def exchange(method, target, _):
        if method == "GET" and first in target:
            with wire.connect(org.listen_port) as line:
                headers = signing.signed_headers(amina.signing_key, "GET", org.authority, org.target(f"reports/{second}"))
                line.sendall(wire.request_bytes("GET", org.target(f"reports/{second}"), org.authority, headers))
                answer = wire.read_answer(line)
            top = [f"HTTP/1.1 {answer.status} OK", *(f"{name}: {value}" for name, value in answer.headers.items())]
            return "\r\n".join(top).encode() + b"\r\n\r\n" + answer.body
        return None

    with Middleman(org, exchange):
        amina.run("open", first, "--out", org.folder / "out", expect=EX_PROTOCOL)
    assert not (org.folder / "out").exists()


def test_a_cut_acceptance_loses_no_report_and_makes_no_second_one(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    move_daemon_behind(org)

    def half(method, target, answer):
        return answer[:-40] if method == "PUT" and "/reports/" in target else None

    with Middleman(org, half):
        result = nadia.report(expect=None)
    assert result.code in (EX_TEMPFAIL, EX_PROTOCOL)
    with Middleman(org, lambda *_: None):
        assert nadia.run("send").json == {"sent": 1, "queued": 0}
        assert len(amina.alerts()) == 1


def test_a_forged_acceptance_is_not_believed(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    org.stop_daemon()
    note = {}

    def lie(method, target, _):
        if method == "PUT":
            report = target.split("/reports/")[1].split("?")[0]
            forged = {"id": report, "accepted": time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime()),
                      "signature": base64.b64encode(bytes(64)).decode()}
            note["lied"] = True
            return plain_answer(201, json.dumps(forged).encode())
        return plain_answer(503)

    with Middleman(org, lie, forward=False):
        result = nadia.report(expect=None)
    assert note.get("lied") and result.code in (EX_TEMPFAIL, EX_PROTOCOL)
    org.start_daemon()
    assert nadia.run("send").json["sent"] == 1, "it stayed in the queue"


def test_nobody_listens(org):
    amina = org.officer("amina")
    org.stop_daemon()
    assert_one_line(amina.run("pull", expect=EX_UNAVAILABLE), "clarion-officer")


# --- what the daemon writes down

def test_no_address_and_no_content_reach_the_log(org):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    sent = nadia.report(summary="A-very-special-word")
    report = amina.run("open", sent["id"], "--out", org.folder / "out").json
    amina.run("reply", sent["id"], "-", stdin="Another-special-word")
    org.get("roster/77")
    org.stop_daemon()
    log = org.log()
    for secret in ("127.0.0.1:", "::1", "A-very-special-word", "Another-special-word", report["envelope"]["mailbox"]["id"],
                   org.base_path.strip("/"), sent["receipt"].replace(" ", "")):
        lines = [line for line in log.splitlines() if secret in line and "listen" not in line]
        assert lines == [], secret


def test_a_salt_means_nothing_for_a_file_that_stock_age_sealed(org):
    """Whoever writes a client from the list of calls sends one always; nothing is there to compare it with. A release still is too much."""
    org.officer("amina")
    target = lambda report, more: org.target(f"reports/{report}?desk={org.desk}&urgency=urgent&salt={'5a' * 16}&roster={org.roster().version}{more}")
    report, sealed = org.seal(summary="by other means")
    held = wire.request(org.port, "PUT", target(report, "&release=2099-01-01T00:00:00Z"), {"Hold-Key": "A" * 43}, sealed)
    assert held.status != 201
    assert wire.request(org.port, "PUT", target(report, ""), {}, sealed).status == 201
