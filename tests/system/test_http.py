"""Raw HTTP against the real daemon: what test_strangers.py leaves, about the order of requests and answers."""

import socket
import ssl
import time

import pytest

from helpers import programs, signing, wire
from helpers.organisation import Organisation, kill_role
from helpers.programs import wait_until


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    organisation = Organisation(tmp_path_factory.mktemp("http"), settings={"workers": 1, "requests_per_connection": 5})
    organisation.officer("amina")
    programs.keep(organisation.process)
    yield organisation
    programs.stop(organisation.process)
    programs.assert_no_sanitizer_report(organisation.log())


def ends(line, seconds=5):
    """The peer ends the connection, and says nothing more before it does."""
    line.settimeout(seconds)
    try:
        return line.recv(1) == b""
    except (ConnectionResetError, ssl.SSLEOFError):
        return True


def waiting(org, seconds=60):
    """The bytes of an officer's request that is held, there being no further alerts."""
    officer = org.officers["amina"]
    last = max((alert["seq"] for alert in officer.alerts()), default=0)
    target = org.target(f"desks/{org.desk}/alerts?after={last}&wait={seconds}")
    headers = signing.signed_headers(officer.signing_key, "GET", org.authority, target, b"")
    return wire.request_bytes("GET", target, org.authority, headers)


def test_no_session_is_resumed(shared):
    with wire.connect(shared.port) as line:
        line.sendall(wire.request_bytes("GET", "/", "a"))
        wire.read_answer(line)
        assert line.session is None or not line.session.has_ticket
        assert not line.session_reused


def test_a_byte_while_a_request_is_held_ends_the_connection(shared):
    with wire.connect(shared.port) as line:
        line.sendall(waiting(shared))
        time.sleep(0.3)
        line.sendall(b"G")
        assert ends(line)


def test_two_requests_at_once_are_one_too_many(shared):
    with wire.connect(shared.port) as line:
        one = wire.request_bytes("GET", shared.target("roster"), shared.authority)
        line.sendall(one + one)
        assert ends(line)


def test_held_connections_of_those_who_left_are_free_again(tmp_path):
    org = Organisation(tmp_path, settings={"workers": 1, "connections_per_group": 6})
    org.officer("amina")
    request = waiting(org)
    for _ in range(4):
        lines = [wire.connect(org.port) for _ in range(4)]
        for line in lines:
            line.sendall(request)
        time.sleep(0.2)
        for line in lines:
            line.close()

        def answers():
            try:
                return org.get("roster").status == 200
            except (OSError, ConnectionError):
                return False
        wait_until(answers, 5, "room where clients left their long-polls")


def test_the_client_may_ask_for_the_end(shared):
    for target in ("/", shared.target("roster")):
        with wire.connect(shared.port) as line:
            line.sendall(wire.request_bytes("GET", target, shared.authority, {"Connection": "close"}))
            answer = wire.read_answer(line)
            assert answer.status == 200 and answer.headers["connection"] == "close"
            assert ends(line)


def test_requests_of_a_connection_are_bounded(shared):
    with wire.connect(shared.port) as line:
        for number in range(5):
            line.sendall(wire.request_bytes("GET", shared.target("roster"), shared.authority))
            answer = wire.read_answer(line)
            assert answer.headers["connection"] == ("close" if number == 4 else "keep-alive")
        assert ends(line)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_body_needs_its_length(shared, method):
    path = shared.target("roster")
    with wire.connect(shared.port) as line:
        line.sendall(f"{method} {path} HTTP/1.1\r\nHost: {shared.authority}\r\n\r\n".encode())
        answer = wire.read_answer(line)
        assert answer.status == 411 and b"/problems/length-required" in answer.body
        assert answer.headers["content-type"] == "application/problem+json"
        assert ends(line)
    with wire.connect(shared.port) as line:
        line.sendall(f"{method} / HTTP/1.1\r\nHost: {shared.authority}\r\n\r\n".encode())
        assert wire.read_answer(line).status == 404


def test_a_body_to_an_unknown_path_tells_nothing(shared):
    outside = wire.request(shared.port, "POST", "/x", body=b"abcd")
    inside = wire.request(shared.port, "POST", shared.target("nothing"), body=b"abcd")
    assert outside.status == 404
    assert (outside.status, outside.headers, outside.body) == (inside.status, inside.headers, inside.body)


def test_malformed_requests_look_alike_with_and_without_the_base_path(shared):
    def answer_to(target):
        with wire.connect(shared.port) as line:
            line.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".encode())
            return wire.receive_until_close(line)
    assert answer_to("/") == answer_to(shared.target("roster")) != b""


def test_heads_are_bounded(shared):
    def status(headers):
        with wire.connect(shared.port) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n")
            return wire.read_answer(line).status
    assert status(b"X: y\r\n" * 31) == 200
    assert status(b"X: y\r\n" * 32) == 400
    assert status(b"X: " + b"y" * 8000 + b"\r\n") == 200
    assert status(b"X: " + b"y" * 8200 + b"\r\n") == 400


def test_a_refusal_can_be_read_in_the_middle_of_a_body(shared):
    report = "0" * 64
    target = shared.target(f"reports/{report}?desk=nowhere&urgency=urgent&roster={shared.roster().version}")
    with wire.connect(shared.port) as line:
        line.sendall(wire.request_bytes("PUT", target, shared.authority, {}, b"x" * 1000, length=900000))
        answer = wire.read_answer(line)
        assert 400 <= answer.status < 500 and answer.headers["connection"] == "close"
        assert ends(line)


def test_the_store_may_die_under_a_waiting_request(org):
    org.officer("amina")
    with wire.connect(org.port) as line:
        line.sendall(waiting(org))
        time.sleep(0.3)
        for pid, role in org.roles():
            if role == "store":
                kill_role(pid)
        answer = wire.read_answer(line)
        assert answer.status == 503 and b"/problems/busy" in answer.body
    wait_until(lambda: org.get("roster").status == 200, 10, "a new store")


def test_no_address_is_logged(org):
    org.officer("amina")
    for sent in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"):
        with socket.create_connection((wire.ADDRESS, org.port), 5) as plain:
            plain.sendall(sent)
        with wire.connect(org.port) as line:
            line.sendall(sent)
            line.recv(100)
    org.stop_daemon()
    lines = [line for line in org.log().splitlines() if "role=front" in line]
    assert not any("127.0.0.1" in line or org.base_path in line for line in lines)
