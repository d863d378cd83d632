"""What attackers do to a listening daemon, each until it is told to stop, from addresses of their own."""

import multiprocessing
import os
import random
import resource
import signal
import socket
import ssl
import struct
import time

from . import programs, wire

HONEST_ADDRESS = "127.0.0.1"
SHAPES = [
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxxGET / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff1\r\nx\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 40,
]
OVERSIZED = [
    b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 200000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20000 + b"\r\n", b"A" * 300000,
    b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n" + b"z" * 300000,
]


class Attacker:
    """One attacking process: its addresses are 127.77.N.1 and on."""

    def __init__(self, port, number, lines):
        self.port, self.number, self.lines = port, number, lines

    def socket(self):
        plain = socket.socket()
        plain.settimeout(5)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.bind((f"127.77.{self.number}.{random.randrange(1, 5)}", 0))
        plain.connect((wire.ADDRESS, self.port))
        return plain

    def tls(self, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for name, value in options.items():
            setattr(context, name, value)
        return context.wrap_socket(self.socket())

    def say(self, sent):
        with self.tls() as line:
            line.sendall(sent)
            wire.receive_until_close(line)

    def hold(self, make):
        """Keeps as many lines as it may, and opens new ones for those that were ended."""
        held = []
        while len(held) < self.lines:
            try:
                held.append(make())
            except OSError:
                break
        time.sleep(0.2)
        for line in held:
            line.close()


def smuggling(me):
    me.say(random.choice(SHAPES))


def oversized(me):
    me.say(random.choice(OVERSIZED))


def trickle(me, first, drop):
    lines = []
    for _ in range(me.lines):
        try:
            lines.append(me.tls())
            lines[-1].sendall(first)
        except OSError:
            break
    for _ in range(20):
        for line in lines:
            try:
                line.sendall(drop)
            except OSError:
                pass
        time.sleep(0.05)
    for line in lines:
        line.close()


def slow_headers(me):
    trickle(me, b"GET / HTTP/1.1\r\nHost: a\r\n", b"X")


def slow_bodies(me):
    trickle(me, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", b"x")


def slow_readers(me):
    """Asks again and again, and takes nothing of the answers."""
    def make():
        line = me.tls()
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        return line
    me.hold(make)


def half_closed(me):
    with me.tls() as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        line.shutdown(socket.SHUT_WR)
        wire.receive_until_close(line)


def reset(me):
    line = me.tls()
    line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def many_connections(me):
    me.hold(me.socket)


def handshakes(me):
    """A whole handshake each time, and nothing after it."""
    me.tls().close()


def half_handshakes(me):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.wrap_bio(incoming, outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()

    def make():
        line = me.socket()
        line.sendall(hello[:random.randrange(1, len(hello) + 1)])
        return line
    me.hold(make)


def old_tls(me):
    """TLS 1.2, which could be renegotiated."""
    try:
        me.tls(maximum_version=ssl.TLSVersion.TLSv1_2).close()
    except ssl.SSLError:
        return
    raise AssertionError("TLS 1.2 was taken")


def plaintext(me):
    with me.socket() as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        received = line.recv(4096)
        assert b"HTTP" not in received, received


def noise(me):
    with me.socket() as line:
        line.sendall(os.urandom(random.randrange(1, 20000)))
        line.recv(4096)


ATTACKS = {attack.__name__: attack for attack in (
    smuggling, oversized, slow_headers, slow_bodies, slow_readers, half_closed, reset, many_connections, handshakes, half_handshakes, old_tls,
    plaintext, noise)}


def _run(name, port, number, lines, until, wrong, rounds):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, lines + 64)), hard))
    me = Attacker(port, number, lines)
    while not until.is_set():
        try:
            rounds.value += 1
            ATTACKS[name](me)
        except AssertionError as error:
            wrong.put(str(error))
            return
        except OSError:
            pass  # refused, reset, timed out: what an attacker has to expect


class Attack:
    """with Attack("reset", port): it goes on in processes of its own until the block ends."""

    def __init__(self, name, port, processes=2, lines=64):
        context = multiprocessing.get_context("fork")
        self.until, self.wrong, self.rounds = context.Event(), context.Queue(), [context.Value("i", 0) for _ in range(processes)]
        self.processes = [context.Process(target=_run, args=(name, port, number, lines, self.until, self.wrong, self.rounds[number]), daemon=True)
                          for number in range(processes)]

    def __enter__(self):
        for process in self.processes:
            process.start()
        programs.wait_until(lambda: all(rounds.value > 0 for rounds in self.rounds), 30, "the attack to begin")
        return self

    def __exit__(self, *exception):
        self.until.set()
        for process in self.processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()
        if exception[0] is None:
            assert self.wrong.empty(), self.wrong.get()
            assert all(process.exitcode in (0, -signal.SIGKILL) for process in self.processes), "an attacker broke down"


def levels(org):
    """Resident memory in KiB and descriptors, summed over the fronts and the store."""
    memory = descriptors = 0
    for pid, role in org.roles():
        if role not in ("front", "store"):
            continue
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            memory += int(next(line for line in status if line.startswith("VmRSS:")).split()[1])
        descriptors += len(os.listdir(f"/proc/{pid}/fd"))
    return memory, descriptors
