"""What an officer's tool must notice although everything is well sealed and well signed: exit 76, and not a byte shown."""

import base64
import hashlib
import json

import pytest

from helpers import sealing, signing, stock
from helpers.middleman import LyingStore, Middleman, move_daemon_behind
from helpers.organisation import Defender
from helpers.programs import EX_DATAERR, EX_NOPERM, EX_PROTOCOL
from helpers.sealing import SealedReport
from helpers.signing import problem_of

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

ALARM = "ALARM"


def test_a_strangers_client_is_understood(org, tmp_path):
    """A report made from docs/protocol.md alone goes the whole way, and its answer comes back."""
    amina = org.officer("amina")
    sealed = SealedReport(org, attachments=[("attachments/001.jpg", b"photo")])
    assert sealed.put().status == 201
    report = amina.run("open", sealed.id, "--out", tmp_path / "out").json
    assert report["envelope"]["mailbox"] == sealed.mailbox
    assert (tmp_path / "out" / "attachments" / "001.jpg").read_bytes() == b"photo"
    amina.run("ack", sealed.id)
    amina.run("reply", sealed.id, "-", stdin="Stay inside.")
    answer = org.get(f"mailboxes/{sealed.mailbox['id']}", {"Mailbox-Key": signing.base64url(sealed.mailbox_key)})
    assert answer.status == 200
    messages = json.loads(answer.body)
    assert [message["seq"] for message in messages] == sorted(message["seq"] for message in messages) and len(messages) == 2
    identity = tmp_path / "reply.key"
    identity.write_text(age_secret(sealed.reply_key) + "\n")
    texts = []
    for message in messages:
        sealed_message = tmp_path / "message.age"
        sealed_message.write_bytes(base64.b64decode(message["message"]))
        plain = json.loads(stock.open_sealed(identity, sealed_message))
        amina.signing_key.verify_key.verify(signing.message_lines(plain), base64.b64decode(plain["signature"]))
        assert plain["report"] == sealed.id and plain["mailbox"] == sealed.mailbox["id"] and plain["state"] == "ack"
        texts.append(plain["text"])
    assert texts == ["", "Stay inside."]


def age_secret(key):
    """`AGE-SECRET-KEY-1…`, BIP 173."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    secret = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    prefix = "age-secret-key-"
    bits = int.from_bytes(secret, "big") << 4
    values = [(bits >> shift) & 31 for shift in range(255, -1, -5)]
    state = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, state = state >> 25, (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= generator if (top >> bit) & 1 else 0
    state ^= 1
    return (prefix + "1" + "".join(sealing.BECH32[v] for v in values + [(state >> 5 * (5 - at)) & 31 for at in range(6)])).upper()


LIES = {
    "another desk": {"envelope": {"desk": "legal"}},
    "another urgency": {"envelope": {"urgency": "immediate"}},
    "a release time": {"envelope": {"release": "2027-01-01T00:00:00Z"}},
    "a hold key": {"envelope": {"hold_key": signing.base64url(bytes(range(32)))}},
    "another salt": {"envelope": {"salt": "00" * 16}},
    "another organisation": {"envelope": {"organisation": signing.base64url(bytes(32))}},
    "a roster that isn't yet": {"envelope": {"roster": 9999}},
    "no envelope": {"with_envelope": False},
}


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_report_that_says_something_else_inside(org, tmp_path, lie):
    org.add_desk("legal")
    amina = org.officer("amina")
    sealed = SealedReport(org, **LIES[lie])
    assert sealed.put().status == 201, "the server can't know"
    for verb in (("open", sealed.id, "--out", tmp_path / "out"), ("ack", sealed.id), ("reply", sealed.id, "hello")):
        refused = amina.run(*verb, expect=EX_PROTOCOL)
        assert ALARM in refused.err and "Sealed by another client" not in refused.out + refused.err
    assert not (tmp_path / "out").exists()
    assert amina.alerts()[0]["state"] == "new"


def test_an_envelope_without_a_proof(org, tmp_path):
    amina = org.officer("amina")
    sealed = SealedReport(org, with_proof=False)
    assert sealed.put(salt=None).status == 201
    assert ALARM in amina.run("open", sealed.id, "--out", tmp_path / "out", expect=EX_PROTOCOL).err


@pytest.mark.parametrize("change", [{"desk": "legal"}, {"urgency": "record"}, {"salt": "00" * 16}, {"salt": None},
                                    {"release": "2027-01-01T00:00:00Z"}])
def test_the_store_refuses_what_the_proof_does_not_say(org, change):
    org.add_desk("legal")
    amina = org.officer("amina", desk=f"{org.desk},legal")
    sealed = SealedReport(org)
    answer = sealed.put(**change)
    assert answer.status in (400, 422), answer
    if answer.status == 422:
        assert problem_of(answer) == "wrong-destination"
    assert amina.alerts() == []
    assert sealed.put().status == 201


def test_two_proofs(org):
    org.officer("amina")
    another = sealing.stanza(["proof", sealing.raw64(bytes(32)), sealing.raw64(bytes(32))])
    answer = SealedReport(org, more_stanzas=[another]).put()
    assert (answer.status, problem_of(answer)) in ((422, "not-sealed"), (422, "wrong-destination"))


HEADERS = {
    "a passphrase stanza": [sealing.stanza(["scrypt", sealing.raw64(bytes(16)), "10"], bytes(32))],
    "257 stanzas": [sealing.stanza(["grease"])] * 256,
    "64 KiB": [sealing.stanza(["grease"], bytes(400))] * 150,
    "a body that isn't canonical": ["-> grease\nAB\n"],
    "padded base64": ["-> grease\nAA==\n"],
    "a body without its short line": ["-> grease\n" + "A" * 64 + "\n"],
    "no type": ["-> \n\n"],
    "two spaces": ["-> grease  a\n\n"],
    "a carriage return": ["-> grease\r\n\r\n"],
}


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_headers_that_the_age_specification_or_ours_refuses(org, name):
    amina = org.officer("amina")
    answer = SealedReport(org, more_stanzas=HEADERS[name]).put()
    assert (answer.status, problem_of(answer)) == (422, "not-sealed")
    assert amina.alerts() == []


def test_unknown_stanzas_are_ignored(org, tmp_path):
    """Newer clients may add some; age itself adds grease."""
    amina = org.officer("amina")
    sealed = SealedReport(org, more_stanzas=[sealing.stanza(["grease-abc", "x"], b"whatever"), sealing.stanza(["other"])])
    assert sealed.put().status == 201
    assert amina.run("open", sealed.id, "--out", tmp_path / "out").json["summary"]


def test_a_report_sealed_to_somebody_else(org, tmp_path):
    amina = org.officer("amina")
    stranger = sealing.X25519PrivateKey.generate().public_key().public_bytes(sealing.Encoding.Raw, sealing.PublicFormat.Raw)
    sealed = SealedReport(org, recipients=[sealing.recipient_text(stranger)])
    assert sealed.put().status == 201
    amina.run("open", sealed.id, "--out", tmp_path / "out", expect=EX_NOPERM)
    assert not (tmp_path / "out").exists()


def damage_payload(org, change):
    """A report whose payload is no good, under its true id: what a broken or hostile client may send."""
    sealed = SealedReport(org, attachments=[("attachments/001.bin", bytes(200_000))])
    payload_at = sealed.bytes.index(b"\n", sealed.bytes.index(b"\n--- ") + 1) + 1
    sealed.bytes = change(sealed.bytes, payload_at)
    sealed.id = hashlib.sha256(sealed.bytes).hexdigest()
    return sealed


PAYLOADS = {
    "cut at a chunk": lambda data, at: data[:at + 16 + 2 * (65536 + 16)],
    "cut in a chunk": lambda data, at: data[:-5],
    "extended": lambda data, at: data + b"x",
    "a flipped bit at the end": lambda data, at: data[:-1] + bytes([data[-1] ^ 1]),
    "chunks exchanged": lambda data, at: data[:at + 16] + data[at + 16 + 65552:at + 16 + 2 * 65552] + data[at + 16:at + 16 + 65552]
    + data[at + 16 + 2 * 65552:],
}


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_a_damaged_payload_leaves_nothing_behind(org, tmp_path, name):
    amina = org.officer("amina")
    sealed = damage_payload(org, PAYLOADS[name])
    assert sealed.put().status == 201
    before = sorted(tmp_path.iterdir())
    amina.run("open", sealed.id, "--out", tmp_path / "out", expect=EX_DATAERR)
    assert sorted(tmp_path.iterdir()) == before


# --- a server that owns the receipt key

def test_a_store_that_gives_another_report(org, tmp_path):
    amina = org.officer("amina")
    first, second = SealedReport(org), SealedReport(org, summary="Another.")
    first.put()
    second.put()
    move_daemon_behind(org)
    with LyingStore(org, lambda method, target, _: second.bytes if target.endswith(first.id) else None):
        for verb in (("open", first.id, "--out", tmp_path / "out"), ("fetch", first.id, tmp_path / "file"), ("ack", first.id)):
            assert ALARM in amina.run(*verb, expect=EX_PROTOCOL).err
    assert not (tmp_path / "out").exists() and not (tmp_path / "file").exists()


def test_a_store_that_forgets_an_acknowledgement(org):
    """What an officer saw once can't be taken out of a report's history unnoticed."""
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    amina.run("ack", sealed.id)
    move_daemon_behind(org)
    with LyingStore(org, lambda method, target, _: b'{"events":[]}' if "/events" in target else None):
        assert ALARM in amina.run("reply", sealed.id, "hello", expect=EX_PROTOCOL).err


@pytest.mark.parametrize("part", ["signature", "proof", "created", "type", "keyid", "number"])
def test_a_store_that_changes_an_event(org, part):
    amina, badia = org.officer("amina"), org.officer("badia")
    sealed = SealedReport(org)
    sealed.put()
    badia.run("ack", sealed.id)
    move_daemon_behind(org)

    def change(method, target, body):
        if "/events" not in target:
            return None
        events = json.loads(body)
        event = events["events"][0]
        event[part] = {"signature": base64.b64encode(bytes(64)).decode(), "proof": base64.b64encode(bytes(64)).decode(),
                       "created": "2026-01-01T00:00:00Z", "type": "note", "number": 2,
                       "keyid": signing.base64url(bytes(amina.signing_key.verify_key))}[part]
        return json.dumps(events).encode()

    with LyingStore(org, change):
        amina.run("reply", sealed.id, "hello", expect=EX_PROTOCOL)
        amina.run("ack", sealed.id, expect=EX_PROTOCOL)


def test_a_store_that_invents_an_acceptance(org):
    """The client asks for the very id that it sealed."""
    org.officer("amina")
    nadia = org.defender("nadia")
    move_daemon_behind(org)

    def other_id(method, target, answer):
        if method != "PUT":
            return None
        acceptance = json.loads(answer.partition(b"\r\n\r\n")[2])
        acceptance["id"] = "0" * 64
        body = json.dumps(acceptance).encode()
        return f"HTTP/1.1 201 Answer\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    with Middleman(org, other_id):
        assert nadia.report(expect=None).code in (75, EX_PROTOCOL)
    with Middleman(org, lambda *_: None):
        assert nadia.run("send").json["queued"] == 0


@pytest.mark.parametrize("page", [b'{"events":[],"more":true}', b'{"more":false}'])
def test_a_list_of_events_that_never_ends_or_is_none(org, page):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    move_daemon_behind(org)
    with LyingStore(org, lambda method, target, body: page if "/events" in target else None):
        assert ALARM in amina.run("ack", sealed.id, expect=EX_PROTOCOL, timeout=20).err


def test_an_alert_for_another_desk_is_not_shown(org):
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    move_daemon_behind(org)
    with LyingStore(org, lambda method, target, body: body.replace(b'"urgent","urgency"', b'"x","urgency"').replace(
            b'"desk":"urgent"', b'"desk":"legal"') if "/alerts" in target else None):
        amina.run("pull", expect=EX_PROTOCOL)


def test_two_acknowledgements_are_a_chain(org):
    amina, badia = org.officer("amina"), org.officer("badia")
    sealed = SealedReport(org)
    sealed.put()
    amina.run("ack", sealed.id)
    badia.run("ack", sealed.id)
    answer, _ = amina.call("GET", f"reports/{sealed.id}/events")
    events = json.loads(answer.body)["events"]
    assert [event["number"] for event in events] == [1, 2] and events[0]["previous"] == "0" * 64
    roster = org.roster()
    first = events[0]
    lines = ["clarion-event/1", roster.fingerprint, sealed.id, first["roster"], 1, "0" * 64, "ack", first["header"],
             hashlib.sha256(b"").hexdigest(), first["created"]]
    signed = "".join(f"{line}\n" for line in lines).encode()
    amina.signing_key.verify_key.verify(signed, base64.b64decode(first["signature"]))
    sealed.proof_key.verify_key.verify(signed, base64.b64decode(first["proof"]))
    assert events[1]["previous"] == hashlib.sha256(signed).hexdigest()


def test_a_stale_event_is_refused(org):
    """Number and header must be the newest; the store decides, not who comes first over the network."""
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    roster = org.roster()
    header = sealed.bytes[:sealed.bytes.index(b"\n", sealed.bytes.index(b"\n--- ") + 1) + 1]
    key = amina.signing_key

    def event(number, previous, header_hash):
        created = signing.now()
        lines = ["clarion-event/1", roster.fingerprint, sealed.id, roster.version, number, previous, "ack", header_hash,
                 hashlib.sha256(b"").hexdigest(), created]
        signed = "".join(f"{line}\n" for line in lines).encode()
        return json.dumps({"number": number, "previous": previous, "type": "ack", "header": header_hash, "content": "", "created": created,
                           "roster": roster.version, "keyid": signing.base64url(bytes(key.verify_key)),
                           "signature": base64.b64encode(key.sign(signed).signature).decode(),
                           "proof": base64.b64encode(sealed.proof_key.sign(signed).signature).decode()}).encode()

    true_hash, zeros = hashlib.sha256(header).hexdigest(), "0" * 64
    for bad in (event(2, "2" * 64, true_hash), event(1, zeros, "1" * 64)):
        answer, _ = amina.call("POST", f"reports/{sealed.id}/events", bad)
        assert (answer.status, problem_of(answer)) == (409, "event-conflict")
    answer, _ = amina.call("POST", f"reports/{sealed.id}/events", event(1, zeros, true_hash))
    assert answer.status == 201 and json.loads(answer.body) == {"state": "ack", "number": 1}


@pytest.mark.parametrize("who,proven", [("amina", True), ("carla", False), ("nobody", False), ("other report", False),
                                        ("other mailbox", False), ("other roster", False)])
def test_only_an_officer_of_the_desk_proves_herself_to_the_sender(org, who, proven):
    """Who owns the server can put something into a mailbox, but can't be an officer."""
    org.add_desk("legal")
    amina, carla = org.officer("amina"), org.officer("carla", desk="legal")
    nadia = org.defender("nadia")
    sent = nadia.report()
    box = amina.run("open", sent["id"], "--out", org.folder / "out").json["envelope"]["mailbox"]
    key = {"carla": carla.signing_key, "nobody": signing.SigningKey.generate()}.get(who, amina.signing_key)
    plain = signing.mailbox_message(key, "0" * 64 if who == "other report" else sent["id"], "0" * 32 if who == "other mailbox" else box["id"],
                                    1 if who == "other roster" else org.roster().version, "Come to the station.")
    answer, _ = amina.call("POST", f"mailboxes/{box['id']}", stock.seal([box["recipient"]], plain))
    assert answer.status == 201
    shown = nadia.inbox(sent["receipt"])
    assert [message["from"] for message in shown] == (["amina"] if proven else [None])


def test_a_receipt_of_one_report_opens_no_other_mailbox(org):
    org.officer("amina")
    nadia, other = org.defender("nadia"), org.defender("other")
    sent = nadia.report()
    org.officers["amina"].run("reply", sent["id"], "hello")
    assert Defender(org, "third").join().inbox(other.report()["receipt"]) == []
