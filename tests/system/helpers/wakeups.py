"""Real servers on loopback that wake people, with TLS, and with whatever manners a test wants: SMTP and HTTPS."""

import base64
import datetime
import email
import email.policy
import ipaddress
import socket
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from . import wire
from .programs import wait_until

PATIENCE = 30


def certificate(folder, name="server", host="localhost"):
    """(certificate, key) of a self-signed server, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    names = [x509.DNSName(host)] + ([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] if host == "localhost" else [])
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=3650))
            .not_valid_after(now + datetime.timedelta(days=3650)).add_extension(x509.SubjectAlternativeName(names), False)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
    where = folder / f"{name}.crt", folder / f"{name}.key"
    where[0].write_bytes(made.public_bytes(Encoding.PEM))
    where[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return where


class Server:
    """Threads that serve one connection each. What a test wants to be different stands in its attributes."""

    def __init__(self, files):
        if files is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*files)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.came = 0           # connections
        self.open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while self.open:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.came += 1
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        plain.settimeout(120)
        try:
            self.serve(plain)
        except (OSError, ConnectionError, EOFError):
            pass
        finally:
            plain.close()

    def hang(self):
        """Says nothing more, until the test is over or the manners change."""
        while self.open and self.hangs:
            time.sleep(0.02)


class MailServer(Server):
    """As RFC 5321 wants it. `mails` holds (sender, recipients, message, who said EHLO, user) of what was taken."""

    def __init__(self, files, starttls=True):
        self.starttls, self.hangs, self.answers, self.mails, self.users = starttls, False, {}, [], {}
        super().__init__(files)

    def serve(self, plain):
        secure = not self.starttls
        line = self.context.wrap_socket(plain, server_side=True) if secure else plain
        stream = line.makefile("rwb")
        sender, recipients, hello, user = None, [], None, None

        def say(text):
            stream.write(text.encode() + b"\r\n")
            stream.flush()

        say("220 mail ESMTP")
        while True:
            words = stream.readline()
            if not words:
                return
            verb = words.split()[0].upper().decode() if words.split() else ""
            if self.hangs and verb == "MAIL":
                self.hang()
            scripted = self.answers.get(verb)
            if scripted and (answer := scripted.pop(0)):
                say(answer)
            elif verb == "EHLO":
                hello = words.split()[1].decode()
                offers = ["mail"] + (["STARTTLS"] if self.starttls and not secure else []) + (["AUTH PLAIN"] if self.users and secure else [])
                for offer in offers[:-1]:
                    say(f"250-{offer}")
                say(f"250 {offers[-1]}")
            elif verb == "STARTTLS":
                say("220 go ahead")
                line = self.context.wrap_socket(plain, server_side=True)
                stream, secure = line.makefile("rwb"), True
            elif verb == "AUTH":
                if len(words.split()) == 2:
                    say("334 ")
                    words += stream.readline()
                _, name, password = base64.b64decode(words.split()[2]).decode().split("\0")
                user = name if self.users.get(name) == password else None
                say("235 welcome" if user else "535 no")
            elif not secure:
                say("530 STARTTLS first")
            elif verb in ("MAIL", "RCPT"):
                address = words.split(b":", 1)[1].split()[0].decode()
                sender, recipients = (address, []) if verb == "MAIL" else (sender, recipients + [address])
                say("250 fine")
            elif verb == "DATA":
                say("354 go on")
                lines = []
                while (part := stream.readline()) != b".\r\n":
                    if not part:
                        return
                    lines.append(part[1:] if part.startswith(b".") else part)
                self.mails.append((sender, recipients, b"".join(lines), hello, user))
                say("250 taken")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("500 what")

    def wait(self, count=1):
        wait_until(lambda: len(self.mails) >= count, PATIENCE, f"{count} mails, of {self.mails}")
        return [email.message_from_bytes(mail[2], policy=email.policy.SMTP) for mail in self.mails]


class Hook(Server):
    """An HTTPS server. `requests` holds (first line, headers, body); `answer` is what it says, as bytes."""

    OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    def __init__(self, files):
        self.hangs, self.answer, self.requests = False, self.OK, []
        super().__init__(files)

    def serve(self, plain):
        with self.context.wrap_socket(plain, server_side=True) as line:
            received = b""
            while b"\r\n\r\n" not in received:
                received += self._more(line)
            top, _, body = received.partition(b"\r\n\r\n")
            first, *fields = top.decode("latin-1").split("\r\n")
            headers = dict(field.split(": ", 1) for field in fields)
            while len(body) < int(headers.get("Content-Length", "0")):
                body += self._more(line)
            self.requests.append((first, headers, body))
            if self.hangs:
                self.hang()
                return
            line.sendall(self.answer)

    @staticmethod
    def _more(line):
        part = line.recv(65536)
        if not part:
            raise EOFError
        return part

    def url(self, path="/up"):
        return f"https://127.0.0.1:{self.port}{path}"

    def wait(self, count=1):
        wait_until(lambda: len(self.requests) >= count, PATIENCE, f"{count} requests, of {self.requests}")
        return self.requests


class Socks(Server):
    """A SOCKS5 proxy that knows one server, whatever name it is asked for. `names` holds (host, port) of what was asked."""

    def __init__(self, target):
        self.target, self.names = target, []
        super().__init__(None)

    def serve(self, plain):
        stream = plain.makefile("rb")
        stream.read(stream.read(2)[1])
        plain.sendall(b"\x05\x00")
        assert stream.read(4) == b"\x05\x01\x00\x03"  # CONNECT to a name
        host = stream.read(stream.read(1)[0]).decode()
        self.names.append((host, int.from_bytes(stream.read(2), "big")))
        plain.sendall(b"\x05\x00\x00\x01" + bytes(6))
        with socket.create_connection(("127.0.0.1", self.target.port)) as other:
            back = threading.Thread(target=wire.pass_on, args=(other, plain), daemon=True)
            back.start()
            wire.pass_on(plain, other)
            back.join(PATIENCE)
