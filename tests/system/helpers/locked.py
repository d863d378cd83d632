"""An organisation whose keys lie under a passphrase, and stock age as a second opinion on them."""

import shutil
import subprocess
from pathlib import Path

from . import control, terminal, wire
from .programs import assert_no_sanitizer_report, program, run, start, stop, wait_until

PASSPHRASE = "correct horse battery staple"


class LockedOrganisation:
    def __init__(self, folder):
        self.home, self.secret, self.log_path = Path(folder) / "admin", Path(folder) / "secret", Path(folder) / "clariond.log"
        self.secret.write_text(PASSPHRASE + "\n")
        self.port = wire.free_port()
        self.admin("init", "--org", "Locked", "--url", f"https://127.0.0.1:{self.port}")
        self.process = None

    def admin(self, *words, **how):
        done = run([program("clarion-admin"), *words, "--home", str(self.home), "--passphrase-file", str(self.secret), "--json"], **how)
        return done.json if done.code == 0 else done

    def file(self, name):
        return self.home / "daemon" / name

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = start([program("clariond"), "--config", str(self.file("clariond.conf")), "--passphrase-file", str(self.secret)],
                                 subprocess.DEVNULL, log)
        wait_until(lambda: self.admin("rotate", "status", expect=None), 60, "the daemon's first answer")
        wait_until(self._answers, 60, "the daemon's first answer")

    def _answers(self):
        try:
            control.Line(self.file("control.sock")).socket.close()
            return True
        except OSError:
            return False

    def stop(self):
        code = stop(self.process)
        assert_no_sanitizer_report(self.log_path.read_text(errors="replace"))
        return code


def age_opens(path, into):
    """What stock age makes of a file under the passphrase."""
    code, said = terminal.converse([shutil.which("age"), "-d", "-o", str(into), str(path)], [("passphrase", PASSPHRASE)])
    assert code == 0, said
    return into.read_bytes()
