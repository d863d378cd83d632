"""The control socket as docs/protocol.md tells it, in Python: a second implementation to hold the first to."""

import json
import os
import secrets
import socket
import struct
import time

from . import signing

REQUEST, PROGRESS, BODY, DONE, REFUSED = range(1, 6)


def text(value):
    return struct.pack(">I", len(value.encode())) + value.encode()


def frame(kind, content):
    return struct.pack(">IB", len(content) + 1, kind) + content


class Request:
    """An act to be signed and sent; every field can be made wrong."""

    def __init__(self, act, fingerprint, roster, arguments=(), created=None, nonce=None):
        self.act, self.fingerprint, self.roster, self.arguments = act, fingerprint, roster, list(arguments)
        self.created = int(time.time()) if created is None else created
        self.nonce = nonce or signing.base64url(secrets.token_bytes(16))
        self.signatures = []

    def lines(self):
        return "".join(f"{line}\n" for line in ["clarion-control/1", self.fingerprint, self.roster, self.created, self.nonce, self.act,
                                                *(f"{name} {value}" for name, value in self.arguments)]).encode()

    def sign(self, key):
        self.signatures.append(bytes(key.verify_key) + key.sign(self.lines()).signature)
        return self

    def frame(self):
        content = text(self.act) + struct.pack(">QQ", self.roster, self.created) + text(self.nonce)
        content += bytes([len(self.arguments)]) + b"".join(text(name) + text(value) for name, value in self.arguments)
        content += bytes([len(self.signatures)]) + b"".join(self.signatures)
        return frame(REQUEST, content)


class Line:
    """A connection to a daemon's control socket."""

    def __init__(self, path, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        folder = os.open(path.parent, os.O_PATH)
        try:
            self.socket.connect(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
        self.arrived = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def frames(self):
        """(kind, content) until the daemon ends the connection."""
        while True:
            if len(self.arrived) >= 5:
                length, kind = struct.unpack(">IB", self.arrived[:5])
                if len(self.arrived) >= 4 + length:
                    content, self.arrived = self.arrived[5:4 + length], self.arrived[4 + length:]
                    yield kind, content
                    continue
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                return
            if not more:
                return
            self.arrived += more


def ask(path, request):
    """The last frame's kind and JSON; (None, None) where the daemon said nothing."""
    with Line(path) as line:
        line.send(request.frame() if isinstance(request, Request) else request)
        frames = list(line.frames())
    return (frames[-1][0], json.loads(frames[-1][1])) if frames else (None, None)
