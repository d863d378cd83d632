"""Counting: what may be counted, each person once, closed reports too; and nothing that tells who it was."""

import json
import re
import subprocess

import pytest
from helpers.organisation import Organisation
from helpers.programs import EX_NOPERM, EX_USAGE, wait_until
from helpers.sealing import SealedReport

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

EX_CANTCREAT = 73
ACT = {"kind": "DET.01", "person_ref": "P1", "perp_ref": "A1"}


def persons(count):
    return [{"ref": f"P{at}", "unit": "IND", "category": "HRD", "gender": "F" if at % 2 else "M", "age_band": "C", "status_now": "DETN"}
            for at in range(1, count + 1)]


def fill(org, count, people=8, consent="Y", **more):
    """So many reports of arrests by the police; sealed in Python, because that is faster."""
    ids = []
    for _ in range(count):
        content = {"link_to_work": "YES", "consent": {"stats": {"state": consent}}, "persons": persons(people),
                   "perpetrators": [{"ref": "A1", "type": "ST.POL"}],
                   "acts": [{**ACT, "person_ref": f"P{at}"} for at in range(1, people + 1)], "needs": ["LEG"], **more}
        sealed = SealedReport(org, content=content)
        assert sealed.put().status == 201
        ids.append(sealed.id)
    return ids


def table_of(stats, name):
    (table,) = [table for table in stats["tables"] if table["id"] == name]
    return {row: dict(zip(table["columns"], cells)) for row, cells in zip(table["rows"], table["cells"])}


def test_victims_by_act_and_gender(org):
    amina = org.officer("amina")
    fill(org, 6)
    stats = amina.run("stats").json
    reported = table_of(stats, "S2-gender")["4 arbitrary detention"]
    assert reported["F"] == 25 and reported["M"] == 25 and reported["total"] == 50, "24 and 24, rounded"
    assert all(cell == "<10" for row in table_of(stats, "S1-gender").values() for cell in row.values()), "nothing is verified"
    assert table_of(stats, "S2-perpetrator")["4 arbitrary detention"]["ST"] == 50
    assert "not prevalence" in stats["caveat"] and stats["threshold"] == 10


def test_closed_and_verified_ones_are_counted_and_repeated_ones_once(org):
    amina = org.officer("amina")
    first = fill(org, 6)
    fill(org, 3, links=[{"report_id": first[0], "rel": "FOLLOWUP"}])
    for report in first[:4]:
        amina.run("ack", report)
        amina.run("note", report, "Two sources.", "--verification", "VERIFIED")
    amina.run("close", first[0], "--reason", "SAFE")
    amina.run("close", first[1], "--reason", "DUP")
    stats = amina.run("stats").json
    verified = table_of(stats, "S1-gender")["4 arbitrary detention"]
    assert verified["total"] == 25, "24 of three: the duplicate is another's, the closed one counts"
    assert table_of(stats, "S2-gender")["4 arbitrary detention"]["total"] == 15, "16 of two"


def test_nobody_is_counted_without_her_word(org):
    amina = org.officer("amina")
    fill(org, 4, consent="N")
    fill(org, 3, consent="ASK")
    stats = amina.run("stats").json
    for name in ("S2-gender", "S3", "S6", "S8", "trend"):
        assert all(cell in ("<10", "*") for row in table_of(stats, name).values() for cell in row.values()), name


def test_small_counts_tell_nothing_in_any_form(org, tmp_path):
    """One person of a kind among many: in no file may her one be read, or computed."""
    amina = org.officer("amina")
    fill(org, 6)
    fill(org, 1, people=1, acts=[{**ACT, "kind": "SXV.01"}])
    page, numbers = tmp_path / "situation.html", tmp_path / "situation.csv"
    stats = amina.run("stats", "--html", page, "--csv", numbers).json
    sexual = table_of(stats, "S4")
    assert set(sexual["RA rape"].values()) == {"<10"}
    for text in (page.read_text(), numbers.read_text(), json.dumps(stats)):
        counts = [int(number) for number in re.findall(r"(?:,|<td>| )(\d+)(?=[,\n<\]])", text)]
        assert counts and all(number % 5 == 0 or number in (10, stats["threshold"]) for number in counts)


def test_the_page_stands_alone(org, tmp_path):
    amina = org.officer("amina")
    fill(org, 4)
    page = tmp_path / "situation.html"
    amina.run("stats", "--html", page)
    text = page.read_text()
    for what in ("<script", "http:", "https:", "src=", "@import", "url("):
        assert what not in text
    assert text.count("<table>") == text.count("</table>") >= 20 and "<svg" in text and 'lang="en"' in text
    done = subprocess.run(["xmllint", "--html", "--noout", str(page)], capture_output=True, check=False) if has("xmllint") else None
    assert done is None or done.returncode in (0, 1)
    again = amina.run("stats", "--html", page, expect=EX_CANTCREAT)
    assert "there already" in again.err and page.read_text() == text


def has(tool):
    return subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("bad", [["--threshold", "9"], ["--threshold", "x"], ["--from", "yesterday"], ["--to", "2026-02-30"],
                                 ["--from", "2027-01-01", "--to", "2026-01-01"]])
def test_what_is_wrong_is_said(org, bad):
    amina = org.officer("amina")
    amina.run("stats", *bad, expect=EX_USAGE)


def test_the_period_is_made_of_whole_quarters(org):
    amina = org.officer("amina")
    fill(org, 2)
    stats = amina.run("stats", "--from", "2020-02-10", "--to", "2020-05-11").json
    assert (stats["from"], stats["to"]) == ("2020-01-01", "2020-06-30")
    assert table_of(stats, "S2-gender")["4 arbitrary detention"]["total"] == "<10", "they came later"
    assert [row for row in table_of(stats, "trend")] == ["2020 Q1", "2020 Q2", "total"]


def test_what_was_given_out_is_given_out_again_and_in_no_other_cut(org, tmp_path):
    amina = org.officer("amina")
    half = ["--from", "2020-01-01", "--to", "2020-06-30"]
    first = amina.run("stats", *half).json
    assert first["provisional"] is False and len(first["sha256"]) == 64 and first["label"] == "TLP:GREEN"
    assert (first["reprisals"]["from"], first["reprisals"]["to"]) == ("2019-05-01", "2020-04-30")
    assert amina.run("stats", *half).json == first
    page = tmp_path / "page.html"
    refused = amina.run("stats", "--from", "2020-04-01", "--to", "2020-09-30", "--html", page, expect=EX_NOPERM)
    assert "from 2020-01-01 to 2020-06-30: ask for that period" in refused.err and not page.exists()
    assert "--threshold" in amina.run("stats", *half, "--threshold", "20", expect=EX_NOPERM).err
    behind = amina.run("stats", "--from", "2020-07-01", "--to", "2020-09-30").json
    assert behind["sha256"] != first["sha256"] and behind["reprisals"] == first["reprisals"], "the same year of reprisals"
    running = amina.run("stats")
    assert running.json["provisional"] is True and running.json["sha256"] is None and running.json["label"] == "TLP:AMBER+STRICT"
    assert "for this desk only" in running.err


def test_what_retention_destroyed_is_counted_and_what_was_destroyed_by_hand_is_not(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    org.run("desk change", org.desk, "--retention-days", "1")
    org.publish()
    amina = org.officer("amina")
    ids = fill(org, 4)
    for report in ids[:3]:
        amina.run("ack", report)
        amina.run("close", report, "--reason", "SAFE")
    assert table_of(amina.run("stats").json, "S2-gender")["4 arbitrary detention"]["total"] == 30, "32, rounded"
    org.run("destroy", ids[0])
    org.shift_clock(days=2)
    wait_until(lambda: org.log().count("why=retention") == 2, 30, "the end of what was kept")
    stats = wait_until(lambda: try_stats(amina), 10, "the end of the transaction")
    assert table_of(stats, "S2-gender")["4 arbitrary detention"]["total"] == 25, "24: two that retention destroyed, one that is there"
    (kept,) = amina.home.glob("extracts-*")
    assert kept.read_bytes().startswith(b"age-encryption.org/v1") and ids[1].encode() not in kept.read_bytes()
    org.stop_daemon()


def try_stats(officer):
    """The log tells of an end before it is committed."""
    stats = officer.run("stats").json
    return stats if table_of(stats, "S2-gender")["4 arbitrary detention"]["total"] == 25 else None


def test_answers_and_needs(org):
    amina = org.officer("amina")
    ids = fill(org, 12, people=1)
    for report in ids[:11]:
        amina.run("ack", report)
        amina.run("note", report, "A lawyer went there.", "--need", "LEG", "--outcome", "OWN")
    stats = amina.run("stats").json
    assert table_of(stats, "S8")["LEG"]["total"] == 10, "12, rounded"
    assert table_of(stats, "S7")["urgent"]["total"] == 10
    assert stats["hours_to_acknowledge"]["urgent"] is not None and stats["hours_to_acknowledge"]["record"] is None


def test_what_she_cannot_open_is_told_and_left_out(org):
    amina = org.officer("amina")
    fill(org, 4)
    late = org.officer("late")
    told = late.run("stats")
    assert "4 reports" in told.err
    assert table_of(told.json, "S2-gender")["4 arbitrary detention"]["total"] == "<10"
    assert table_of(amina.run("stats").json, "S2-gender")["4 arbitrary detention"]["total"] == 30, "32, rounded"
