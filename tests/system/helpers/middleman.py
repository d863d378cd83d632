"""A server in the middle that owns the daemon's TLS key: it passes on, keeps, cuts or changes what it likes."""

import base64
import socket
import ssl
import struct
import threading

from nacl.signing import SigningKey

from . import signing, wire


class Middleman:
    """Listens where the organisation's clients look, and lets `touch` decide about each answer.

    touch(method, target, answer_bytes) gives the bytes to send, after which the connection is closed; None passes the
    answer on. `requests` holds (method, target, headers, body) of all that came. Without a daemon behind it (forward
    False), touch gets b"" and must answer."""

    def __init__(self, organisation, touch, forward=True, certificate=None, key=None):
        self.organisation, self.touch, self.forward = organisation, touch, forward
        self.requests = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(certificate or organisation.file_of("tls_certificate"), key or organisation.file_of("tls_key"))

    def __enter__(self):
        self.listener = socket.create_server((wire.ADDRESS, self.organisation.port))
        self.open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.open = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)

    def _serve(self):
        while self.open:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(plain,), daemon=True).start()

    def _talk(self, plain):
        try:
            plain.settimeout(30)
            with self.context.wrap_socket(plain, server_side=True) as line:
                while self._one(line):
                    pass
        except (OSError, ConnectionError, ValueError):
            plain.close()

    def _one(self, line):
        received = b""
        while b"\r\n\r\n" not in received:
            part = line.recv(65536)
            if not part:
                return False
            received += part
        top, _, body = received.partition(b"\r\n\r\n")
        first, *fields = top.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        while len(body) < int(headers.get("content-length", "0")):
            body += line.recv(65536)
        self.requests.append((method, target, headers, body))
        answer = self._ask(top + b"\r\n\r\n" + body, method) if self.forward else b""
        changed = self.touch(method, target, answer)
        line.sendall(answer if changed is None else changed)
        if changed is not None:
            line.unwrap()
        return changed is None

    def _ask(self, request, method):
        """The daemon's answer to the same bytes, as bytes."""
        with wire.connect(self.organisation.listen_port, 30) as daemon:
            daemon.sendall(request)
            answer = wire.read_answer(daemon, head=method == "HEAD")
        top = [f"HTTP/1.1 {answer.status} Passed on", *(f"{name}: {value}" for name, value in answer.headers.items())]
        return "\r\n".join(top).encode() + b"\r\n\r\n" + answer.body


def move_daemon_behind(organisation):
    """The daemon goes to another port, so that a Middleman can take its place."""
    if organisation.process is not None and organisation.process.poll() is None:
        organisation.stop_daemon()
    organisation.listen_port = wire.free_port()
    organisation.set("listen", f"127.0.0.1:{organisation.listen_port}")
    organisation.start_daemon()


def plain_answer(status, body=b"", content_type="application/json"):
    return (f"HTTP/1.1 {status} Answer\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def receipt_key(organisation):
    """The key that signs acceptances and answers, out of an unencrypted keyring: what a broken-into store gives away."""
    keyring = organisation.file_of("keyring").read_bytes().partition(b"\n")[2]
    (storage_keys,) = struct.unpack(">I", keyring[:4])
    at = 4 + storage_keys * 36 + 32
    (receipt_keys,) = struct.unpack(">I", keyring[at:at + 4])
    seeds = [keyring[at + 4 + 36 * number + 4:][:32] for number in range(receipt_keys)]
    in_force = organisation.roster().receipt_key
    key = next(key for key in map(SigningKey, seeds) if bytes(key.verify_key) == in_force)
    return key


def signed_answer(key, nonce, status, body, content_type="application/json"):
    """An answer as the organisation's own store would sign it."""
    digest = signing.content_digest(body)
    lines = "".join(f"{line}\n" for line in ("clarion-answer/1", nonce, status, digest))
    signature = base64.b64encode(key.sign(lines.encode()).signature).decode()
    fields = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\nContent-Digest: {digest}\r\nAnswer-Signature: {signature}\r\n"
    return f"HTTP/1.1 {status} Answer\r\n{fields}\r\n".encode() + body


class LyingStore(Middleman):
    """Owns TLS and receipt keys: lie(method, target, answer) gives the body to sign instead of the true one, or None."""

    def __init__(self, organisation, lie):
        self.key, self.lie = receipt_key(organisation), lie
        super().__init__(organisation, self._touch)

    def _touch(self, method, target, answer):
        status = int(answer.split(b" ", 2)[1])
        body = self.lie(method, target, answer.partition(b"\r\n\r\n")[2])
        if body is None:
            return None
        nonce = self.requests[-1][2]["signature-input"].split('nonce="')[1].split('"')[0]
        return signed_answer(self.key, nonce, status, body)
