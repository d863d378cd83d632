"""A second implementation of the sealed report, from the age specification and docs/protocol.md: for what no honest
client would make, and to see that a stranger's client would be understood."""

import base64
import hashlib
import hmac
import io
import json
import secrets
import tarfile

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.signing import SigningKey

from . import signing, wire

CHUNK = 64 * 1024
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def raw64(data):
    """age's base64: unpadded."""
    return base64.b64encode(data).rstrip(b"=").decode()


def hkdf(secret, salt, info, length=32):
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def recipient_key(text):
    """The 32 bytes of `age1…` (the checksum is the roster's business)."""
    value = 0
    for letter in text[4:-6]:
        value = value << 5 | BECH32.index(letter)
    return (value >> 4).to_bytes(32, "big")


def bech32(prefix, key):
    """32 bytes as BIP 173 text."""
    bits = int.from_bytes(key, "big") << 4
    values = [(bits >> shift) & 31 for shift in range(255, -1, -5)]
    checked = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix] + values
    state = 1
    for value in checked + [0] * 6:
        top, state = state >> 25, (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= generator if (top >> bit) & 1 else 0
    state ^= 1
    return prefix + "1" + "".join(BECH32[value] for value in values + [(state >> 5 * (5 - at)) & 31 for at in range(6)])


def recipient_text(key):
    """`age1…` of 32 bytes."""
    return bech32("age", key)


def identity_text(key):
    """`AGE-SECRET-KEY-1…` of 32 bytes."""
    return bech32("age-secret-key-", key).upper()


def stanza(words, body=b""):
    text = raw64(body)
    lines = [text[at:at + 64] for at in range(0, len(text), 64)]
    if not lines or len(lines[-1]) == 64:
        lines.append("")
    return "-> " + " ".join(words) + "\n" + "".join(f"{line}\n" for line in lines)


def x25519_stanza(recipient, file_key):
    share_key = X25519PrivateKey.generate()
    share = share_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = share_key.exchange(X25519PublicKey.from_public_bytes(recipient))
    wrap = hkdf(shared, share + recipient, b"age-encryption.org/v1/X25519")
    return stanza(["X25519", raw64(share)], ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None))


def seal(stanzas, file_key, plaintext):
    """An age file with exactly these stanzas."""
    header = "age-encryption.org/v1\n" + "".join(stanzas) + "---"
    mac = hmac.new(hkdf(file_key, b"", b"header"), header.encode(), hashlib.sha256).digest()
    nonce = secrets.token_bytes(16)
    payload_key = ChaCha20Poly1305(hkdf(file_key, nonce, b"payload"))
    sealed = f"{header} {raw64(mac)}\n".encode() + nonce
    pieces = [plaintext[at:at + CHUNK] for at in range(0, len(plaintext), CHUNK)] or [b""]
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        sealed += payload_key.encrypt(number.to_bytes(11, "big") + bytes([last]), piece, None)
    return sealed


def archive(members):
    """A ustar archive of (name, bytes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


class SealedReport:
    """A report as a client seals it; every fact can be made to lie.

    `envelope` and `committed` replace single facts in report.json and in the proof stanza's commitment."""

    def __init__(self, org, urgency="urgent", envelope=None, committed=None, with_proof=True, with_envelope=True, more_stanzas=(),
                 recipients=None, summary="Sealed by another client.", attachments=(), content=None):
        roster = org.roster()
        self.org, self.urgency, self.salt = org, urgency, secrets.token_bytes(16)
        self.file_key = secrets.token_bytes(16)
        self.mailbox_key = secrets.token_bytes(32)
        self.reply_key = X25519PrivateKey.generate()
        self.roster = roster.version
        reply_public = self.reply_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.mailbox = {"id": hashlib.sha256(self.mailbox_key).hexdigest()[:32], "recipient": recipient_text(reply_public),
                        "hand_key": signing.base64url(bytes(SigningKey.generate().verify_key))}
        facts = {"organisation": roster.fingerprint, "desk": org.desk, "urgency": urgency, "release": None, "hold_key": None,
                 "salt": self.salt.hex(), "roster": roster.version, "mailbox": self.mailbox}
        report = {"schema": 1, "urgency": urgency if urgency != "withheld" else "immediate", "summary": summary, **(content or {})}
        if with_envelope:
            report["envelope"] = {**facts, **(envelope or {})}
        told = {**facts, **(committed or {})}
        lines = ["to/1", told["organisation"], told["desk"], told["urgency"], told["release"] or "-", told["hold_key"] or "-", told["salt"]]
        commitment = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest()
        self.proof_key = SigningKey(hkdf(self.file_key, b"", b"open/1"))
        stanzas = [x25519_stanza(recipient_key(text), self.file_key) for text in recipients or roster.recipients(org.desk)]
        if with_proof:
            stanzas.append(stanza(["proof", raw64(bytes(self.proof_key.verify_key)), raw64(commitment)]))
        members = [("report.json", json.dumps(report).encode()), *attachments]
        self.bytes = seal([*stanzas, *more_stanzas], self.file_key, archive(members))
        self.id = hashlib.sha256(self.bytes).hexdigest()

    def put(self, headers=None, **changed):
        """Uploads it; what is told beside it can be changed too."""
        facts = {"desk": self.org.desk, "urgency": self.urgency, "salt": self.salt.hex(), "roster": self.roster, **changed}
        query = "&".join(f"{name}={value}" for name, value in facts.items() if value is not None)
        return wire.request(self.org.port, "PUT", self.org.target(f"reports/{self.id}?{query}"), headers or {}, self.bytes)
