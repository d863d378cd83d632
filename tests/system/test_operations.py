"""docs/operations.md, command by command: each person has a home of her own, and a terminal at which she answers."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from helpers import wire
from helpers.programs import PLACES, ROOT, assert_no_sanitizer_report, program, start, stop, wait_until
from helpers.terminal import answer_all

pytestmark = pytest.mark.long  # the whole file: what it looks at doesn't depend on how the programs were built

DOCUMENT = ROOT / "docs" / "operations.md"
ADDRESS = "https://reports.example.org:443"
PASSPHRASES = {name: f"{name} has a passphrase of her own" for name in ("ada", "bea", "cleo", "amina", "zahra", "nadia")}
ANSWERS = (("assphrase: ", None), (" again: ", None), ("daemon's keys: ", None), ("Type yes: ", "yes"))


def boxes():
    """(who, command) of each line in a console box, in the document's order."""
    found = []
    for box in re.findall(r"^```console\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S):
        for line in box.splitlines():
            who, _, command = line.partition("$ ")
            assert command, f"a line in a box names nobody: {line!r}"
            found.append((who, command))
    return found


class Stage:
    """The machines: a HOME for each person, one folder through which files travel, and a service manager."""

    def __init__(self, folder):
        self.folder, self.stick, self.programs = folder, folder / "stick", folder / "programs"
        self.stick.mkdir()
        self.programs.mkdir()
        for name in PLACES:
            (self.programs / name).symlink_to(program(name))
        self.port = wire.free_port()
        self.daemon, self.log = None, folder / "clariond.log"

    def run(self, who, command):
        if who == "root":
            return self.manage(command)
        home = self.folder / who
        home.mkdir(exist_ok=True)
        environment = {"HOME": str(home), "PATH": f"{self.programs}:{os.environ['PATH']}"}
        command = command.replace(ADDRESS, f"https://127.0.0.1:{self.port}")
        answers = [(asked, answer or PASSPHRASES[who]) for asked, answer in ANSWERS]
        code, shown = answer_all(["/bin/bash", "-c", f"cd {self.stick} && {command}"], answers, 120, environment)
        assert_no_sanitizer_report(shown)
        assert code == 0, f"{who}$ {command}\nexit {code}\n{shown}\n{self.log.read_text() if self.log.exists() else ''}"
        return shown

    def manage(self, command):
        act = re.fullmatch(r"systemctl (start|stop|reload) clariond", command)
        assert act, command
        if act[1] == "start":
            self.start()
        elif act[1] == "stop":
            assert stop(self.daemon) == 0, self.log.read_text()
        else:
            reloads = self.log.read_text().count("event=reloaded")
            self.daemon.send_signal(signal.SIGHUP)
            wait_until(lambda: self.log.read_text().count("event=reloaded") > reloads, 20, "the reload")
        return ""

    def start(self):
        """As the unit in the document does it, with its credential."""
        credentials = self.folder / "credentials"
        credentials.mkdir(mode=0o700, exist_ok=True)
        (credentials / "passphrase").write_text(PASSPHRASES["ada"] + "\n")
        unit = re.search(r"^ExecStart=\S*/clariond (.*)$", DOCUMENT.read_text(), re.M)[1]
        words = unit.replace("/home/ada", str(self.folder / "ada")).split()
        with open(self.log, "ab") as log:
            self.daemon = start([program("clariond"), *words], subprocess.DEVNULL, log, {"CREDENTIALS_DIRECTORY": str(credentials)})
        wait_until(self.answers, 60, "clariond's first answer")

    def answers(self):
        assert self.daemon.poll() is None, self.log.read_text()
        try:
            return wire.request(self.port, "GET", "/", timeout=3).status == 200
        except (OSError, ConnectionError):
            return False


def test_every_command_of_the_runbook(tmp_path):
    stage, shown = Stage(tmp_path), {}
    for who, command in boxes():
        shown[(who, command)] = stage.run(who, command)
    assert_no_sanitizer_report(stage.log.read_text())
    final = stage.run("ada", "clarion-admin status")
    assert "2 admins, 2 desks, 1 officer" in final, final
    assert "(2 of 2 signatures" in final or "2 of 2 signatures" in final, final
    assert ", 1 report (" in final, "the report came through every rotation, the backup and the restart"
    assert "you are no officer any more" in strip(stage_refused(stage))


def stage_refused(stage):
    """zahra, who was removed, is refused at once."""
    environment = {"HOME": str(stage.folder / "zahra"), "PATH": f"{stage.programs}:{os.environ['PATH']}"}
    code, shown = answer_all(["/bin/bash", "-c", "clarion-officer pull"], [(asked, answer or PASSPHRASES["zahra"]) for asked, answer in ANSWERS], 120,
                             environment)
    assert code == 77, shown
    return shown


def strip(text):
    return "".join(letter for letter in text if letter not in "\u2068\u2069")


def test_the_boxes_name_every_person_and_each_verb_exists():
    verbs = {name: subprocess.run([program(name), "--help"], capture_output=True, check=True).stdout.decode() for name in PLACES}
    for who, command in boxes():
        assert who == "root" or who in PASSPHRASES, who
        for name, verb in re.findall(r"(clarion-admin|clarion-officer|clarion) ([a-z-]+)", command):
            assert re.search(rf"\b{verb}\b", verbs[name]), command
    assert len(boxes()) > 80 and Path(DOCUMENT).read_text().count("```") % 2 == 0
