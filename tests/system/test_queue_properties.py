"""The queue under any order of reports, crashes, retries and answers: every report is accepted exactly once, or still queued."""

import os
import random
import subprocess
import tempfile
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from helpers import middleman, programs
from helpers.cutting import DIRECTIONS, CuttingLine, Submissions
from helpers.organisation import Organisation

# A few walks in the suite; CLARION_QUEUE_WALKS asks for more.
HARMS = st.sampled_from(("cut", "corrupt", None))
WALKS, STEPS = int(os.environ.get("CLARION_QUEUE_WALKS", "3")), 8


class Queue(RuleBasedStateMachine):
    """What she, the line and the power do, in any order. The organisation is the same in all walks; each has a carrier of its own."""

    org = amina = line = None

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed):
        self.dice = random.Random(seed)
        self.submissions = Submissions(Queue.org, Path(tempfile.mkdtemp(dir=Queue.org.folder)), line=Queue.line)

    def arm(self, kind, direction):
        Queue.line.arm(kind, direction, self.dice.randrange({"up": 12000, "down": 1100}[direction]))

    def there(self):
        return [alert["report"] for alert in Queue.amina.alerts()]

    def reports(self):
        return self.submissions.accepted + self.submissions.queued

    @rule(kind=HARMS, direction=st.sampled_from(DIRECTIONS))
    def report(self, kind, direction):
        """A report over a line that may do harm; its answer may be lost."""
        self.arm(kind, direction)
        self.submissions.carry()

    @rule(kind=HARMS, direction=st.sampled_from(DIRECTIONS))
    def send(self, kind, direction):
        """What is queued is tried again, over a line that may do harm. What is told of it is true."""
        self.arm(kind, direction)
        done = self.submissions.carrier.run("send", expect=None)
        assert done.json["sent"] + done.json["queued"] <= len(self.reports()) and (done.code == 0) == (done.json["queued"] == 0), done
        there = self.there()
        assert sum(report not in there for report in self.reports()) <= done.json["queued"], done

    @rule(moment=st.floats(0, 0.3))
    def crash(self, moment):
        """The program is killed while it sends."""
        Queue.line.arm(None)
        process = subprocess.Popen(self.submissions.carrier.command("send"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=programs.clean_environment())
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @rule()
    def daemon_crash(self):
        Queue.org.kill_daemon()
        Queue.org.start_daemon()

    @invariant()
    def what_she_was_told_is_true(self):
        if hasattr(self, "submissions"):
            there = self.there()
            assert len(there) == len(set(there)) and set(self.submissions.accepted) <= set(there)

    def teardown(self):
        if hasattr(self, "submissions"):
            Queue.line.arm(None)
            assert self.submissions.carrier.run("send").json["queued"] == 0
            there = self.there()
            assert all(there.count(report) == 1 for report in self.reports())
            assert self.submissions.carrier.run("send").json == {"sent": 0, "queued": 0}


def test_any_order(tmp_path):
    org = Organisation(tmp_path)
    Queue.org, Queue.amina = org, org.officer("amina")
    middleman.move_daemon_behind(org)
    Queue.line = CuttingLine(org)
    try:
        hypothesis.stateful.run_state_machine_as_test(Queue, settings=settings(
            max_examples=WALKS, stateful_step_count=STEPS, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck)))
    finally:
        Queue.line.close()
        programs.stop(org.process)
