"""A lost or seized officer device: what the admin is told to do, that it works at once, and what it leaves."""

import subprocess
import time

from helpers.organisation import Officer
from helpers.programs import EX_NOPERM, wait_until
from helpers.sealing import SealedReport


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
