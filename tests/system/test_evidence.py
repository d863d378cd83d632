"""Evidence: the original untouched, a working copy without metadata beside it, both in what the stock tools open."""

import hashlib
import io
import os
import re
import struct
import subprocess
import tarfile
import zipfile
import zlib

from helpers.programs import EX_DATAERR, EX_USAGE, needs
from test_questionnaire import Terminal

needs_exiftool = needs("exiftool")

MPEG_FRAME = b"\xff\xfb\x90\x64" + bytes(413)

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
    song = tmp_path / "song.mp3"
    song.write_bytes(700 * MPEG_FRAME)
    plain = Terminal(nadia.command("report", "--plain", "--attach", letter, "--attach", photo, "--attach", broken, "--attach", song,
                                   json_wanted=False))
    plain.expect("What shall become of it?", "2\n")
    plain.expect("What shall become of it?", "1\n")
    plain.expect("How urgent is it?", "4\n")
    plain.expect("In one or two sentences", "x\n")
    plain.expect("as long as you want", "end\n")
    plain.expect("Is that right?", "1\n")
    assert plain.end() == 0 and "letter.pdf" in plain.shown, plain.shown
    (sent,) = {alert["report"] for alert in amina.alerts()} - {alone["id"]}
    assert set(sealed_by(amina, alone["id"], tmp_path)) == {"report.json", "attachments/001.jpg"}
    assert set(sealed_by(amina, sent, tmp_path)) == {"report.json", "attachments/001.jpg", "attachments/001-working.jpg", "attachments/002.jpg",
                                                     "attachments/003.mp3", "attachments/003-working.mp3"}
    # What she agreed to is what was sealed, copies included; only the head for the readers comes to it.
    shown, sealed = int(re.search(r"a size, rounded up: (\d+) KiB", plain.shown)[1]), (tmp_path / f"{sent}.age").stat().st_size / 1024
    assert sealed - 3 < shown <= sealed + 1 and shown > 2 * 700 * len(MPEG_FRAME) / 1024


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


def letter_pdf():
    """A page that says "at the gate", by Nadia."""
    page = b"BT /F 12 Tf 10 30 Td (at the gate) Tj ET"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 144 72] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
               b"<< /Length %d >>\nstream\n" % len(page) + page + b"\nendstream",
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", b"<< /Author (Nadia) /CreationDate (D:20260301120000) >>"]
    out, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
            + b"trailer << /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out)))


def archive_of(**parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def letter_odt(comment=""):
    names = ('xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
             ' xmlns:dc="http://purl.org/dc/elements/1.1/"')
    kind = "application/vnd.oasis.opendocument.text"
    return archive_of(**{
        "mimetype": kind,
        "content.xml": f"<office:document-content {names}><office:body><office:text><text:p>at the gate{comment}</text:p></office:text>"
                       "</office:body></office:document-content>",
        "meta.xml": f"<office:document-meta {names}><office:meta><dc:creator>Nadia</dc:creator></office:meta></office:document-meta>",
        "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                                 f'<m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'})


def letter_docx(change=""):
    office = "http://schemas.openxmlformats.org/"
    part = "application/vnd.openxmlformats-"
    return archive_of(**{
        "[Content_Types].xml": f'<Types xmlns="{office}package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
                               f'<Override PartName="/word/document.xml" ContentType="{part}officedocument.wordprocessingml.document.main+xml"/>'
                               f'<Override PartName="/docProps/core.xml" ContentType="{part}package.core-properties+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}package/2006/relationships"><Relationship Id="rId1" '
                       f'Type="{office}officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
        "docProps/core.xml": f'<c:coreProperties xmlns:c="{office}package/2006/metadata/core-properties" '
                             'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Nadia</dc:creator></c:coreProperties>',
        "word/document.xml": f'<w:document xmlns:w="{office}wordprocessingml/2006/main"><w:body><w:p><w:r>{change}<w:t>at the gate</w:t>'
                             "</w:r></w:p></w:body></w:document>"})


def song_mp3():
    name = b"\0Nadia"
    tag = b"TPE1" + struct.pack(">IH", len(name), 0) + name
    return b"ID3\x03\0\0" + bytes((0, 0, 0, len(tag))) + tag + 20 * MPEG_FRAME + b"TAG" + b"Nadia".ljust(125, b"\0")


def song_with_ape_tag():
    item = struct.pack("<II", 5, 0) + b"Artist\0Nadia"
    foot = [b"APETAGEX" + struct.pack("<IIII8x", 2000, len(item) + 32, 1, flags) for flags in (0xa0000000, 0x80000000)]
    return 20 * MPEG_FRAME + foot[0] + item + foot[1]


def recording_wav(seconds=0.1):
    sound = bytes(int(seconds * 8000))
    info = b"INFOIART" + struct.pack("<I", 6) + b"Nadia\0"
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", len(sound)) + sound
    body += b"LIST" + struct.pack("<I", len(info)) + info
    return b"RIFF" + struct.pack("<I", len(body)) + body


def film_mp4(folder):
    made = folder / "made.mp4"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=d=0.2:s=32x32", "-metadata", "artist=Nadia", "-metadata",
                    "location=+01.28+036.82/", "-metadata", "creation_time=2026-03-01T12:00:00Z", str(made)], check=True)
    return made.read_bytes()


def unpacked(data):
    """A file's bytes, and those of its parts where it is an archive."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data + b"".join(name.encode() + archive.read(name) for name in archive.namelist())


@needs("mat2")
@needs("ffmpeg")
def test_documents_sound_and_film(org, tmp_path):
    """mat2 takes metadata out; where it leaves some in (a comment's author, who changed what, a second kind of tag) there is no copy."""
    amina, nadia = org.officer("amina"), org.defender("nadia")
    good = {"letter.pdf": letter_pdf(), "letter.odt": letter_odt(), "Letter.DOCX": letter_docx(), "song.mp3": song_mp3(),
            "voice.wav": recording_wav(), "gate.mp4": film_mp4(tmp_path)}
    bad = {"comment.odt": letter_odt("<office:annotation><dc:creator>Nadia</dc:creator><text:p>n</text:p></office:annotation>"),
           "changed.docx": letter_docx('<w:rPr><w:rPrChange w:id="1" w:author="Nadia"><w:rPr/></w:rPrChange></w:rPr>'),
           "tagged.mp3": song_with_ape_tag(), "notes.txt": b"by Nadia"}
    attached = []
    for name, data in {**good, **bad}.items():
        (tmp_path / name).write_bytes(data)
        assert b"Nadia" in unpacked(data), name
        attached += ["--attach", tmp_path / name]
    answer = nadia.report(*attached)
    assert answer["warnings"] == ["no-working-copy"] * len(bad)
    files = sealed_by(amina, answer["id"], tmp_path)
    opened = amina.run("open", answer["id"], "--out", tmp_path / "out").json
    for (name, data), entry in zip({**good, **bad}.items(), opened["evidence"], strict=True):
        assert (tmp_path / name).read_bytes() == data == files[entry["file"]], name
        assert entry["sha256_original"] == hashlib.sha256(data).hexdigest() and entry["meta"] == ("STRIPPED" if name in good else "KEPT"), name
        if name not in good:
            assert "working_file" not in entry
            continue
        copy = files[entry["working_file"]]
        assert entry["working_file"].endswith("-working" + os.path.splitext(name)[1].lower())
        assert entry["sha256_working"] == hashlib.sha256(copy).hexdigest()
        assert len(copy) > 100 and not any(word in unpacked(copy) for word in (b"Nadia", b"2026", b"+01.28")), name


@needs("mat2")
@needs("bwrap")
def test_a_mat2_that_fails_or_is_missing(org, tmp_path):
    """Nothing is lost: the report goes with the original alone, and says so; `require` refuses. One that hangs: test_locked_tool.c."""
    org.officer("amina")
    nadia = org.defender("nadia")
    letter, where = tmp_path / "letter.pdf", org.write_report(summary="x", urgency="record")
    letter.write_bytes(letter_pdf())
    for stand_in, words in (("/usr/bin/false", "not everything could be taken out"), ("/dev/null", "mat2 isn't installed")):
        inside = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", stand_in, "/usr/bin/mat2"]
        sent = subprocess.run([*inside, *nadia.command("report", "--file", where, "--attach", letter)], capture_output=True, text=True, check=False)
        assert sent.returncode == 0 and words in sent.stderr and '"accepted"' in sent.stdout, (sent.stdout, sent.stderr)
        refused = subprocess.run([*inside, *nadia.command("report", "--file", where, "--attach", letter, "--working-copy", "require")],
                                 capture_output=True, text=True, check=False)
        assert refused.returncode == EX_DATAERR and words in refused.stderr
    assert letter.read_bytes() == letter_pdf()


@needs("ffmpeg")
def test_a_copy_makes_no_report_too_large(org, tmp_path):
    """A server takes 64 MiB: what doubles a long recording isn't worth a report that nobody takes."""
    org.officer("amina")
    nadia, voice = org.defender("nadia"), tmp_path / "voice.wav"
    voice.write_bytes(recording_wav(seconds=31 * 1024 * 1024 / 8000))
    refused = nadia.run("report", "--file", org.write_report(summary="x", urgency="record"), "--attach", voice, "--working-copy", "require",
                        expect=EX_DATAERR)
    assert "larger than most servers take" in refused.err
