"""Keys and signatures as docs/protocol.md tells them, in Python: a second implementation to hold the first to."""

import base64
import hashlib
import json
import secrets
import time

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

COMPONENTS = '("@method" "@authority" "@path" "@query" "content-digest")'


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def content_digest(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def identity_of(home):
    """(SigningKey, age secret key text) of an unencrypted identity file: the newest stand first."""
    seed, secret = None, None
    for line in (home / "identity.age").read_text().splitlines():
        if line.startswith("# signing-key: "):
            seed = seed or base64.b64decode(line.removeprefix("# signing-key: "))
        elif line.startswith("AGE-SECRET-KEY-1"):
            secret = secret or line
    assert seed is not None and secret is not None
    return SigningKey(seed), secret


def signed_headers(key, method, authority, target, body=b"", created=None, nonce=None, tag="clarion"):
    """The three fields that sign a request to target (path, with `?query` or without)."""
    path, _, query = target.partition("?")
    digest = content_digest(body)
    created = int(time.time()) if created is None else created
    nonce = nonce or base64url(secrets.token_bytes(16))
    keyid = base64url(bytes(key.verify_key))
    params = f'{COMPONENTS};created={created};nonce="{nonce}";keyid="{keyid}";tag="{tag}"'
    signed = "\n".join([f'"@method": {method}', f'"@authority": {authority}', f'"@path": {path}', f'"@query": ?{query}',
                        f'"content-digest": {digest}', f'"@signature-params": {params}'])
    signature = base64.b64encode(key.sign(signed.encode()).signature).decode()
    return {"Content-Digest": digest, "Signature-Input": f"c={params}", "Signature": f"c=:{signature}:"}


def nonce_of(headers):
    return headers["Signature-Input"].split('nonce="')[1].split('"')[0]


def verifies(public_key, lines, signature):
    try:
        VerifyKey(public_key).verify("".join(f"{line}\n" for line in lines).encode(), base64.b64decode(signature))
        return True
    except BadSignatureError:
        return False


def answer_verifies(public_key, nonce, answer):
    digest = answer.headers["content-digest"]
    return digest == content_digest(answer.body) and verifies(
        public_key, ["clarion-answer/1", nonce, answer.status, digest], answer.headers["answer-signature"])


class Roster:
    """The lines of a roster note, as far as tests want them."""

    def __init__(self, note):
        self.note = note
        self.lines = [line.split(" ") for line in note.decode().partition("\n\n")[0].splitlines()]

    def first(self, word):
        return next(line[1:] for line in self.lines if line[0] == word)

    def all(self, word):
        return [line[1:] for line in self.lines if line[0] == word]

    @property
    def version(self):
        return int(self.first("version")[0])

    @property
    def receipt_key(self):
        return base64.b64decode(self.first("receipt-key")[0])

    def recipients(self, desk):
        return [line[3] for line in self.all("officer") if desk in line[1].split(",")]

    @property
    def fingerprint(self):
        keys = sorted(base64.b64decode(line[2]) for line in self.all("admin"))
        lines = ["clarion-admins/1", self.first("threshold")[0], *(base64.b64encode(key).decode() for key in keys)]
        return base64url(hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).digest())


def acceptance_verifies(roster, desk, urgency, acceptance):
    lines = ["clarion-accepted/1", roster.fingerprint, acceptance["id"], desk, urgency, "-", acceptance["accepted"]]
    return verifies(roster.receipt_key, lines, acceptance["signature"])


def mailbox_message(key, report, mailbox, roster, text, kind="answer"):
    """The plaintext of a message as an officer's tool writes it, padded."""
    message = {"schema": 1, "kind": kind, "report": report, "mailbox": mailbox, "state": "ack", "text": text, "sent": now(),
               "roster": roster, "keyid": base64url(bytes(key.verify_key))}
    message["signature"] = base64.b64encode(key.sign(message_lines(message)).signature).decode()
    return json.dumps(message, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode().ljust(16 * 1024)


def message_lines(message):
    unsigned = {name: value for name, value in message.items() if name != "signature"}
    return b"clarion-message/1\n" + json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def problem_of(answer):
    """The stable word of an RFC 9457 answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    problem = json.loads(answer.body)
    assert problem["status"] == answer.status and problem["title"] and problem["detail"]
    return problem["type"].removeprefix("/problems/")
