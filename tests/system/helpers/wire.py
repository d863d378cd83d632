"""A raw TLS client that speaks HTTP byte by byte and verifies nothing: what a stranger can do."""

import itertools
import os
import socket
import ssl

ADDRESS = "127.0.0.1"


_PORTS_EACH = 4000
_ports = itertools.count(os.getpid() % _PORTS_EACH)


def free_port():
    """A port of this test worker's own range, below those that the kernel hands out: nobody else takes it between this
    look and the daemon's start, or after the daemon's end."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 5
    for number in _ports:
        port = 12000 + worker * _PORTS_EACH + number % _PORTS_EACH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
                return port
            except OSError:
                continue
    raise RuntimeError("no port is free")


def connect(port, timeout=15):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection((ADDRESS, port), timeout)
    # Or each request waits 40 ms for the other end to acknowledge the handshake.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        return context.wrap_socket(plain)
    except BaseException:
        plain.close()
        raise


class Answer:
    """A parsed HTTP answer; header names in lower case."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:400]!r}>"


def receive_until_close(line):
    received = b""
    while True:
        try:
            part = line.recv(65536)
        except (ssl.SSLError, ConnectionResetError):
            return received
        if not part:
            return received
        received += part


def read_answer(line, head=False):
    """One answer of a connection. ConnectionError where the connection ends before the answer does."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    top, _, body = received.partition(b"\r\n\r\n")
    first, *rest = top.decode("latin-1").split("\r\n")
    headers = {}
    for field in rest:
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    status = int(first.split(" ")[1])
    length = 0 if head or status == 204 else int(headers.get("content-length", "0"))
    while len(body) < length:
        body += _more(line)
    return Answer(status, headers, body)


def _more(line):
    try:
        part = line.recv(65536)
    except ssl.SSLError as error:
        raise ConnectionError(str(error)) from error
    if not part:
        raise ConnectionError("the connection ended in the middle of an answer")
    return part


def request_bytes(method, path, authority, headers=(), body=b"", length=None):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in dict(headers).items()]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def request(port, method, path, headers=(), body=b"", timeout=15, length=None):
    """One request on a connection of its own."""
    with connect(port, timeout) as line:
        sent = request_bytes(method, path, f"{ADDRESS}:{port}", headers, body, length)
        try:
            line.sendall(sent)
        except (ssl.SSLError, BrokenPipeError, ConnectionResetError):
            pass  # a refusal may come before the whole body went out
        return read_answer(line, head=method == "HEAD")


def pass_on(source, sink):
    """What a proxy does with one direction: every byte, and the end."""
    try:
        while part := source.recv(65536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
