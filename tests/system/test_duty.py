"""The weekly rota of a desk, and alerts that climb, as officers and the server's operator meet them."""

import datetime

from helpers.organisation import Organisation
from helpers.programs import EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_USAGE, wait_until

MINUTE = 60


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_a_rota_is_written_seen_and_changed_by_colleagues(tmp_path):
    org = Organisation(tmp_path)
    amina, nora = org.officer("amina"), org.officer("nora")
    amina.run("duty show", expect=EX_NOINPUT)
    assert amina.run("duty now").json == {"desk": org.desk, "on_duty": [], "next": None}
    amina.run("duty set", "--from", "08:00", "--to", "25:00", expect=EX_USAGE)
    amina.run("duty set", "--from", "08:00", "--to", "16:00", "--zone", "Europe/Atlantis", expect=EX_DATAERR)
    amina.run("duty set", "--from", "08:00", "--to", "16:00", "--desk", "other", expect=EX_NOPERM)
    # All day, so that she is on duty whenever this test runs.
    assert amina.run("duty set", "--from", "00:00", "--to", "00:00").json == {"desk": org.desk, "number": 1}
    nora.run("duty set", "--from", "08:00", "--to", "16:00", "--days", "mon,wed", "--zone", "Asia/Manila")
    nora.run("duty add", "--from", "22:00", "--to", "06:00", "--days", "sat", "--zone", "Asia/Manila")
    shown = amina.run("duty show").json
    assert shown["number"] == 3
    assert shown["shifts"] == [
        {"days": "daily", "from": "00:00", "officer": "amina", "to": "00:00", "zone": "UTC"},
        {"days": "mon,wed", "from": "08:00", "officer": "nora", "to": "16:00", "zone": "Asia/Manila"},
        {"days": "sat", "from": "22:00", "officer": "nora", "to": "06:00", "zone": "Asia/Manila"}]
    noras = [duty for duty in shown["duties"] if duty["officer"] == "nora"]
    assert len(noras) in range(37, 42)
    assert {(parse(duty["from"]).hour, parse(duty["to"]) - parse(duty["from"])) for duty in noras} == {
        (0, datetime.timedelta(hours=8)), (14, datetime.timedelta(hours=8))}
    now = nora.run("duty now").json
    assert "amina" in now["on_duty"] and now["next"] is not None
    # What officers wrote is sealed: the server has names and times, and no place.
    answer, _ = amina.call("GET", f"desks/{org.desk}/rota")
    assert answer.status == 200 and b"Manila" not in answer.body and b"nora" in answer.body
    # Away for an hour: nobody's duty then, and hers again once she is back.
    amina.run("duty away", expect=EX_USAGE)
    amina.run("duty away", "--until", "+0m", expect=EX_DATAERR)
    amina.run("duty away", "--until", "+1h")
    assert "amina" not in nora.run("duty now").json["on_duty"]
    assert [absence["officer"] for absence in nora.run("duty show").json["absences"]] == ["amina"]
    amina.run("duty back")
    assert "amina" in nora.run("duty now").json["on_duty"]
    amina.run("duty clear")
    assert amina.run("duty now").json["on_duty"] in ([], ["nora"])
    # A new colleague can't read what was written before she came; any of the others changes that.
    zoe = org.officer("zoe")
    zoe.run("duty set", "--from", "08:00", "--to", "16:00", expect=EX_NOPERM)
    nora.run("duty renew")
    zoe.run("duty set", "--from", "08:00", "--to", "16:00")
    assert {shift["officer"] for shift in zoe.run("duty show").json["shifts"]} == {"nora", "zoe"}


def alert_of(officer, report):
    return next((alert for alert in officer.alerts() if alert["report"] == report), None)


def test_an_alert_climbs_to_the_fallback_desk_which_takes_it(clock_build, tmp_path):
    org = Organisation(tmp_path, build=clock_build)
    org.add_desk("regional")
    org.run("desk add", "field", "--title", "The field desk", "--admission", "open", "--fallback", "regional")
    org.desk = "field"
    amina, rosa = org.officer("amina", desk="field"), org.officer("rosa", desk="regional")
    watch = rosa.start("watch")
    report = org.defender("sara").report(urgency="immediate")["id"]
    assert "tier" not in alert_of(amina, report), "it has not climbed yet"
    assert rosa.alerts() == []
    rosa.run("open", report, "--out", tmp_path / "early", expect=EX_NOPERM)
    org.shift_clock(seconds=30 * MINUTE)
    wait_until(lambda: alert_of(amina, report).get("tier") == 3, 30, "the climb to tier 3")
    org.kill_daemon()
    org.shift_clock(seconds=61 * MINUTE)
    org.start_daemon()
    wait_until(lambda: alert_of(amina, report).get("escalation") in ("fallback", "unanswered"), 30, "the fallback desk")
    heard = watch.wait_for(lambda line: line["report"] == report, 60)
    assert heard["desk"] == "field" and heard["tier"] == 4 and heard["due"] is not None
    watch.stop()
    assert alert_of(rosa, report)["desk"] == "field"
    assert rosa.run("open", report, "--out", tmp_path / "late").json["summary"]
    assert rosa.run("ack", report).json["state"] == "ack"
    assert alert_of(amina, report)["due"] is None
    kinds = [entry["kind"] for entry in org.run("audit").json["entries"]]
    assert kinds.count("climbed") == 2
