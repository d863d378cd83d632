"""A home that has joined with a proxy never connects or resolves a name without it, whatever becomes of the proxy; the system calls of the
program itself are the witness."""

import os
import re
import socket
import threading

import pytest

from helpers.organisation import Defender
from helpers.programs import EX_TEMPFAIL, EX_UNAVAILABLE, needs, run

TRACED = "connect,sendto,sendmsg,sendmmsg"


class Proxy(threading.Thread):
    """SOCKS5 or HTTP CONNECT in front of the daemon, whatever host is asked for. It vanishes for good once it has passed on
    `budget` bytes from the clients."""

    def __init__(self, org, kind="socks5h", budget=None, port=0, refuse=None):
        super().__init__(daemon=True)
        self.org, self.kind, self.budget, self.refuse = org, kind, budget, refuse
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.url = f"{kind}://127.0.0.1:{self.port}"
        self.places, self.heads, self.lines = [], [], []
        self.lock = threading.Lock()
        self.start()

    def vanish(self):
        for line in [self.listener, *self.lines]:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            line.close()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.lines.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            if not (self.greet_socks(client) if self.kind == "socks5h" else self.greet_http(client)):
                client.close()
                return
            server = socket.create_connection(("127.0.0.1", self.org.port))
        except OSError:
            client.close()
            return
        self.lines.append(server)
        threading.Thread(target=self.pass_on, args=(server, client, False), daemon=True).start()
        self.pass_on(client, server, True)

    def greet_socks(self, client):
        client.recv(client.recv(2)[1])
        client.sendall(b"\x05\x02")
        client.recv(1)
        client.recv(client.recv(1)[0])
        client.recv(client.recv(1)[0])
        client.sendall(b"\x01\x00")
        kind = client.recv(4)[3]
        host = client.recv(client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(client.recv(4))
        self.places.append((host, int.from_bytes(client.recv(2), "big")))
        client.sendall(b"\x05" + (b"\x05" if self.refuse else b"\x00") + b"\x00\x01" + bytes(6))
        return not self.refuse

    def greet_http(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        self.heads.append(head.decode())
        host, port = head.split(b" ")[1].decode().rsplit(":", 1)
        self.places.append((host, int(port)))
        client.sendall(self.refuse or b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\nUpload-Offset: 7\r\n\r\n")
        return not self.refuse

    def pass_on(self, source, sink, is_up):
        try:
            while data := source.recv(16384):
                with self.lock:
                    if is_up and self.budget is not None:
                        self.budget -= len(data)
                        if self.budget < 0:
                            self.vanish()
                            return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Traced(Defender):
    """Her program under strace: every address that it connected or sent to."""

    def traced(self, verb, *arguments, expect=0, stdin="", timeout=300):
        trace = self.organisation.folder / f"trace-{os.urandom(4).hex()}"
        command = ["strace", "-f", "-qq", "-e", f"trace={TRACED}", "-o", str(trace), *self.command(verb, *arguments)]
        # A sanitizer can't look for leaks while somebody traces.
        result = run(command, expect=expect, stdin=stdin, timeout=timeout, environment={"ASAN_OPTIONS": "detect_leaks=0"})
        ports = set()
        for line in trace.read_text().splitlines():
            if "sa_family=" not in line or "AF_NETLINK" in line:
                continue
            found = re.search(r"sin6?_port=htons\((\d+)\)", line)
            ports.add(int(found.group(1)) if found else line)
        return result, ports


needs_strace = needs("strace")


@pytest.fixture
def nadia(org):
    org.officer("amina")
    return Traced(org, "nadia")


def join(nadia, proxy, host=None):
    invitation = nadia.organisation.invitation("--desk", nadia.organisation.desk)
    if host is not None:
        invitation = invitation.replace("127.0.0.1", host)
    return nadia.traced("join", "-", "--no-passphrase", "--proxy", proxy.url, stdin=invitation)


@needs_strace
def test_the_witness_sees_what_goes_around(nadia):
    """The control: without a proxy it does find the server's port."""
    _, ports = nadia.traced("join", "-", "--no-passphrase", stdin=nadia.organisation.invitation("--desk", nadia.organisation.desk))
    assert ports == {nadia.organisation.port}


@needs_strace
@pytest.mark.parametrize("kind", ["socks5h", "http"])
def test_everything_goes_through_it(nadia, kind):
    proxy = Proxy(nadia.organisation, kind)
    _, ports = join(nadia, proxy)
    assert ports == {proxy.port}
    report = nadia.organisation.write_report(summary="x", urgency="urgent")
    sent, ports = nadia.traced("report", "--desk", nadia.organisation.desk, "--file", report)
    assert sent.json["state"] == "accepted" and ports == {proxy.port}
    _, ports = nadia.traced("inbox", "--receipt-file", "-", stdin=sent.json["receipt"] + "\n")
    assert ports == {proxy.port}
    assert set(proxy.places) == {("127.0.0.1", nadia.organisation.port)}
    for head in proxy.heads:
        assert not re.search(r"(?i)clarion|curl|mailbox|key|authorization|user-agent", head), "the proxy learns where to, nothing else"


@needs_strace
@pytest.mark.parametrize("kind", ["socks5h", "http"])
def test_names_are_resolved_by_the_proxy(nadia, kind):
    proxy = Proxy(nadia.organisation, kind)
    _, ports = join(nadia, proxy, host="help.nowhere.invalid")
    assert ports == {proxy.port}
    assert ("help.nowhere.invalid", nadia.organisation.port) in proxy.places


@needs_strace
@pytest.mark.parametrize("kind", ["socks5h", "http"])
@pytest.mark.parametrize("budget", [0, 700, 20_000, 1_500_000])
def test_it_vanishes_in_the_middle(nadia, tmp_path, kind, budget):
    org = nadia.organisation
    first = Proxy(org, kind)
    join(nadia, first)
    # The proxy that the home knows is gone; in its place one that lives only so long.
    first.vanish()
    port = first.port
    mortal = Proxy(org, kind, budget=budget, port=port)
    (tmp_path / "film.mp4").write_bytes(os.urandom(2 * 1024 * 1024))
    report = org.write_report(summary="x", urgency="urgent")
    queued, ports = nadia.traced("report", "--desk", org.desk, "--file", report, "--attach", tmp_path / "film.mp4", expect=EX_TEMPFAIL)
    assert queued.json["state"] == "queued" and ports == {port}
    assert mortal.budget < 0
    _, ports = nadia.traced("send", expect=EX_TEMPFAIL)
    assert ports == {port}
    assert org.officers["amina"].alerts() == []
    Proxy(org, kind, port=port)
    assert nadia.run("send").json == {"sent": 1, "queued": 0}
    assert [alert["report"] for alert in org.officers["amina"].alerts()] == [queued.json["id"]]


@needs_strace
@pytest.mark.parametrize("kind,refuse", [("socks5h", b"x"), ("http", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno\n"),
                                         ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"),
                                         ("http", b"nonsense\r\n\r\n")])
def test_it_refuses(nadia, kind, refuse):
    org = nadia.organisation
    first = Proxy(org, kind)
    join(nadia, first)
    first.vanish()
    proxy = Proxy(org, kind, refuse=refuse, port=first.port)
    report = org.write_report(summary="x", urgency="urgent")
    queued, ports = nadia.traced("report", "--desk", org.desk, "--file", report, expect=EX_TEMPFAIL)
    assert queued.json["state"] == "queued" and ports == {proxy.port}
    nadia.run("checkin start", "--every", "5", "--desk", org.desk, expect=EX_UNAVAILABLE)
