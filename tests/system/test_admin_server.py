"""clarion-admin against a server that keeps rosters: publishing, catching up, joining, and servers that lie."""

import http.server
import re
import ssl
import threading

import pytest

from helpers.programs import EX_DATAERR, EX_PROTOCOL
from test_admin import Admin


class RosterServer:
    """The roster's part of the interface, in Python: takes the next version and no other, without judging signatures."""

    def __init__(self, admin, key_of=None):
        home = (key_of or admin).home
        self.base = "/" + admin.made["url"].rsplit("/", 1)[1] + "/v1/"
        self.notes = {1: admin.note(1)}
        self.calls = []
        port = int(admin.url.rsplit(":", 1)[1])
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(home / "daemon" / "tls.crt", home / "daemon" / "tls.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def newest(self):
        return max(self.notes)

    def answer(self, method, path, body):
        self.calls.append((method, path))
        if method == "PUT" and path == "roster":
            version = int(re.search(r"^version (\d+)$", body, re.M).group(1))
            if self.notes.get(version) == body:
                return 200, ""
            if version != self.newest + 1:
                return 409, '{"type": "/problems/roster-conflict", "title": "t", "detail": "d", "status": 409}'
            self.notes[version] = body
            return 201, ""
        if method == "GET" and path == "roster":
            return 200, self.notes[self.newest]
        if method == "GET" and path.startswith("roster/") and int(path[7:]) in self.notes:
            return 200, self.notes[int(path[7:])]
        if method == "GET" and path == "status":
            return 200, '{"roster": {"version": 9, "expires": "2099-01-01T00:00:00Z"}}'
        return 404, '{"type": "/problems/not-found", "title": "t", "detail": "d", "status": 404}'

    def _handler(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                assert self.path.startswith(server.base)
                status, text = server.answer(self.command, self.path.removeprefix(server.base), body)
                self.send_response(status)
                self.send_header("Content-Type", "application/problem+json" if status >= 400 else "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_PUT = handle_any

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture
def admin(tmp_path):
    return Admin(tmp_path / "admin")


@pytest.fixture
def server(admin):
    running = RosterServer(admin)
    yield running
    running.close()


def test_publish_goes_through_a_running_server(admin, server):
    admin.desk("urgent")
    assert admin("roster publish").json["version"] == 2
    assert server.notes[2] == admin.note(2)
    assert not (admin.home / "daemon" / "rosters" / "2.note").exists(), "the server has it, and keeps it"


def test_publish_brings_a_server_up_to_date(admin):
    admin.desk("urgent")
    admin("roster publish")
    admin.desk("legal")
    admin("roster publish")
    server = RosterServer(admin)
    try:
        admin("roster publish")
        assert server.newest == 4 and all(server.notes[version] == admin.note(version) for version in (1, 2, 3, 4))
    finally:
        server.close()


def test_a_fork_is_not_published_over(admin, server, tmp_path):
    admin.desk("urgent")
    other = Admin(tmp_path / "other")
    other("roster publish")
    server.notes[2] = other.note(2)
    refused = admin("roster publish", expect=EX_PROTOCOL)
    assert "fork" in refused.err
    assert admin.draft.exists() and not (admin.home / "roster" / "2.note").exists()


def test_another_key_gets_nothing(admin, tmp_path):
    server = RosterServer(admin, key_of=Admin(tmp_path / "other"))
    try:
        admin.desk("urgent")
        admin("roster publish", expect=EX_PROTOCOL)
        assert server.calls == [] and admin.draft.exists()
    finally:
        server.close()


def test_a_status_that_nobody_signed(admin, server):
    admin("status", expect=EX_PROTOCOL)


def test_a_second_admin_joins_signs_and_follows(admin, server, tmp_path):
    bea = Admin(tmp_path / "bea", card="bea")
    invitation = admin("invite").json["invitations"][0]
    assert bea("join", "-", stdin=invitation).json["version"] == 1
    assert bea.note(1) == admin.note(1)
    bea("join", "-", stdin=invitation, expect=73)
    admin("admin add", "-", stdin=bea.card)
    admin("threshold", 2)
    admin("roster sign")
    bea("roster sign", admin.draft)
    assert bea("roster publish").json["signatures"] == 2
    assert server.newest == 2 and bea.note(2) == server.notes[2]


@pytest.mark.parametrize("change", [lambda text: text.replace(text.split("#")[1][:43], "A" * 43), lambda text: text[:-1] + "2"])
def test_joining_other_admins_or_a_later_version(admin, server, tmp_path, change):
    bea = Admin(tmp_path / "bea", card="bea")
    invitation = admin("invite").json["invitations"][0]
    refused = bea("join", "-", stdin=change(invitation), expect=None)
    assert refused.code in (EX_PROTOCOL, EX_DATAERR), refused
    assert not (bea.home / "roster").exists()
    bea("join", "-", stdin=invitation)
