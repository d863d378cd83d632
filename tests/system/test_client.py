"""The defender's client as she meets it: on a terminal, under a passphrase, behind a proxy, with somebody excluded."""

import os
import pty
import re
import select
import socket
import threading
import time

import pytest

from helpers import wire
from helpers.organisation import Defender, Organisation
from helpers.programs import (EX_CANTCREAT, EX_DATAERR, EX_NOPERM, EX_TEMPFAIL, EX_UNAVAILABLE, EX_USAGE, program)

PASSPHRASE = "seven quiet horses"


def on_a_terminal(command, answers, seconds=60):
    """Types each answer once its prompt has appeared; (exit code, all that the terminal showed)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    shown, answers, end = b"", list(answers), time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # the program has ended
                break
        if answers and answers[0][0] in shown.decode(errors="replace"):
            os.write(terminal, answers.pop(0)[1].encode())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    assert not answers, f"never asked for {answers[0][0]!r}:\n{shown.decode(errors='replace')}"
    return code, shown.decode(errors="replace")


def clarion(home, *arguments):
    return [str(program("clarion")), *arguments, "--home", str(home)]


@pytest.mark.long
def test_questions_on_a_terminal_under_a_passphrase(org, tmp_path):
    amina, home = org.officer("amina"), tmp_path / "home"
    code, shown = on_a_terminal(clarion(home, "join", org.invitation("--desk", org.desk).strip()),
                                [("Passphrase: ", f"{PASSPHRASE}\n"), ("again: ", f"{PASSPHRASE}\n")])
    assert code == 0 and PASSPHRASE not in shown
    code, shown = on_a_terminal(clarion(home, "report", "--plain"), [
        ("Passphrase: ", f"{PASSPHRASE}\n"), ("Number, back", "2\n"), ("No names", "They wait outside\n"),
        ("empty line ends", "At nine.\nTwo.\n\n"), ("Who did it happen", "end\n"), ("Is that right", "1\n")])
    assert code == 0 and "amina" in shown, shown
    receipt = re.search(r"number: ([0-9 ]{35})", shown).group(1)

    sent = amina.alerts()[0]
    report = amina.run("open", sent["report"], "--out", tmp_path / "out").json
    assert sent["urgency"] == report["urgency"] == "urgent"
    assert (report["summary"], report["narrative"]) == ("They wait outside", "At nine.\nTwo.")
    assert "reporter_relation" not in report

    code, shown = on_a_terminal(clarion(home, "inbox"), [("Passphrase: ", f"{PASSPHRASE}\n"), ("Receipt number", f"{receipt}\n")])
    assert code == 0 and receipt not in shown and "Nobody has confirmed yet" in shown
    code, _ = on_a_terminal(clarion(home, "inbox"), [("Passphrase: ", "seven quiet hares\n")])
    assert code == EX_NOPERM


def test_two_different_passphrases_join_nothing(org, tmp_path):
    org.officer("amina")
    code, _ = on_a_terminal(clarion(tmp_path / "home", "join", org.invitation("--desk", org.desk).strip()),
                            [("Passphrase: ", "one\n"), ("again: ", "other\n")])
    assert code == EX_DATAERR


class Socks(threading.Thread):
    """A SOCKS5 proxy that remembers who logged in and where they went."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"socks5h://127.0.0.1:{self.listener.getsockname()[1]}"
        self.logins, self.places = [], []
        self.start()

    def vanish(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        methods = client.recv(client.recv(2)[1])
        assert 2 in methods, "a login, so that Tor gives each connection a circuit of its own"
        client.sendall(b"\x05\x02")
        client.recv(1)
        self.logins.append(client.recv(client.recv(1)[0]))
        client.recv(client.recv(1)[0])
        client.sendall(b"\x01\x00")
        kind = client.recv(4)[3]
        host = client.recv(client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(client.recv(4))
        self.places.append((host, int.from_bytes(client.recv(2), "big")))
        server = socket.create_connection(self.places[-1])
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        threading.Thread(target=wire.pass_on, args=(server, client), daemon=True).start()
        wire.pass_on(client, server)


def test_a_home_with_a_proxy_never_connects_without_it(org):
    amina, proxy, nadia = org.officer("amina"), Socks(), Defender(org, "nadia")
    invitation = org.invitation("--desk", org.desk)
    nadia.run("join", "-", "--no-passphrase", "--proxy", proxy.url, stdin=invitation)
    assert nadia.report()["state"] == "accepted"
    assert set(proxy.places) == {("127.0.0.1", org.port)}
    assert len(proxy.logins) == len(set(proxy.logins)) == 3, "invitation, roster and report: a connection and circuit each"
    proxy.vanish()
    assert nadia.report(expect=EX_TEMPFAIL).json["state"] == "queued"
    nadia.run("send", expect=EX_TEMPFAIL)
    nadia.run("join", "-", "--no-passphrase", stdin=invitation, expect=EX_UNAVAILABLE)
    assert len(amina.alerts()) == 1
    again = Socks()
    nadia.run("join", "-", "--no-passphrase", "--proxy", again.url, stdin=invitation)
    assert nadia.run("send").json == {"sent": 1, "queued": 0}
    assert len(amina.alerts()) == 2 and again.places


def test_what_is_no_proxy(org):
    org.officer("amina")
    invitation = org.invitation("--desk", org.desk)
    for wrong in ("socks5://127.0.0.1:1", "127.0.0.1:9050", "socks5h://127.0.0.1", "https://127.0.0.1:1", "socks5h://a:b@127.0.0.1:1"):
        Defender(org, "nadia").run("join", "-", "--no-passphrase", "--proxy", wrong, stdin=invitation, expect=EX_USAGE)


def test_the_environments_proxy_is_ignored(org, tmp_path):
    org.officer("amina")
    nadia = org.defender("nadia")
    org.environment.update({"https_proxy": "http://127.0.0.1:1", "ALL_PROXY": "socks5h://127.0.0.1:1"})
    assert nadia.report()["state"] == "accepted"


def test_the_excluded_cannot_open_it(org, tmp_path):
    amina, badia, nadia = org.officer("amina"), org.officer("badia"), org.defender("nadia")
    sent = nadia.report("--exclude", "badia")
    assert amina.run("open", sent["id"], "--out", tmp_path / "amina-out").json["exclude"] == ["badia"]
    assert badia.run("open", sent["id"], "--out", tmp_path / "badia-out", expect=None).code != 0
    assert not (tmp_path / "badia-out").exists()
    nadia.report("--exclude", "badia", "--exclude", "amina", expect=EX_DATAERR)
    nadia.report("--exclude", "badya", expect=EX_DATAERR)
    nadia.report("--exclude", org.desk, expect=EX_DATAERR)
    assert nadia.run("send").json == {"sent": 0, "queued": 0}, "what was refused isn't queued"


def test_a_home_knows_one_organisation(org, tmp_path_factory):
    org.officer("amina")
    nadia = org.defender("nadia")
    nadia.join()  # the same again is fine
    other = Organisation(tmp_path_factory.mktemp("other"))
    other.officer("badia")
    try:
        nadia.run("join", "-", "--no-passphrase", stdin=other.invitation("--desk", other.desk), expect=EX_CANTCREAT)
    finally:
        other.stop_daemon()
