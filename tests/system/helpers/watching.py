"""The metrics socket as a scraper reads it."""

import os
import re
import socket

SAMPLE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")
LABEL = re.compile(r'([a-z_]+)="([^"\\\n]*)"(?:,|$)')


def connect(line, path):
    """Whatever the path's length: an address holds 108 bytes."""
    folder = os.open(path.parent, os.O_PATH)
    try:
        line.connect(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def ask(path, request):
    """The whole answer to these bytes."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(30)
        connect(line, path)
        line.sendall(request)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def get(org, path, method="GET"):
    """(status, header lines, body)"""
    answer = ask(org.home / "daemon" / "metrics.sock", f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".encode())
    head, _, body = answer.decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    return int(lines[0].split(" ")[1]), lines[1:], body


def parse(text):
    """{(name, labels): value} of the text format; every sample must stand behind its HELP and TYPE, once."""
    samples, types, helped = {}, {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in helped
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name in helped and name not in types and kind in ("gauge", "counter", "histogram")
            types[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            name, labels = found[1], found[2] or ""
            assert "".join(f'{key}="{value}",' for key, value in LABEL.findall(labels)).rstrip(",") == labels, line
            family = re.sub("_(bucket|sum|count)$", "", name) if re.sub("_(bucket|sum|count)$", "", name) in types else name
            assert family in types, line
            assert (types[family] == "counter") == name.endswith("_total"), line
            key = (name, labels)
            assert key not in samples, line
            samples[key] = float(found[3])
    return samples


def metrics(org):
    status, _, body = get(org, "/metrics")
    assert status == 200
    return parse(body)


def value(org, name, **labels):
    wanted = ",".join(f'{key}="{each}"' for key, each in labels.items())
    return metrics(org)[(f"svc_{name}", wanted)]
