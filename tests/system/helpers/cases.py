"""A second implementation of what is in an event, from docs/protocol.md, and what tests of cases share."""

import base64
import hashlib
import json
import secrets
import shutil
import subprocess

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.signing import VerifyKey

from . import sealing, signing
from .organisation import Officer


def note_secret(file_key):
    return sealing.hkdf(file_key, b"", b"notes/1")


def open_note(file_key, content, folder):
    """The JSON text in an event's content, opened by the stock age."""
    identity = folder / "notes-identity.txt"
    identity.write_text(sealing.identity_text(note_secret(file_key)) + "\n")
    return subprocess.run(["age", "-d", "-i", str(identity)], input=base64.b64decode(content), capture_output=True, check=True).stdout


def seal_content(file_key, content):
    public = X25519PrivateKey.from_private_bytes(note_secret(file_key)).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    note_key = secrets.token_bytes(16)
    return sealing.seal([sealing.x25519_stanza(public, note_key)], note_key, json.dumps(content).encode().ljust(1024))


class Chain:
    """Signed events of one officer about one report (a SealedReport), one behind the other."""

    def __init__(self, org, officer, sealed):
        header = sealed.bytes[:sealed.bytes.index(b"\n", sealed.bytes.index(b"\n--- ") + 1) + 1]
        self.officer, self.sealed, self.roster = officer, sealed, org.roster()
        self.header = hashlib.sha256(header).hexdigest()
        self.key = officer.signing_key
        self.number, self.previous = 0, "0" * 64

    def next(self, kind, content=None, created=None):
        """The JSON of the next event, as bytes."""
        self.number += 1
        created = created or signing.now()
        body = seal_content(self.sealed.file_key, content) if content is not None else b""
        lines = ["clarion-event/1", self.roster.fingerprint, self.sealed.id, self.roster.version, self.number, self.previous, kind,
                 self.header, hashlib.sha256(body).hexdigest(), created]
        signed = "".join(f"{line}\n" for line in lines).encode()
        event = {"number": self.number, "previous": self.previous, "type": kind, "header": self.header,
                 "content": base64.b64encode(body).decode(), "created": created, "roster": self.roster.version,
                 "keyid": signing.base64url(bytes(self.key.verify_key)),
                 "signature": base64.b64encode(self.key.sign(signed).signature).decode(),
                 "proof": base64.b64encode(self.sealed.proof_key.sign(signed).signature).decode()}
        self.previous = hashlib.sha256(signed).hexdigest()
        return json.dumps(event).encode()


def lines_of(event, org, report):
    """The lines of an event of the store's that are signed."""
    content = hashlib.sha256(base64.b64decode(event["content"])).hexdigest()
    lines = ["clarion-event/1", org.roster().fingerprint, report, event["roster"], event["number"], event["previous"], event["type"],
             event["header"], content, event["created"]] + ([event["desk"]] if event["type"] == "transfer" else [])
    text = "".join(f"{line}\n" for line in lines)
    key = base64.urlsafe_b64decode(event["keyid"] + "=")
    VerifyKey(key).verify(text.encode(), base64.b64decode(event["signature"]))
    return text


def digest_of(org, sealed, event):
    """What the event behind this one calls `previous`."""
    content = hashlib.sha256(base64.b64decode(event["content"])).hexdigest()
    lines = ["clarion-event/1", org.roster().fingerprint, sealed.id, event["roster"], event["number"], event["previous"], event["type"],
             event["header"], content, event["created"]]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def second_home(officer, name):
    """The same officer on another machine."""
    other = Officer.__new__(Officer)
    super(Officer, other).__init__(officer.organisation, "clarion-officer", officer.organisation.folder / name)
    other.name, other.card = officer.name, officer.card
    shutil.copytree(officer.home, other.home)
    return other
