"""The roster's end: announced to admins ahead of time, in the log once a step, and an expired one is refused."""

import json
import re

from helpers.organisation import Defender, Organisation
from helpers.programs import EX_PROTOCOL, wait_until


def told(org):
    """(version, days) of each announcement in the log; 0 days for the end itself."""
    lines = re.findall(r"event=roster_(expires|expired) version=(\d+)(?: days=(\d+))?", org.log())
    return [(int(version), int(days or 0)) for _, version, days in lines]


def wait_for(org, announcements):
    wait_until(lambda: told(org) == announcements or len(told(org)) > len(announcements), 20, f"{announcements}, got {told(org)}")
    assert told(org) == announcements


def test_each_step_is_logged_once(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    org.start_daemon()
    org.shift_clock(days=15)
    assert org.get("roster").status == 200
    assert told(org) == [], "half of its life is before it"
    steps = []
    for day, step in ((16.5, 14), (23.5, 7), (27.5, 3), (29.5, 1), (30.5, 0)):
        org.shift_clock(days=day)
        steps.append((1, step))
        wait_for(org, steps)
        if step in (7, 1):
            org.stop_daemon()
            org.start_daemon()
            wait_for(org, steps)
    org.publish()
    org.shift_clock(days=47.5)
    wait_for(org, [*steps, (2, 14)])
    org.kill_daemon()
    org.start_daemon()
    org.shift_clock(days=55)
    wait_for(org, [*steps, (2, 14), (2, 7)])


def test_status_announces(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    org.publish()
    org.start_daemon()
    for day, notice, left in ((0.1, None, 30), (10, None, 20), (16.1, 14, 14), (23.1, 7, 7), (27.1, 3, 3), (29.1, 1, 1)):
        org.shift_clock(days=day)
        result = org.run("status", expect=None)
        status = json.loads(result.out)
        assert (status["expiry_notice"], status["days_left"]) == (notice, left), day
        assert ("the roster expires in" in result.err) == (notice is not None) and ("roster publish" in result.err) == (notice is not None)
    org.shift_clock(days=31)
    result = org.run("status", expect=None)
    status = json.loads(result.out)
    assert (status["expiry_notice"], status["days_left"]) == (0, 0) and "expired at" in result.err


def test_an_expired_roster_is_refused(tmp_path, clock_build):
    org = Organisation(tmp_path, build=clock_build)
    amina, nadia = org.officer("amina"), org.defender("nadia")
    invitation = org.invitation("--desk", org.desk)
    org.shift_clock(days=29)
    assert "remind your admin" in amina.run("pull").err
    nadia.report()
    org.shift_clock(days=31)
    for result in (nadia.report(expect=EX_PROTOCOL), amina.run("pull", expect=EX_PROTOCOL), amina.run("watch", expect=EX_PROTOCOL)):
        assert "expired" in result.err and "an admin must publish a new one" in result.err
    Defender(org, "late").join(invitation, expect=EX_PROTOCOL)
    org.publish()
    nadia.report()
    assert len(amina.run("pull").json["alerts"]) == 2
    Defender(org, "late").join(invitation)
