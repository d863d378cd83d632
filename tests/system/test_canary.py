"""Tests of the whole path: canaries, which a tool answers, and drills, which people answer. On the wire both look like any report."""

import json
import re
import time

import pytest

from helpers.middleman import Middleman, move_daemon_behind
from helpers.organisation import Organisation
from helpers.programs import EX_CONFIG, EX_DATAERR, EX_UNAVAILABLE, EX_USAGE, program, wait_until


@pytest.fixture
def clocked(tmp_path, clock_build):
    """Its desk asks for tokens: a test gets its own, as anybody does."""
    organisation = Organisation(tmp_path, build=clock_build, admission="token")
    yield organisation
    organisation.stop_daemon()


def try_path(org, verb, *arguments, **how):
    return org.run(verb, "--client", program("clarion", org.build), *arguments, **how)


def uploads(requests):
    shapes = []
    for method, target, headers, body in requests:
        if method == "PUT" and "/reports/" in target:
            target = re.sub(r"/reports/[0-9a-f]{64}", "/reports/ID", re.sub(r"salt=[0-9a-f]{32}", "salt=SALT", target))
            shapes.append((target, {name: re.sub(r'token="[\w-]+"', "TOKEN", value) for name, value in headers.items()}, len(body)))
    return shapes


def test_a_canary_comes_out(clocked, tmp_path):
    amina = clocked.officer("amina")
    watch = amina.start("watch", "--duty")
    assert try_path(clocked, "canary").json == {"waiting": 1, "late": 0, "last": None}
    real = clocked.defender("nadia").report()["id"]
    watch.wait_for(lambda line: line["report"] == real)
    assert [line["report"] for line in watch.documents()] == [real]
    clocked.shift_clock(seconds=2 * 3600 * 0.7)

    def out():
        return try_path(clocked, "canary status").json["last"]
    came = wait_until(out, 60, "the canary")
    assert came["by"] == "amina" and came["urgency"] == "urgent" and 0 < came["seconds"] < 7200
    # One is on its way at a time.
    assert try_path(clocked, "canary").json["waiting"] == 1
    assert try_path(clocked, "canary").json["waiting"] == 1
    watch.stop()


def test_an_alarm_where_it_does_not(clocked, tmp_path):
    clocked.officer("amina")  # nobody's tool is on duty
    woken = tmp_path / "woken"
    try_path(clocked, "canary", "--exec", f"echo alarm >> {woken}")
    assert not woken.exists()
    clocked.shift_clock(seconds=7300)
    late = try_path(clocked, "canary", "--exec", f"echo alarm >> {woken}", expect=EX_UNAVAILABLE)
    assert late.err.splitlines()[-1].startswith("clarion-admin: ALARM: ") and json.loads(late.out)["late"] == 1
    assert woken.read_text() == "alarm\n"
    # The next one is sent all the same, and shows when the path is whole again.
    assert json.loads(late.out)["waiting"] == 2
    clocked.stop_daemon()
    down = try_path(clocked, "canary", "--exec", f"echo alarm >> {woken}", expect=EX_UNAVAILABLE)
    assert "ALARM" in down.err and woken.read_text() == "alarm\nalarm\n"


def test_a_drill_measures_people(org, tmp_path):
    amina = org.officer("amina")
    assert try_path(org, "drill status").json == {"drills": []}
    sent = try_path(org, "drill", "--urgency", "priority").json
    watch = amina.start("watch")
    line = watch.wait_for(lambda line: line["report"] == sent["report"])
    watch.stop()
    # Until it is opened nothing tells.
    assert line["urgency"] == "priority" and "drill" not in json.dumps(line) and line in amina.alerts()
    (waiting,) = try_path(org, "drill status").json["drills"]
    assert waiting["acknowledged"] is None and waiting["seconds"] is None
    assert "THIS IS A DRILL" in amina.run("open", sent["report"], "--out", tmp_path / "opened", json_wanted=False).out
    before = time.time()
    amina.run("ack", sent["report"])
    (done,) = try_path(org, "drill status").json["drills"]
    assert done["by"] == "amina" and 0 <= done["seconds"] <= before - line_time(sent) + 60
    assert "amina" in try_path(org, "drill status", json_wanted=False).out


def line_time(sent):
    return time.mktime(time.strptime(sent["sent"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


def test_on_the_wire_they_are_reports(tmp_path):
    org = Organisation(tmp_path, admission="token")
    org.officer("amina")
    nadia = org.defender("nadia")
    move_daemon_behind(org)
    with Middleman(org, lambda *_: None) as server:
        nadia.report(urgency="urgent")
        try_path(org, "canary")
        try_path(org, "drill")
    real, canary, drill = uploads(server.requests)
    assert real == canary == drill
    org.stop_daemon()


def test_what_is_wrong_is_said(org):
    org.officer("amina")
    org.ensure_running()
    try_path(org, "canary", "--desk", "nowhere", expect=EX_DATAERR)
    try_path(org, "drill", "--urgency", "soon", expect=EX_USAGE)
    assert "--client" in org.run("drill", "--client", org.folder / "nothing", expect=EX_CONFIG).err
