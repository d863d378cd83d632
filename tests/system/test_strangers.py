"""Strangers at the door: an ordinary web site to whoever asks well, one fixed page to whoever doesn't, and no waiting."""

import socket
import ssl
import threading
import time

import pytest

from helpers import programs, wire
from helpers.organisation import Organisation
from helpers.programs import EX_CONFIG, program, run, wait_until

HOST = b"Host: a\r\n"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One organisation for all malformed requests: none of them may leave a trace that the next one sees."""

    organisation = Organisation(tmp_path_factory.mktemp("strangers"))
    organisation.officer("amina")
    programs.keep(organisation.process)
    yield organisation
    programs.stop(organisation.process)
    programs.assert_no_sanitizer_report(organisation.log())


def talk(port, sent):
    with wire.connect(port) as line:
        line.sendall(sent)
        received = wire.receive_until_close(line)
    top, _, body = received.partition(b"\r\n\r\n")
    return top.partition(b"\r\n")[0], sorted(top.split(b"\r\n")[1:]), body


MALFORMED = {
    "length and encoding": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two equal lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "two different lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length list": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 1\r\n\r\nx",
    "length +4": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +4\r\n\r\nxxxx",
    "length -1": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "length 0x4": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0x4\r\n\r\nxxxx",
    "a huge length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "an unknown encoding": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\nx",
    "chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n z\r\n\r\n",
    "a NUL in a value": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
    "a space before the colon": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length : 1\r\n\r\nx",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "an absolute target": b"GET http://a/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "an encoding in HTTP/1.0": b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a control byte in the target": b"GET /\x01 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n" + HOST + b"\r\n",
    "another version": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n",
    "an empty header name": b"GET / HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_malformed_http_gets_the_one_fixed_page(shared, name):
    first, headers, body = talk(shared.port, MALFORMED[name])
    assert first.startswith(b"HTTP/1.1 400 "), first
    expected = talk(shared.port, b"nonsense\r\n\r\n")
    without_date = [header for header in headers if not header.lower().startswith(b"date:")]
    assert without_date == [header for header in expected[1] if not header.lower().startswith(b"date:")] and body == expected[2]
    assert shared.get("roster").status == 200


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_tell_nothing(shared, method):
    outside = wire.request(shared.port, method, "/x")
    inside = wire.request(shared.port, method, shared.target("roster"))
    assert (outside.status, outside.body) == (inside.status, inside.body)
    assert outside.status in (400, 404, 405)


def test_strangers_see_an_ordinary_site(shared):
    home = wire.request(shared.port, "GET", "/")
    assert home.status == 200 and home.body
    head = wire.request(shared.port, "HEAD", "/")
    assert head.status == 200 and head.body == b"" and head.headers["content-length"] == home.headers["content-length"]
    base = shared.base_path
    paths = ["/v1/roster", "/nothing", f"{base}x/v1/roster", "/" + "a" * 22 + "/v1/roster", base, f"{base}/", f"{base}/v1", f"{base}/v2/roster",
             f"{base}/v1/nothing", f"{base}/v1/roster/x", f"{base}/v1/reports/x", f"{base.lower()}/v1/roster" if base != base.lower() else "/q"]
    missing = [wire.request(shared.port, "GET", path) for path in paths]
    assert {(answer.status, answer.body) for answer in missing} == {(404, missing[0].body)}
    names = [set(answer.headers) for answer in (home, *missing)]
    assert all(each == names[1] for each in names[1:])
    for answer in (home, *missing):
        assert b"larion" not in answer.body and "larion" not in str(answer.headers)


def test_a_site_of_ones_own(tmp_path):
    org = Organisation(tmp_path)
    site = tmp_path / "site"
    site.mkdir(mode=0o755)
    (site / "index.html").write_text("<h1>Bakery</h1>")
    (site / "bread.css").write_text("h1 {}")
    (site / "hidden").symlink_to("/etc/passwd")
    org.set("decoy", str(site))
    fault = run([program("clariond"), "--config", str(org.configuration), "--check"], expect=EX_CONFIG)
    assert "hidden" in fault.err, "a link could show a file that is no page: it is named, not followed"
    (site / "hidden").unlink()
    org.officer("amina")
    assert wire.request(org.port, "GET", "/").body == b"<h1>Bakery</h1>"
    style = wire.request(org.port, "GET", "/bread.css")
    assert style.status == 200 and style.headers["content-type"].startswith("text/css")
    for path in ("/hidden", "/../clariond.conf", "/%2e%2e/clariond.conf", "//etc/passwd"):
        assert wire.request(org.port, "GET", path).status in (400, 404), path


def test_only_tls_1_3_without_a_name(shared):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)), socket.create_connection((wire.ADDRESS, shared.port), 5) as plain:
        context.wrap_socket(plain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1", "clarion"])
    with socket.create_connection((wire.ADDRESS, shared.port), 5) as plain, context.wrap_socket(plain) as line:
        assert line.version() == "TLSv1.3"
        assert line.selected_alpn_protocol() in (None, "http/1.1")
        line.sendall(wire.request_bytes("GET", "/", "a"))
        wire.read_answer(line)
        certificate = line.getpeercert(binary_form=True)
    assert b"larion" not in certificate


def test_requests_one_after_the_other_on_one_connection(shared):
    with wire.connect(shared.port) as line:
        for _ in range(5):
            line.sendall(wire.request_bytes("GET", shared.target("roster"), shared.authority))
            assert wire.read_answer(line).status == 200


def test_plain_http_on_the_tls_port_gets_nothing(shared):
    with socket.create_connection((wire.ADDRESS, shared.port), 5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        try:
            received = plain.recv(4096)
        except ConnectionResetError:
            received = b""
    assert not received.startswith(b"HTTP/")


# --- absolute deadlines, whatever trickles in

@pytest.fixture
def impatient(tmp_path):
    org = Organisation(tmp_path, settings={"handshake_seconds": 1, "headers_seconds": 1, "body_seconds": 1, "idle_seconds": 1,
                                           "minimum_bytes_per_second": 1000000})
    org.officer("amina")
    return org


def seconds_until_closed(line, drip=None, limit=12):
    began = time.monotonic()
    line.settimeout(0.2)
    while time.monotonic() - began < limit:
        try:
            if drip:
                line.sendall(drip)
            if line.recv(4096) == b"":
                break
        except (TimeoutError, socket.timeout):
            continue
        except (OSError, ssl.SSLError):
            break
    return time.monotonic() - began


def test_a_handshake_that_never_begins(impatient):
    with socket.create_connection((wire.ADDRESS, impatient.port), 5) as plain:
        assert 0.5 < seconds_until_closed(plain) < 4


def test_headers_that_trickle(impatient):
    with wire.connect(impatient.port) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        assert seconds_until_closed(line, drip=b"y") < 4


def test_a_body_that_trickles(impatient):
    report, sealed = impatient.seal()
    with wire.connect(impatient.port) as line:
        target = impatient.target(f"reports/{report}?desk={impatient.desk}&urgency=urgent&roster={impatient.roster().version}")
        line.sendall(wire.request_bytes("PUT", target, impatient.authority, {}, sealed)[:-1000])
        assert seconds_until_closed(line, drip=b"y") < 6


def test_a_connection_that_sleeps(impatient):
    with wire.connect(impatient.port) as line:
        line.sendall(wire.request_bytes("GET", "/", "a"))
        wire.read_answer(line)
        assert 0.5 < seconds_until_closed(line) < 4


def test_a_waiting_officer_is_not_idle(impatient):
    amina = impatient.officers["amina"]
    answer, _ = amina.call("GET", f"desks/{impatient.desk}/alerts?wait=3")
    assert answer.status == 200


# --- how many from one place

def test_connections_of_an_address_group_are_bounded(tmp_path):
    org = Organisation(tmp_path, settings={"connections_per_group": 8, "workers": 1})
    org.officer("amina")
    lines = [wire.connect(org.port) for _ in range(8)]
    with pytest.raises((OSError, ssl.SSLError, ConnectionError)):
        line = wire.connect(org.port, timeout=3)
        line.sendall(wire.request_bytes("GET", "/", "a"))
        wire.read_answer(line)
    for line in lines:
        line.close()

    def admitted():
        try:
            return org.get("roster").status == 200
        except (OSError, ConnectionError):
            return False
    wait_until(admitted, 10, "room after others left: never a ban")


def test_new_connections_of_an_address_group_are_bounded(tmp_path):
    org = Organisation(tmp_path, settings={"new_per_second": 5, "new_burst": 40, "workers": 1})
    org.officer("amina")
    refused = 0
    for _ in range(80):
        try:
            wire.connect(org.port, timeout=3).close()
        except (OSError, ssl.SSLError):
            refused += 1
    assert refused > 10
    time.sleep(1.5)
    assert org.get("roster").status == 200, "never a ban"


def test_a_flood_does_not_stop_others_reports(org):
    """Whoever opens connections and says nothing takes no one else's turn."""
    amina = org.officer("amina")
    silent = [socket.create_connection((wire.ADDRESS, org.port), 5) for _ in range(60)]
    answers = []

    def send(number):
        report, sealed = org.seal(summary=f"n{number}")
        answers.append(org.put(report, sealed).status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in silent:
        line.close()
    assert answers == [201] * 6 and len(amina.alerts()) == 6


def test_the_shared_listener_counts_for_itself(tmp_path):
    """Where a proxy or an onion service connects, all clients share one address: the group's limits don't apply."""
    shared_port = wire.free_port()
    org = Organisation(tmp_path, settings={"connections_per_group": 4, "listen_shared": f"127.0.0.1:{shared_port}", "workers": 1})
    org.officer("amina")
    lines = [wire.connect(shared_port) for _ in range(12)]
    for line in lines:
        line.sendall(wire.request_bytes("GET", org.target("roster"), org.authority))
        assert wire.read_answer(line).status == 200
        line.close()
