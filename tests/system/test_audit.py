"""The audit log: who did what, in a chain whose head everybody's tool remembers."""

import hashlib
import json
import os
import shutil

import pytest
from nacl.signing import SigningKey

from helpers import signing, wire
from helpers.organisation import Organisation
from helpers.programs import EX_NOPERM, EX_PROTOCOL
from helpers.signing import verifies

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

ZEROS = "0" * 64


def sha256_lines(*lines):
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def tag(report):
    return sha256_lines("clarion-report/1", report)


@pytest.fixture
def org(tmp_path):
    organisation = Organisation(tmp_path)
    organisation.officer("amina")
    yield organisation
    if organisation.process is not None and organisation.process.poll() is None:
        organisation.stop_daemon()


def read(officer, report, **how):
    officer.run("fetch", report, officer.home.parent / f"{officer.name}-{os.urandom(4).hex()}.age", **how)


def entries(org, kind=None):
    return [entry for entry in org.run("audit").json["entries"] if kind in (None, entry["kind"])]


def test_rosters_reads_and_refusals_are_entries(org):
    amina, maria = org.officers["amina"], org.defender("maria")
    report = maria.report()["id"]
    read(amina, report)
    org.add_desk("legal")
    other = org.officer("binta", desk="legal")
    read(other, report, expect=EX_NOPERM)
    log = entries(org)
    assert [entry["number"] for entry in log] == list(range(1, len(log) + 1))
    version = org.roster().version
    assert [entry["subject"] for entry in log if entry["kind"] == "roster"] == [str(n) for n in range(1, version + 1)]
    reads = [entry for entry in log if entry["kind"] == "read"]
    assert [(entry["actor"], entry["subject"]) for entry in reads] == [("amina", tag(report))]
    refusals = [entry for entry in log if entry["kind"] == "refused"]
    assert refusals and all(entry["actor"] == "binta" and entry["subject"] in (tag(report), None) for entry in refusals)


def test_invitations_and_new_headers_are_entries(org):
    amina, maria = org.officers["amina"], org.defender("maria")
    org.run("desk add", "legal", "--title", "The legal desk", "--admission", "token")
    org.publish()
    org.run("invite", "--desk", "legal", "--count", "3")
    report = maria.report()["id"]
    org.officer("binta")
    amina.run("rewrap")
    log = entries(org)
    assert [(entry["actor"], entry["details"]) for entry in log if entry["kind"] == "invite"] == [("admin", "3")]
    assert [(entry["actor"], entry["subject"]) for entry in log if entry["kind"] == "rewrap"] == [("amina", tag(report))]


def test_nothing_in_it_is_about_a_defender(org):
    amina, maria = org.officers["amina"], org.defender("maria")
    before = len(entries(org))
    sent = maria.report()
    maria.inbox(sent["receipt"])
    amina.alerts()
    assert len(entries(org)) == before
    read(amina, sent["id"])
    text = json.dumps(org.run("audit").json)
    assert sent["id"] not in text and "maria" not in text
    assert tag(sent["id"]) in text  # so that the line above could fail


def test_the_chain_as_the_protocol_tells_it(org):
    """A second implementation, from docs/protocol.md."""
    amina = org.officers["amina"]
    read(amina, org.defender("maria").report()["id"])
    page = json.loads(call(org, org.home, "audit").body)
    previous = ZEROS
    for entry in page["entries"]:
        assert entry["previous"] == previous
        digest = sha256_lines("clarion-audit-entry/1", entry["number"], entry["time"], entry["kind"], entry["actor"] or "-",
                              entry["key"] or "-", entry["subject"] or "-", entry["details"], entry["salt"])
        previous = sha256_lines("clarion-audit-link/1", previous, digest)
    head = page["head"]
    assert (head["number"], head["hash"], page["more"]) == (len(page["entries"]), previous, False)
    roster = org.roster()
    lines = ["clarion-audit/1", roster.fingerprint, head["number"], head["hash"], head["time"]]
    assert verifies(roster.receipt_key, lines, head["signature"])
    assert not verifies(roster.receipt_key, [*lines[:2], head["number"] + 1, *lines[3:]], head["signature"])


def call(org, home, path):
    target = f"{org.base_path}/v1/{path}"
    key = signing.identity_of(home)[0]
    return wire.request(org.port, "GET", target, signing.signed_headers(key, "GET", org.authority, target))


def test_officers_see_the_chain_and_not_the_entries(org):
    amina = org.officers["amina"]
    answer = call(org, amina.home, "audit")
    assert answer.status == 403
    answer = call(org, amina.home, "audit/head?after=0")
    assert answer.status == 200 and b"roster" not in answer.body
    links = json.loads(answer.body)
    previous = ZEROS
    for digest in links["links"]:
        previous = sha256_lines("clarion-audit-link/1", previous, digest)
    assert previous == links["head"]["hash"]


def test_verify_says_that_it_is_whole(org):
    result = org.run("audit", "--verify")
    assert result.json["verified"] is True and result.json["number"] == len(result.json["entries"])
    plain = org.run("audit", "--verify", json_wanted=False)
    assert plain.out.count("\n") == 1 and result.json["hash"] in plain.out


def store_of(org):
    return org.home / "daemon" / "store"


def go_back(org, where):
    """The database as it was when it was copied."""
    org.stop_daemon()
    shutil.rmtree(store_of(org))
    shutil.copytree(where, store_of(org))
    org.start_daemon()


def copy_store(org, where):
    org.stop_daemon()
    shutil.copytree(store_of(org), where)
    org.start_daemon()


def test_a_log_that_was_cut_is_an_alarm_for_everybody(org, tmp_path):
    amina, maria = org.officers["amina"], org.defender("maria")
    copy_store(org, tmp_path / "copy")
    read(amina, maria.report()["id"])
    amina.run("pull")
    org.run("status")
    go_back(org, tmp_path / "copy")
    for person, verb in ((amina, ["pull"]), (org, ["status"]), (org, ["audit"]), (org, ["audit", "--verify"])):
        result = person.run(*verb, expect=EX_PROTOCOL)
        assert "ALARM" in result.err and "cut or replaced" in result.err
    # Whoever saw nothing of it can't know.
    (amina.home / "audit-head").unlink()
    amina.run("pull")


def test_a_fork_is_an_alarm_even_where_it_is_longer(org, tmp_path):
    amina, maria = org.officers["amina"], org.defender("maria")
    copy_store(org, tmp_path / "copy")
    reports = [maria.report()["id"] for _ in range(3)]
    read(amina, reports[0])
    amina.run("pull")
    org.run("audit")
    go_back(org, tmp_path / "copy")
    for report in [maria.report()["id"] for _ in range(3)]:
        read(amina, report)
    assert "ALARM" in amina.run("pull", expect=EX_PROTOCOL).err
    assert "ALARM" in org.run("audit", "--verify", expect=EX_PROTOCOL).err


def test_alerts_are_shown_in_spite_of_an_alarm(org, tmp_path):
    amina, maria = org.officers["amina"], org.defender("maria")
    copy_store(org, tmp_path / "copy")
    read(amina, maria.report()["id"])
    amina.run("pull")
    go_back(org, tmp_path / "copy")
    report = maria.report()["id"]
    assert [alert["report"] for alert in amina.run("pull", expect=EX_PROTOCOL).json["alerts"]] == [report]


def test_what_was_acknowledged_survives_a_kill(org):
    amina, maria = org.officers["amina"], org.defender("maria")
    report = maria.report()["id"]
    read(amina, report)
    org.kill_daemon()
    org.start_daemon()
    assert [entry["subject"] for entry in entries(org, "read")] == [tag(report)]


def test_a_stranger_fills_no_log(org):
    before = len(entries(org))
    target = f"{org.base_path}/v1/status"
    for _ in range(20):
        headers = signing.signed_headers(SigningKey.generate(), "GET", org.authority, target)
        assert wire.request(org.port, "GET", target, headers).status == 403
        assert wire.request(org.port, "GET", target).status == 401
    log = entries(org)
    assert len(log) == before + 2
    assert log[-2]["kind"] == "refused" and log[-2]["actor"] is None and log[-1]["details"] == "39 more"
    assert log[-1]["key"] is None


def test_many_entries_in_pages(org):
    """More entries than a page holds, and more than a page of links."""
    amina = org.officers["amina"]
    amina.run("pull")
    people = [amina, *(org.officer(f"officer-{n}", join=False) for n in range(5))]
    reports = []
    for n in range(90):
        report, sealed = org.seal(f"report {n}")
        assert org.put(report, sealed).status == 201
        reports.append(report)
    for report in reports:
        for person in people:
            assert person.call("GET", f"reports/{report}")[0].status == 200
            assert person.call("GET", f"reports/{report}/header")[0].status == 200
    amina.run("pull")
    result = org.run("audit", "--verify").json
    assert result["verified"] and sum(entry["kind"] == "read" for entry in result["entries"]) == 1080
