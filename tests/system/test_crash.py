"""kill -9 of every role, and of all of them, at random moments under load: no accepted report is ever lost."""

import json
import os
import random
import secrets
import ssl
import threading
import time

import pytest

from helpers import signing, stock, wire
from helpers.organisation import is_alive, kill_role
from helpers.programs import is_sanitized, wait_until

SENDERS = 4
DISTURBANCES = int(os.environ.get("CLARION_CRASH_ROUNDS", "30"))


class Sender(threading.Thread):
    """Sends sealed reports one after another, tries each again until it is accepted, and keeps the acceptances."""

    def __init__(self, org, roster, files, ended):
        super().__init__(daemon=True)
        self.org, self.roster, self.files, self.ended = org, roster, files, ended
        self.accepted, self.failures = {}, 0
        self.wrong = []

    def run(self):
        """Over and over: a file that is there already is answered with its acceptance again."""
        while not self.ended.is_set() and not self.wrong:
            self.send_all()

    def send_all(self):
        for report, sealed in self.files:
            while not self.ended.is_set():
                try:
                    answer = self.org.put(report, sealed, roster=self.roster.version, timeout=10)
                except (OSError, ssl.SSLError, ConnectionError):
                    self.failures += 1
                    time.sleep(0.02)
                    continue
                if answer.status in (200, 201):
                    self.accepted[report] = json.loads(answer.body)
                    break
                if answer.status != 503:
                    self.wrong.append(answer)
                    return
                self.failures += 1
                time.sleep(0.02)
            if self.ended.is_set():
                return


def sealed_files(org, roster, count):
    """Different files from one that the stock age sealed: only the header is read before an officer opens it, so these
    open too, each to its own text."""
    return [org.seal(summary=f"Report {number} {secrets.token_hex(4)}", recipients=roster.recipients(org.desk)) for number in range(count)]


def run_load(org, disturb, disturbances=DISTURBANCES):
    """Senders at work while disturb(org) is called again and again. Returns the acceptances by report."""
    roster = org.roster()
    count = 150 if is_sanitized(org.build) else 400
    files = sealed_files(org, roster, count)
    ended = threading.Event()
    senders = [Sender(org, roster, files[number::SENDERS], ended) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(disturbances):
        time.sleep(random.uniform(0.02, 0.4))
        disturb(org)
    org.ensure_running()
    org.wait_until_it_answers()
    wait_until(lambda: sum(len(sender.accepted) for sender in senders) > 20, 60, "reports to be accepted")
    ended.set()
    for sender in senders:
        sender.join(30)
    assert [answer for sender in senders for answer in sender.wrong] == []
    accepted = {report: acceptance for sender in senders for report, acceptance in sender.accepted.items()}
    return roster, accepted


def assert_all_there(org, officer, roster, accepted):
    listed = {alert["report"] for alert in officer.alerts()}
    assert set(accepted) <= listed, f"{len(set(accepted) - listed)} accepted reports are lost"
    identity = officer.home / "identity.age"
    file = org.folder / "check.age"
    for report, acceptance in accepted.items():
        assert signing.acceptance_verifies(roster, org.desk, "urgent", acceptance)
        answer, _ = officer.call("GET", f"reports/{report}")
        assert answer.status == 200 and stock.report_id(answer.body) == report
    for report in random.sample(sorted(accepted), min(10, len(accepted))):
        answer, _ = officer.call("GET", f"reports/{report}")
        file.write_bytes(answer.body)
        assert b"Report " in stock.open_sealed(identity, file)
        assert officer.run("open", report, "--out", org.folder / f"out-{report[:8]}").json["summary"].startswith("Report ")


def kill_one(role):
    def disturb(org):
        found = [pid for pid, name in org.roles() if name == role]
        if found:
            kill_role(random.choice(found))
    return disturb


@pytest.mark.parametrize("role", ["front", "store", "notify", "checkpoint"])
def test_a_role_killed_again_and_again_loses_nothing(org, role):
    amina = org.officer("amina")
    supervisor = org.process.pid
    roster, accepted = run_load(org, kill_one(role))
    assert org.process.pid == supervisor and is_alive(supervisor), "the supervisor lives on"
    wait_until(lambda: {name for _, name in org.roles()} >= {"front", "store", "notify"}, 10, "all roles")
    assert_all_there(org, amina, roster, accepted)


def test_all_processes_killed_at_once_lose_nothing(org):
    amina = org.officer("amina")

    def disturb(organisation):
        time.sleep(random.uniform(0, 0.5))
        organisation.kill_daemon()
        organisation.start_daemon()

    roster, accepted = run_load(org, disturb, DISTURBANCES // 4)
    assert_all_there(org, amina, roster, accepted)


def test_any_role_at_random_while_an_officer_watches(org):
    amina = org.officer("amina")
    watch = amina.start("watch")

    def disturb(organisation):
        roles = organisation.roles()
        if roles:
            kill_role(random.choice(roles)[0])

    roster, accepted = run_load(org, disturb)
    wait_until(lambda: set(accepted) <= {line.get("report") for line in watch.documents()}, 60, "an alert for each accepted report")
    seen = [line["report"] for line in watch.documents() if "report" in line]
    assert len(seen) == len(set(seen)), "each alert once"
    assert_all_there(org, amina, roster, accepted)
    watch.stop()


def test_an_acknowledgement_survives(org):
    amina = org.officer("amina")
    report, sealed = org.seal()
    org.put(report, sealed)
    assert amina.run("ack", report).json["state"] == "ack"
    org.kill_daemon()
    org.start_daemon()
    assert amina.alerts()[0]["state"] == "ack"


def test_real_clients_send_while_the_store_is_killed(org):
    """The queue of `clarion` itself: whatever it called accepted is there, whatever it queued goes out later."""
    amina = org.officer("amina")
    people = [org.defender(f"nadia{number}") for number in range(2)]
    results, ended = [], threading.Event()

    def report(person):
        for _ in range(3):
            results.append((person, person.report(expect=None)))

    threads = [threading.Thread(target=report, args=(person,)) for person in people]
    for thread in threads:
        thread.start()

    def kill():
        while not ended.wait(random.uniform(0.1, 0.5)):
            kill_one("store")(org)

    killer = threading.Thread(target=kill)
    killer.start()
    for thread in threads:
        thread.join()
    ended.set()
    killer.join()
    org.wait_until_it_answers()
    ids = []
    for _, result in results:
        told = result if isinstance(result, dict) else result.json
        assert told["state"] in ("accepted", "queued"), told
        ids.append(told["id"])
    for person in people:
        assert person.run("send").json["queued"] == 0
    assert {alert["report"] for alert in amina.alerts()} == set(ids)


def test_a_front_that_dies_is_replaced_while_others_answer(org):
    org.officer("amina")
    org.set("workers", "3")
    org.stop_daemon()
    org.start_daemon()
    before = {pid for pid, name in org.roles() if name == "front"}
    assert len(before) == 3
    line = [wire.connect(org.port) for _ in range(12)]
    victim = sorted(before)[0]
    kill_role(victim)
    alive = 0
    for connection in line:
        try:
            connection.sendall(wire.request_bytes("GET", org.target("roster"), org.authority))
            alive += wire.read_answer(connection).status == 200
        except (OSError, ConnectionError):
            pass
        connection.close()
    assert alive >= 1, "connections of the other workers go on"
    wait_until(lambda: len({pid for pid, name in org.roles() if name == "front"} - {victim}) == 3, 5, "a new worker")
    assert org.get("roster").status == 200
