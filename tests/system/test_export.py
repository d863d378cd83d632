"""An evidence bundle, and the stranger who verifies it with nothing but tar, sha256sum, openssl and age."""

import base64
import hashlib
import json
import os
import subprocess

from helpers import cases, stock
from helpers.programs import EX_NOPERM
from helpers.sealing import SealedReport

EX_CANTCREAT = 73
PHOTO = bytes.fromhex("ffd8ffe0") + os.urandom(150_000) + bytes.fromhex("ffd9")


def tool(*command, cwd=None, check=True, stdin=b""):
    return subprocess.run([str(word) for word in command], cwd=cwd, input=stdin, capture_output=True, check=check)


def unpack(bundle, folder):
    """The one folder in the bundle."""
    folder.mkdir()
    tool("tar", "xf", bundle, "-C", folder)
    (inside,) = folder.iterdir()
    return inside


def verifies(key, text, signature):
    done = tool("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", text, "-sigfile", signature, check=False)
    return done.returncode == 0


def raw_key(pem):
    return tool("openssl", "pkey", "-pubin", "-in", pem, "-outform", "DER").stdout[-32:]


def worked_on(org, **fields):
    """A report with a photo that two officers have worked on."""
    amina, badia = org.officer("amina"), org.officer("badia")
    photo = org.folder / "gate.jpg"
    photo.write_bytes(PHOTO)
    sent = org.defender("nadia").report("--attach", photo, **fields)
    amina.run("ack", sent["id"])
    badia.run("note", sent["id"], "-", stdin="The photo shows the same car.\n")
    return amina, badia, sent


def check_custody(inside, amina, badia):
    """README, step 3: both signatures of each entry, the chain between them, and whose keys they are."""
    entries = sorted(path for path in (inside / "custody").iterdir() if path.is_dir())
    previous = "0" * 64
    for number, entry in enumerate(entries, 1):
        text = entry / "event.txt"
        assert verifies(entry / "officer.pem", text, entry / "officer.sig")
        assert verifies(inside / "custody" / "proof.pem", text, entry / "proof.sig")
        lines = text.read_text().splitlines()
        assert (lines[0], lines[4], lines[5]) == ("clarion-event/1", str(number), previous)
        content = (entry / "content.age").read_bytes() if (entry / "content.age").exists() else b""
        assert lines[8] == hashlib.sha256(content).hexdigest()
        roster = (inside / "roster" / lines[3] / "body.txt").read_text()
        name = {raw_key(entry / "officer.pem"): person.name for person in (amina, badia)
                if raw_key(entry / "officer.pem") == bytes(person.signing_key.verify_key)}[raw_key(entry / "officer.pem")]
        (line,) = [line for line in roster.splitlines() if line.startswith(f"officer {name} ")]
        assert base64.b64encode(raw_key(entry / "officer.pem")).decode() in line
        previous = hashlib.sha256(text.read_bytes()).hexdigest()
    return [(entry / "event.txt").read_text().splitlines()[6] for entry in entries]


def check_rosters(inside):
    """README, step 5: signed by their admins, each naming the one before."""
    versions = sorted(int(path.name) for path in (inside / "roster").iterdir())
    assert versions == list(range(versions[0], versions[-1] + 1))
    before = None
    for version in versions:
        folder = inside / "roster" / str(version)
        body = folder / "body.txt"
        signatures = list(folder.glob("*.sig"))
        assert signatures and all(verifies(sig.with_suffix(".pem"), body, sig) for sig in signatures)
        previous = next(line.split()[1] for line in body.read_text().splitlines() if line.startswith("previous "))
        assert before is None or previous == before
        before = hashlib.sha256(body.read_bytes()).hexdigest()


def test_a_stranger_verifies_a_sealed_bundle(org, tmp_path):
    amina, badia, sent = worked_on(org)
    bundle = tmp_path / "case.tar"
    told = amina.run("export", sent["id"], bundle).json
    assert told["sha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()
    inside = unpack(bundle, tmp_path / "court")
    tool("sha256sum", "-c", "SHA256SUMS", cwd=inside)
    listed = {line.split("  ")[1] for line in (inside / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(inside)) for path in inside.rglob("*") if path.is_file()}
    assert there - listed == {"SHA256SUMS"}
    assert hashlib.sha256((inside / "report.age").read_bytes()).hexdigest() == sent["id"]
    assert check_custody(inside, amina, badia) == ["ack", "note"]
    check_rosters(inside)
    acceptance = inside / "acceptance"
    assert verifies(acceptance / "server.pem", acceptance / "acceptance.txt", acceptance / "server.sig")
    assert (acceptance / "acceptance.txt").read_text().splitlines()[2] == sent["id"]
    assert org.roster().receipt_key == raw_key(acceptance / "server.pem")
    audit = inside / "audit"
    assert verifies(audit / "server.pem", audit / "head.txt", audit / "server.sig")
    kind, organisation, number, head, _ = (audit / "head.txt").read_text().splitlines()
    assert (kind, organisation) == ("clarion-audit/1", org.fingerprint)
    log = org.run("audit", "--verify").json
    assert log["verified"] and (str(log["number"]), log["hash"]) == (number, head)
    # Sealed means sealed; who has an identity opens it with stock tools.
    assert not (inside / "opened").exists()
    archive = stock.open_sealed(amina.home / "identity.age", inside / "report.age")
    assert stock.member(archive, "attachments/001.jpg") == PHOTO
    # The chain of custody says that a copy left, and which.
    last = amina.run("case", sent["id"]).json["events"][-1]
    assert last["type"] == "note" and last["content"]["text"] == f"EXPORTED sealed sha256:{told['sha256']}"


def test_the_commands_of_its_readme_work(org, tmp_path):
    """As a stranger would: the lines of README.txt, pasted into a shell."""
    amina, _, sent = worked_on(org)
    amina.run("export", sent["id"], tmp_path / "case.tar", "--opened")
    inside = unpack(tmp_path / "case.tar", tmp_path / "court")
    readme = (inside / "README.txt").read_text()
    assert sent["id"] in readme
    script = "\n".join(line[7:] for line in readme.splitlines() if line.startswith("       ") and "age -d" not in line)
    done = tool("sh", "-eu", cwd=inside, stdin=script.encode())
    out = done.stdout.decode()
    assert out.count("Signature Verified Successfully") == 2 * 2 + 2 + len(list((inside / "roster").glob("*/*.sig")))
    assert "attachments/001.jpg: OK" in out


def test_an_opened_bundle_has_what_is_inside(org, tmp_path):
    amina, _, sent = worked_on(org, narrative="They came at nine.")
    exported = amina.run("export", sent["id"], tmp_path / "case.tar", "--opened")
    assert "agreed" in exported.err, "she never said that courts may have it"
    inside = unpack(tmp_path / "case.tar", tmp_path / "court") / "opened"
    assert json.loads((inside / "report.json").read_text())["narrative"] == "They came at nine."
    assert (inside / "attachments" / "001.jpg").read_bytes() == PHOTO
    tool("sha256sum", "-c", "EVIDENCE-SHA256SUMS", cwd=inside)
    assert json.loads((inside / "custody" / "0002.json").read_text()) == {"text": "The photo shows the same car."}


def test_a_changed_bundle_does_not_verify(org, tmp_path):
    amina, _, sent = worked_on(org)
    amina.run("export", sent["id"], tmp_path / "case.tar")
    inside = unpack(tmp_path / "case.tar", tmp_path / "court")
    event = inside / "custody" / "0002" / "event.txt"
    event.write_text(event.read_text().replace("note", "close"))
    assert not verifies(inside / "custody" / "0002" / "officer.pem", event, inside / "custody" / "0002" / "officer.sig")
    assert tool("sha256sum", "-c", "SHA256SUMS", cwd=inside, check=False).returncode != 0


def test_nothing_is_overwritten_and_nothing_is_left_behind(org, tmp_path):
    amina, _, sent = worked_on(org)
    there = tmp_path / "there.tar"
    there.write_text("mine")
    amina.run("export", sent["id"], there, expect=EX_CANTCREAT)
    assert there.read_text() == "mine"
    amina.run("export", sent["id"], tmp_path / "no-such-folder" / "x.tar", expect=EX_CANTCREAT)
    org.add_desk("legal")
    carla = org.officer("carla", desk="legal")
    carla.run("export", sent["id"], tmp_path / "stolen.tar", expect=EX_NOPERM)
    assert not (tmp_path / "stolen.tar").exists()
    assert len(amina.run("case", sent["id"]).json["events"]) == 2, "what wasn't exported isn't in the custody"


def test_a_report_by_stock_tools_is_exported_too(org, tmp_path):
    amina = org.officer("amina")
    report, sealed = org.seal(attachments={"attachments/" + "long-name-" * 8 + "x.bin": b"bytes"})
    assert org.put(report, sealed).status == 201
    amina.run("ack", report)
    amina.run("export", report, tmp_path / "case.tar", "--opened")
    inside = unpack(tmp_path / "case.tar", tmp_path / "court")
    tool("sha256sum", "-c", "SHA256SUMS", cwd=inside)
    assert not (inside / "acceptance").exists() and not (inside / "custody" / "proof.pem").exists()
    assert next((inside / "opened" / "attachments").iterdir()).read_bytes() == b"bytes"


def test_a_referral_s_number_stays_out_of_the_bundle(org, tmp_path):
    """It reads what the other desk answers: a court has no business there."""
    amina = org.officer("amina")
    sealed = SealedReport(org)
    sealed.put()
    amina.run("ack", sealed.id)
    chain = cases.Chain(org, amina, sealed)
    chain.next("ack")
    events = json.loads(amina.call("GET", f"reports/{sealed.id}/events")[0].body)["events"]
    number, chain.previous = "00000 00000 00000 00000 00000 79444", cases.digest_of(org, sealed, events[0])
    answer, _ = amina.call("POST", f"reports/{sealed.id}/events", chain.next("refer", {"desk": "legal", "report": "a" * 64, "receipt": number}))
    assert answer.status == 201
    amina.run("export", sealed.id, tmp_path / "case.tar", "--opened")
    assert number.encode() not in (tmp_path / "case.tar").read_bytes()
    assert json.loads((unpack(tmp_path / "case.tar", tmp_path / "c") / "opened" / "custody" / "0002.json").read_text()) == {
        "desk": "legal", "report": "a" * 64}
