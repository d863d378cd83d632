"""Pictures: the original untouched, a working copy without metadata beside it, both in what the stock tools open."""

import hashlib
import io
import os
import re
import struct
import subprocess
import tarfile
import zlib

from helpers.programs import EX_DATAERR, EX_USAGE, needs
from test_questionnaire import Terminal

needs_exiftool = needs("exiftool")

# A picture of one pixel, the smallest that decoders take: tables, frame, scan.
PIXEL = bytes.fromhex("ffdb004300" + "03" * 64 + "ffc0000b080001000101011100"
                      "ffc4001f0000010501010101010100000000000000000102030405060708090a0b"
                      "ffda0008010100003f00d2cf20ffd9")


def gps_photo():
    """A JPEG that says in its Exif block who made it and where (1 degree 17' S, 36 degrees 49' E), and in a comment too."""
    def entry(tag, kind, count, value):
        return struct.pack(">HHI", tag, kind, count) + value

    artist, first = b"Nadia\0", 8
    gps_at = first + 2 + 2 * 12 + 4 + len(artist)
    ifd = struct.pack(">H", 2) + entry(0x013b, 2, len(artist), struct.pack(">I", first + 2 + 2 * 12 + 4))
    ifd += entry(0x8825, 4, 1, struct.pack(">I", gps_at)) + bytes(4) + artist
    values_at = gps_at + 2 + 4 * 12 + 4
    gps = struct.pack(">H", 4) + entry(1, 2, 2, b"S\0\0\0") + entry(2, 5, 3, struct.pack(">I", values_at))
    gps += entry(3, 2, 2, b"E\0\0\0") + entry(4, 5, 3, struct.pack(">I", values_at + 24)) + bytes(4)
    gps += struct.pack(">12I", 1, 1, 17, 1, 31, 1, 36, 1, 49, 1, 18, 1)
    exif = b"Exif\0\0MM\0\x2a" + struct.pack(">I", first) + ifd + gps
    comment = b"taken by Nadia"
    return (b"\xff\xd8" + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
            + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + PIXEL)


def png_with_author():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"tEXt", b"Author\0Nadia")
            + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def sealed_by(amina, report, folder):
    """What the stock age and tar make of a report."""
    sealed = folder / f"{report}.age"
    amina.run("fetch", report, sealed)
    plain = subprocess.run(["age", "-d", "-i", str(amina.home / "identity.age"), str(sealed)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}


@needs_exiftool
def test_a_photo_and_its_working_copy(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    photo, drawing, letter = tmp_path / "gate.JPG", tmp_path / "drawing.png", tmp_path / "letter.pdf"
    photo.write_bytes(gps_photo())
    drawing.write_bytes(png_with_author())
    letter.write_bytes(b"%PDF-1.7 not really")
    assert b"Nadia" in photo.read_bytes() and b"Exif" in photo.read_bytes()
    answer = nadia.report("--attach", photo, "--attach", drawing, "--attach", letter)
    assert answer["state"] == "accepted" and answer["warnings"] == ["no-working-copy"]

    files = sealed_by(amina, answer["id"], tmp_path)
    assert set(files) == {"report.json", "attachments/001.jpg", "attachments/001-working.jpg", "attachments/002.png",
                          "attachments/002-working.png", "attachments/003.pdf"}
    assert files["attachments/001.jpg"] == gps_photo() and files["attachments/002.png"] == png_with_author()
    for name in ("attachments/001-working.jpg", "attachments/002-working.png"):
        assert not any(word in files[name] for word in (b"Exif", b"Nadia", b"tEXt", b"\xff\xe1", b"\xff\xfe")), name
    assert files["attachments/001-working.jpg"].startswith(b"\xff\xd8") and files["attachments/001-working.jpg"].endswith(PIXEL[-12:])

    opened = amina.run("open", answer["id"], "--out", tmp_path / "out").json
    first, second, third = opened["evidence"]
    for entry, original, working in ((first, photo, "attachments/001-working.jpg"), (second, drawing, "attachments/002-working.png")):
        assert entry["sha256_original"] == hashlib.sha256(original.read_bytes()).hexdigest()
        assert entry["working_file"] == working and entry["meta"] == "STRIPPED"
        assert entry["sha256_working"] == hashlib.sha256(files[working]).hexdigest()
        assert (tmp_path / "out" / working).read_bytes() == files[working]
    assert third["meta"] == "KEPT" and "working_file" not in third


@needs_exiftool
def test_what_she_decides(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    photo, broken, letter = tmp_path / "gate.jpg", tmp_path / "broken.jpg", tmp_path / "letter.pdf"
    photo.write_bytes(gps_photo())
    broken.write_bytes(gps_photo()[:200])
    letter.write_bytes(b"%PDF-1.7 not really")
    where = org.write_report(summary="x", urgency="record")
    for bad in (letter, broken):
        refused = nadia.run("report", "--file", where, "--attach", bad, "--working-copy", "require", expect=EX_DATAERR)
        assert "no copy without metadata" in refused.err
    nadia.run("report", "--file", where, "--working-copy", "perhaps", expect=EX_USAGE)
    alone = nadia.report("--attach", photo, "--working-copy", "none")
    assert "warnings" not in alone
    plain = Terminal(nadia.command("report", "--plain", "--attach", letter, "--attach", photo, "--attach", broken, json_wanted=False))
    plain.expect("How urgent is it?", "4\n")
    plain.expect("In one or two sentences", "x\n")
    plain.expect("as long as you want", "end\n")
    plain.expect("Is that right?", "1\n")
    plain.expect("What shall become of it?", "2\n")
    plain.expect("What shall become of it?", "1\n")
    assert plain.end() == 0 and "letter.pdf" in plain.shown, plain.shown
    (sent,) = {alert["report"] for alert in amina.alerts()} - {alone["id"]}
    assert set(sealed_by(amina, alone["id"], tmp_path)) == {"report.json", "attachments/001.jpg"}
    assert set(sealed_by(amina, sent, tmp_path)) == {"report.json", "attachments/001.jpg", "attachments/001-working.jpg", "attachments/002.jpg"}


@needs_exiftool
@needs("strace")
def test_nothing_of_a_picture_is_written_anywhere(org, tmp_path):
    """Wherever any program of the family writes bytes of the picture, it is a pipe or memory."""
    org.officer("amina")
    nadia = org.defender("nadia")
    photo, trace = tmp_path / "gate.jpg", tmp_path / "trace"
    photo.write_bytes(gps_photo())
    command = ["strace", "-f", "-qq", "-y", "-xx", "-s", "100000", "-e", "trace=write,writev,pwrite64,sendto,sendmsg", "-o", str(trace),
               *nadia.command("report", "--file", org.write_report(summary="x", urgency="record"), "--attach", photo)]
    # A sanitizer can't look for leaks while somebody traces.
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0, done.stderr
    picture = "".join(f"\\x{byte:02x}" for byte in PIXEL[-12:])
    written = [line for line in trace.read_text().splitlines() if picture in line]
    targets = {re.search(r"\(\d+<(.*?)>", line)[1] for line in written}
    kinds = {"pipe" if "pipe:" in target or target.startswith("\\x70\\x69\\x70\\x65") else "memory" if "memfd" in target
             or "\\x6d\\x65\\x6d\\x66\\x64" in target else target for target in targets}
    assert kinds == {"pipe", "memory"}
