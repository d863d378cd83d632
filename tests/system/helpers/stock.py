"""The stock `age` and `tar`: nobody is ever locked in, and these prove it."""

import hashlib
import json
import subprocess


def seal(recipients, archive):
    """Bytes that the stock age sealed."""
    command = ["age"]
    for recipient in recipients:
        command += ["-r", recipient]
    return subprocess.run(command, input=archive, capture_output=True, check=True).stdout


def open_sealed(identity_file, sealed_file):
    return subprocess.run(["age", "-d", "-i", str(identity_file), str(sealed_file)], capture_output=True, check=True).stdout


def names_in(archive):
    return subprocess.run(["tar", "t"], input=archive, capture_output=True, check=True).stdout.decode().split()


def member(archive, name):
    return subprocess.run(["tar", "xO", name], input=archive, capture_output=True, check=True).stdout


def pack(folder):
    """A plain ustar archive of a folder, report.json first."""
    names = ["report.json"] + sorted(str(path.relative_to(folder)) for path in folder.rglob("*")
                                     if path.is_file() and path.name != "report.json")
    return subprocess.run(["tar", "c", "--format=ustar", "-C", str(folder), *names], capture_output=True, check=True).stdout


def report_archive(folder, summary="Sealed by stock tools.", attachments=None, **fields):
    """The archive of a report as anybody can make it with an editor and tar."""
    folder.mkdir(parents=True)
    report = {"schema": 1, "urgency": "urgent", "summary": summary, **fields}
    (folder / "report.json").write_text(json.dumps(report))
    for name, content in (attachments or {}).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return pack(folder)


def report_id(sealed):
    return hashlib.sha256(sealed).hexdigest()
