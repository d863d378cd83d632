"""A wiped home: its keys are destroyed first, so that even what somebody copied a moment later can't be opened; and a wipe that was cut
off is finished by the next."""

import os
import shutil
import signal

import pytest

from helpers.organisation import Defender
from helpers.programs import EX_CANTCREAT, EX_CONFIG, EX_NOINPUT, EX_NOPERM, EX_TEMPFAIL, wait_until

PASSPHRASE = "seven quiet horses"
HOME_BYTES = 2 * 1024 * 1024


def home_file(home):
    """The one file that the home is; what else is there are payloads, or belongs to others."""
    (only,) = [path for path in home.iterdir() if is_home_file(path)]
    return only


def files_in(home):
    """How many there are; none where the folder went in the same moment."""
    try:
        return len(os.listdir(home))
    except FileNotFoundError:
        return 0


def is_home_file(path):
    """Payloads may be as long; their names aren't."""
    return path.is_file() and len(path.name) == 32 and path.stat().st_size == HOME_BYTES


@pytest.fixture
def nadia(org):
    """A home with a queued report."""
    org.officer("amina")
    nadia = org.defender("nadia")
    org.stop_daemon()
    (org.folder / "photo.jpg").write_bytes(os.urandom(300_000))
    nadia.report("--attach", org.folder / "photo.jpg", expect=EX_TEMPFAIL)
    nadia.report(expect=EX_TEMPFAIL)
    return nadia


def opens_for_nobody(nadia):
    """It had no passphrase: any program opened it."""
    passphrase = nadia.home.parent / "passphrase"
    passphrase.write_text(PASSPHRASE + "\n")
    nadia.run("send", "--passphrase-file", passphrase, expect=EX_NOPERM)


def test_nothing_is_left(nadia):
    assert len(list(nadia.home.iterdir())) == 2  # the home, and evidence that waits
    assert nadia.run("wipe").json == {"wiped": True, "others": 0}
    assert not nadia.home.exists()
    nadia.run("wipe", expect=EX_NOINPUT)


def test_it_needs_no_passphrase_and_says_what_it_cannot_promise(org, tmp_path):
    org.officer("amina")
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    home = tmp_path / "secret"
    nadia = Defender(org, "secret")
    nadia.run("join", "-", "--passphrase-file", tmp_path / "passphrase", stdin=org.invitation("--desk", org.desk))
    shown = nadia.run("wipe", json_wanted=False)
    assert "flash" in shown.out and "passphrase" in shown.out and "backups" in shown.out
    assert not home.exists()


def test_the_keys_go_first(nadia, tmp_path):
    """Something can't be removed: the keys are gone all the same, and so is everything that could be."""
    file = home_file(nadia.home).name
    stubborn = nadia.home / ("ab" * 16)
    stubborn.mkdir()
    before = tmp_path / "before"
    shutil.copytree(nadia.home, before)
    refused = nadia.run("wipe", expect=EX_CANTCREAT)
    assert "keys are destroyed" in refused.err and refused.err.count("\n") == 1
    assert {path.name for path in nadia.home.iterdir()} == {file, stubborn.name}
    # Everything else as it was before: without its keys it opens for nobody.
    for path in before.iterdir():
        if path.is_file() and path.name != file:
            shutil.copy(path, nadia.home / path.name)
    opens_for_nobody(nadia)
    stubborn.rmdir()
    assert nadia.run("wipe").json["wiped"] and not nadia.home.exists()


@pytest.mark.parametrize("done", ["slots overwritten", "half of the files", "only the folder is left"])
def test_a_wipe_that_was_cut_off_is_finished(nadia, done):
    """Each state that a crash can leave behind."""
    slots = home_file(nadia.home)
    files = [path for path in nadia.home.iterdir() if path != slots] + [nadia.home / f".{number:032x}.new" for number in range(3)]
    for path in files[1:]:
        path.write_bytes(b"a torn write")
    slots.write_bytes(os.urandom(HOME_BYTES))
    for path in {"slots overwritten": [], "half of the files": files[::2], "only the folder is left": [*files, slots]}[done]:
        path.unlink()
    assert nadia.run("wipe").json["wiped"] and not nadia.home.exists()


def test_killed_at_any_moment(nadia, tmp_path):
    """SIGKILL after a rising delay: whatever is left, the next wipe finishes, and nothing opens in between."""
    original = tmp_path / "original"
    shutil.copytree(nadia.home, original)
    for number in range(400):
        (original / f"{number:032x}").write_bytes(b"x")
    for delay in range(8):
        shutil.rmtree(nadia.home, ignore_errors=True)
        shutil.copytree(original, nadia.home)
        running = nadia.start("wipe")
        count = len(list(original.iterdir())) - delay * 50
        wait_until(lambda: running.process.poll() is not None or files_in(nadia.home) < count,  # noqa: B023
                   what="the wipe")
        try:
            running.process.send_signal(signal.SIGKILL)
        except ProcessLookupError:
            pass
        running.process.wait()
        if nadia.home.exists():
            if any(is_home_file(path) for path in nadia.home.iterdir()):
                opens_for_nobody(nadia)
            nadia.run("wipe")
        assert not nadia.home.exists()


def test_files_of_others_stay(nadia):
    (nadia.home / "letters.txt").write_text("mine")
    (nadia.home / ".hidden").write_text("mine")
    (nadia.home / ".0a0b.new").write_text("a torn write of the program's")
    assert nadia.run("wipe").json == {"wiped": True, "others": 2}
    assert {path.name for path in nadia.home.iterdir()} == {"letters.txt", ".hidden"}


def test_a_folder_that_is_no_home_stays_whole(org, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / ("0" * 32)).write_text("a photo with an odd name")
    Defender(org, "photos").run("wipe", expect=EX_CONFIG)
    assert (folder / ("0" * 32)).read_text() == "a photo with an odd name"


def test_a_copy_beside_the_home_goes_too(nadia):
    """It would open as well, and two of them open for nobody: that must not stop a wipe."""
    shutil.copy(home_file(nadia.home), nadia.home / ("cd" * 16))
    nadia.run("send", expect=EX_CONFIG)
    assert nadia.run("wipe").json == {"wiped": True, "others": 0}
    assert not nadia.home.exists()
