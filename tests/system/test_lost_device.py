"""A lost or seized officer device: what the admin is told to do, that it works at once, and what it leaves."""

import hashlib
import shutil
import subprocess
import time

import pytest

from helpers.organisation import Officer, Organisation
from helpers.programs import EX_CANTCREAT, EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_PROTOCOL, wait_until
from helpers.sealing import SealedReport

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built


def stored(officer, report):
    answer, _ = officer.call("GET", f"reports/{report}")
    assert answer.status == 200
    return answer.body


def opens(identity, sealed, tmp_path):
    """Whether the stock age opens it with this identity file."""
    file = tmp_path / f"{time.monotonic_ns()}.age"
    file.write_bytes(sealed)
    return subprocess.run(["age", "-d", "-i", str(identity), str(file)], capture_output=True, check=False).returncode == 0


def test_a_seized_device(org, tmp_path):
    org.run("desk add", "legal", "--title", "Legal", "--admission", "open")
    amina, bela, noor = org.officer("amina"), org.officer("bela"), org.officer("noor", desk=f"{org.desk},legal")
    facts = {"envelope": {"desk": "legal"}, "committed": {"desk": "legal"}}
    lena = org.officer("lena", desk="legal")
    reports = [SealedReport(org, summary=f"Number {number}.") for number in range(3)]
    legal = SealedReport(org, recipients=org.roster().recipients("legal"), **facts)
    for sealed in reports:
        assert sealed.put().status == 201
    assert legal.put(desk="legal").status == 201
    amina.run("ack", reports[0].id)
    amina.run("close", reports[0].id, "--reason", "SAFE")
    seized = noor.home / "identity.age"
    assert opens(seized, stored(amina, reports[0].id), tmp_path)
    watch = noor.start("watch")
    wait_until(lambda: len(watch.documents()) == 3, 20, "her alerts")

    removed = org.run("officer remove", "noor")
    for word in ("roster publish", "clarion-officer rewrap", "clarion-admin status"):
        assert word in removed.err
    org.publish()

    # Refused at once, also where she was waiting already.
    assert watch.process.wait(20) == EX_NOPERM
    for verb in (("pull",), ("open", reports[1].id, "--out", tmp_path / "no"), ("fetch", reports[1].id, tmp_path / "no.age"), ("rewrap",)):
        noor.run(*verb, expect=EX_NOPERM)
    for method, path in (("GET", f"desks/{org.desk}/alerts?wait=30"), ("GET", f"reports/{reports[1].id}"), ("GET", f"desks/{org.desk}/headers")):
        assert noor.call(method, path)[0].status == 403
    late = SealedReport(org)
    assert late.put().status == 201
    assert not opens(seized, stored(amina, late.id), tmp_path)

    # What is left is counted, over all desks, open and closed, and goes down to nothing.
    assert wait_until(lambda: still_old(org) is not None and [still_old(org)], 10, "the count") == [4]
    assert "4 reports have a header older" in org.run("status", json_wanted=False).out
    assert amina.run("rewrap").json == {"done": 3, "failed": 0}
    assert still_old(org) == 1
    assert lena.run("rewrap").json == {"done": 1, "failed": 0}
    assert still_old(org) == 0
    assert bela.run("rewrap").json == {"done": 3, "failed": 0}
    for sealed in reports:
        now = stored(amina, sealed.id)
        assert not opens(seized, now, tmp_path)
        assert opens(amina.home / "identity.age", now, tmp_path) and opens(bela.home / "identity.age", now, tmp_path)
        bela.run("open", sealed.id, "--out", tmp_path / sealed.id)
        # The header that her key opened is nowhere any more.
        state = amina.call("GET", f"reports/{sealed.id}/wrapping")[0]
        assert b'"confirmed":true' in state.body and b'"replaced":""' in state.body


def still_old(org):
    return org.run("status").json["server"]["rewrap"]


def test_she_comes_back_with_another_device(org, tmp_path):
    """Her name is free again, under a key that nobody had to sign; what came meanwhile was never for the old one."""
    amina, noor = org.officer("amina"), org.officer("noor")
    sealed = SealedReport(org)
    sealed.put()
    org.run("officer remove", "noor")
    org.publish()
    lost = noor.home.rename(tmp_path / "lost")
    again = Officer(org, "noor")
    org.run("officer add", "-", "--desk", org.desk, stdin=again.card + "\n")
    org.publish()
    again.join()
    again.run("open", sealed.id, "--out", tmp_path / "no", expect=EX_NOPERM)
    assert amina.run("rewrap").json == {"done": 1, "failed": 0}
    again.run("open", sealed.id, "--out", tmp_path / "out")
    assert not opens(lost / "identity.age", stored(amina, sealed.id), tmp_path)


def exposed(org, officer, admin_file):
    return {each["report"]: each for each in officer.run("exposed", admin_file).json["reports"]}


def test_what_she_can_have_read_is_told(org, tmp_path):
    """From the audit log and the rosters: by the removal itself, by `audit --officer', and by a colleague's tool as a list."""
    org.run("desk add", "legal", "--title", "Legal", "--admission", "open", "--fallback", org.desk)
    amina, lena = org.officer("amina"), org.officer("lena", desk="legal")
    before = SealedReport(org, summary="Before her time.")
    assert before.put().status == 201
    noor = org.officer("noor")
    read, unread = SealedReport(org, summary="One."), SealedReport(org, summary="Two.")
    facts = {"envelope": {"desk": "legal"}, "committed": {"desk": "legal"}}
    legal = SealedReport(org, recipients=org.roster().recipients("legal"), **facts)
    for sealed in (read, unread):
        assert sealed.put().status == 201
    assert legal.put(desk="legal").status == 201
    noor.run("open", read.id, "--out", tmp_path / "opened")

    removed = org.run("officer remove", "noor")
    told = removed.json["reads"]
    tag = hashlib.sha256(f"clarion-report/1\n{read.id}\n".encode()).hexdigest()
    assert [(each["tag"], each["first"] <= each["last"]) for each in told["reports"]] == [(tag, True)]
    assert told["read"] == 1 and told["whole"] is True and told["gaps"] == [] and told["unnamed"] == 0
    assert {(desk["desk"], desk["fallback"], desk["until"]) for desk in told["desks"]} == {(org.desk, False, None), ("legal", True, None)}
    assert "Fetched by her, as the audit log tells: 1 report\n" in removed.err
    org.publish()
    later = SealedReport(org, summary="After her time.")
    assert later.put().status == 201

    reads = tmp_path / "noor.reads"
    shown = org.run("audit", "--officer", "noor", "--out", reads).json
    assert all(desk["until"] is not None for desk in shown["desks"]) and shown["reports"] == told["reports"]
    assert read.id not in reads.read_text(), "an admin's file names no report"
    hers = exposed(org, amina, reads)
    assert {read.id, unread.id} <= set(hers)
    assert hers[read.id]["read"] is True and hers[read.id]["first"] is not None
    assert hers[unread.id]["read"] is False and hers[unread.id]["first"] is None
    other = lena.run("exposed", reads).json
    assert [(each["report"], each["read"]) for each in other["reports"]] == [(legal.id, False)] and other["elsewhere"] == 1
    assert "noor has read 1, and could open all" in amina.run("exposed", reads, json_wanted=False).out
    org.run("audit", "--officer", "nobody", expect=EX_NOINPUT)
    org.run("audit", "--officer", "noor", "--out", reads, expect=EX_CANTCREAT)
    reads.chmod(0o600)
    reads.write_text("something else\n")
    amina.run("exposed", reads, expect=EX_DATAERR)


def test_the_times_of_her_service_and_what_was_wrapped_for_her(clock_build, tmp_path):
    """With days between: what came before and after her isn't listed, but what was wrapped again for her is."""
    org = Organisation(tmp_path, build=clock_build)
    amina = org.officer("amina")
    old = SealedReport(org, summary="Old.")
    assert old.put().status == 201
    org.shift_clock(days=2)
    noor = org.officer("noor")
    hers = SealedReport(org, summary="Hers.")
    assert hers.put().status == 201
    late = SealedReport(org, summary="Sealed to her, and on its way for two days.")
    org.shift_clock(days=4)
    org.run("officer remove", "noor")
    org.run("roster sign")
    # It waits for whoever is to publish it: until it is in force everything is sealed to her.
    org.shift_clock(days=5)
    between = SealedReport(org, summary="While the draft waited.")
    assert between.put().status == 201
    org.publish()
    org.shift_clock(days=6)
    after = SealedReport(org, summary="After.")
    for sealed in (after, late):
        assert sealed.put().status == 201
    reads = tmp_path / "reads"
    org.run("audit", "--officer", "noor", "--out", reads)
    assert set(exposed(org, amina, reads)) == {hers.id, between.id, late.id}

    noor_again = Officer(org, "noor-two")
    org.run("officer add", "-", "--desk", org.desk, stdin=noor_again.card + "\n")
    org.publish()
    assert amina.run("rewrap").json["failed"] == 0
    again = tmp_path / "again"
    org.run("audit", "--officer", "noor", "--out", again)
    assert set(exposed(org, amina, again)) == {hers.id, between.id}, "what she could have fetched, whatever its header is now"
    org.run("officer remove", "noor-two")
    org.publish()
    second = tmp_path / "second"
    org.run("audit", "--officer", "noor-two", "--out", second)
    assert {old.id, hers.id, late.id, after.id} <= set(exposed(org, amina, second))


def test_what_other_desks_had_meanwhile_is_not_hers(org, tmp_path):
    """A report that another desk's officers wrapped again was never sealed to her; one that her desk had, and gave away since, was."""
    org.run("desk add", "legal", "--title", "Legal", "--admission", "open")
    amina = org.officer("amina", desk=f"{org.desk},legal")
    org.officer("noor")
    facts = {"envelope": {"desk": "legal"}, "committed": {"desk": "legal"}}
    other = SealedReport(org, recipients=org.roster().recipients("legal"), **facts)
    assert other.put(desk="legal").status == 201
    moved = org.defender("nadia").report(consent={"refer": {"state": "Y"}})["id"]
    org.officer("lena", desk="legal")
    assert amina.run("rewrap").json == {"done": 2, "failed": 0}
    org.run("officer remove", "noor")
    org.publish()
    reads = tmp_path / "noor.reads"
    org.run("audit", "--officer", "noor", "--out", reads)
    assert set(exposed(org, amina, reads)) == {moved}
    for words in (["ack", moved], ["triage", moved, "Ask.", "--risk", "4,3,1"], ["activate", moved, "Ask.", "--due", "+1h"], ["transfer", moved, "--desk", "legal"],
                  ["accept", moved]):
        amina.run(*words)
    org.run("audit", "--officer", "noor", "--out", tmp_path / "later.reads")
    assert {(each["report"], each["desk"]) for each in amina.run("exposed", tmp_path / "later.reads").json["reports"]} == {(moved, "legal")}


def test_a_log_that_was_cut_says_so(org, tmp_path):
    amina, noor = org.officer("amina"), org.officer("noor")
    sealed = SealedReport(org)
    assert sealed.put().status == 201
    org.stop_daemon()
    store = org.home / "daemon" / "store"
    shutil.copytree(store, tmp_path / "copy")
    org.start_daemon()
    noor.run("fetch", sealed.id, tmp_path / "fetched.age")
    assert org.run("audit", "--officer", "noor").json["read"] == 1
    org.stop_daemon()
    shutil.rmtree(store)
    shutil.copytree(tmp_path / "copy", store)
    org.start_daemon()
    reads = tmp_path / "reads"
    cut = org.run("audit", "--officer", "noor", "--out", reads, expect=EX_PROTOCOL)
    assert "ALARM" in cut.err and cut.json["whole"] is False and cut.json["read"] == 0
    assert "she may have read more than it tells" in cut.err
    found = amina.run("exposed", reads).json
    assert found["complete"] is False and [each["report"] for each in found["reports"]] == [sealed.id]
    assert "ALARM" in org.run("officer remove", "noor").err
