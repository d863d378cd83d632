"""Rosters as docs/protocol.md tells them, made and signed in Python: what an adversary with some of the keys can write."""

import base64
import datetime
import hashlib

from . import signing


def body_of(note):
    """The signed part of a note (text), its last LF included."""
    return note.partition("\n\n")[0].rstrip("\n") + "\n"


def digest(note):
    return hashlib.sha256(body_of(note).encode()).hexdigest()


def signature(body, name, key):
    """One signature line; the key is a nacl SigningKey."""
    public = bytes(key.verify_key)
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    return f"\u2014 {name} {base64.b64encode(key_id + key.sign(body.encode()).signature).decode()}\n"


def signed(body, *signers):
    """The whole note; signers are (name, key)."""
    return body + "\n" + "".join(signature(body, name, key) for name, key in signers)


def time_text(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()


def following(note, **changed):
    """The body that continues this note; each keyword replaces the text of a line that stands once (issued=…, threshold=…)."""
    version = int(signing.Roster(note.encode()).first("version")[0])
    return edited(note, version=version + 1, previous=digest(note), **changed)


def edited(note, **changed):
    lines = []
    for line in body_of(note).splitlines():
        word = line.split(" ")[0]
        lines.append(f"{word} {changed[word]}" if word in changed else line)
    return "".join(f"{line}\n" for line in lines)


def with_line(body, before, line):
    """The body with one more line in front of the first that begins with a word."""
    lines = body.splitlines()
    at = next(number for number, text in enumerate(lines) if text.split(" ")[0] == before)
    return "".join(f"{text}\n" for text in [*lines[:at], line, *lines[at:]])


def key_of(home):
    """The signing key of an unencrypted home."""
    return signing.identity_of(home)[0]
