"""Under each attack an honest report is accepted and its alert comes; memory and descriptors stay bounded, and are back at their
level afterwards. Longer, harder, and with times: tests/attack/run."""

import pytest

from helpers import attacks, programs
from helpers.organisation import Organisation
from helpers.programs import wait_until

MEMORY_MAX_KIB = 400 * 1024  # of fronts and store together; a sanitized one needs several times what it allocates
PATIENCE_SECONDS = 30
LINES = 32


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    org = Organisation(tmp_path_factory.mktemp("attacks"), settings={"workers": 2, "connections_per_group": 64})
    amina = org.officer("amina")
    programs.keep(org.process)
    yield org, amina, org.roster()
    programs.stop(org.process)
    programs.assert_no_sanitizer_report(org.log())


@pytest.mark.parametrize("name", sorted(attacks.ATTACKS))
def test_an_honest_report_comes_through(scene, name):
    org, amina, roster = scene
    pids, (_, before) = org.roles(), attacks.levels(org)
    with attacks.Attack(name, org.port, processes=1, lines=LINES):
        for _ in range(3):
            report, sealed = org.seal(recipients=roster.recipients(org.desk))
            assert org.put(report, sealed, roster=roster.version, timeout=PATIENCE_SECONDS).status == 201
        assert report in {alert["report"] for alert in amina.alerts()}
        memory, descriptors = attacks.levels(org)
        assert descriptors < before + LINES + 16, "no more than its lines, the officer's and the reporter's"
        assert memory < MEMORY_MAX_KIB or programs.is_sanitized(org.build)
    wait_until(lambda: attacks.levels(org)[1] <= before, PATIENCE_SECONDS, f"descriptors at their level ({before}) after {name}")
    assert sorted(org.roles()) == sorted(pids), "every process is the one from before"
