"""What every system test has: an organisation to make, and the certainty that nothing runs on behind it."""

import pytest

from helpers import programs
from helpers.organisation import Organisation


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes long, and tells nothing of the plain build that others don't: scripts/test runs it "
                                       "on the sanitized one alone")


@pytest.fixture(autouse=True)
def nothing_runs_on():
    yield
    programs.stop_all()


@pytest.fixture
def org(tmp_path):
    """A fresh organisation with one desk, `urgent`; its daemon starts when it is first needed."""
    organisation = Organisation(tmp_path)
    yield organisation
    if organisation.process is not None:
        programs.stop(organisation.process)
        programs.assert_no_sanitizer_report(organisation.log())


@pytest.fixture
def staffed_org(tmp_path):
    """One with an officer, in a folder of its own: what a test puts beside it is none of its files."""
    (tmp_path / "org").mkdir()
    organisation = Organisation(tmp_path / "org")
    organisation.officer("amina")
    yield organisation
    if organisation.process is not None and organisation.process.poll() is None:
        organisation.stop_daemon()


@pytest.fixture
def clock_build():
    """A build whose clock tests can shift; without one these tests are skipped, and say so."""
    if not programs.CLOCK_BUILD:
        pytest.skip("CLARION_BUILD_CLOCK names no build with -Dtest_clock=true")
    return programs.CLOCK_BUILD
