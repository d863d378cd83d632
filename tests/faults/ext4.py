"""Real cuts: the store's folder lies on an ext4 of its own, which is stopped in the middle of its work as by a power cut (what wasn't
synced is gone), and mounted again. Needs root and loop devices."""

import fcntl
import os
import random
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from helpers import programs, stock
from helpers.organisation import Organisation

SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32): FS_IOC_SHUTDOWN
WITHOUT_THE_JOURNAL = 2  # nothing more is written, not even the journal's last transaction
SIZE_BYTES = 256 << 20
SENDERS = 3


class Disk:
    def __init__(self, folder, store):
        self.image, self.store = folder / "disk", store
        with open(self.image, "wb") as image:
            image.truncate(SIZE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)
        kept = folder / "kept"
        shutil.copytree(store, kept) if any(store.iterdir()) else kept.mkdir()
        self.mount()
        owner = kept.stat()
        for entry in kept.iterdir():
            shutil.copy2(entry, store / entry.name)
        os.chmod(store, owner.st_mode & 0o777 or 0o700)
        os.chmod(store, 0o700)

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.store], check=True)

    def cut(self):
        folder = os.open(self.store, os.O_RDONLY)
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_THE_JOURNAL))
        os.close(folder)

    def unmount(self):
        subprocess.run(["umount", self.store], check=True)


def send_on(org, roster, accepted, refused, until):
    while not until.is_set():
        report, sealed = org.seal(recipients=roster.recipients(org.desk))
        try:
            answer = org.put(report, sealed, roster=roster.version, timeout=5)
        except (OSError, ConnectionError):
            time.sleep(0.02)
            continue
        if answer.status in (200, 201):
            accepted[report] = sealed
        else:
            refused.append(report)


def main(cuts):
    with tempfile.TemporaryDirectory(prefix="clarion-ext4.") as folder:
        folder = Path(folder)
        org = Organisation(folder, settings={"workers": 1})
        store = org.home / "daemon" / "store"
        store.mkdir(exist_ok=True)
        disk = Disk(folder, store)
        accepted, refused = {}, []
        try:
            amina = org.officer("amina")
            for _ in range(cuts):
                roster, until = org.roster(), threading.Event()
                senders = [threading.Thread(target=send_on, args=(org, roster, accepted, refused, until)) for _ in range(SENDERS)]
                for sender in senders:
                    sender.start()
                time.sleep(random.uniform(0.2, 1.5))
                disk.cut()
                time.sleep(0.2)
                until.set()
                for sender in senders:
                    sender.join()
                org.kill_daemon()
                disk.unmount()
                disk.mount()
                org.start_daemon()
            for report, sealed in accepted.items():
                answer, _ = amina.call("GET", f"reports/{report}")
                assert answer.status == 200 and answer.body == sealed and stock.report_id(answer.body) == report, report
            for alert in amina.alerts():
                answer, _ = amina.call("GET", f"reports/{alert['report']}")
                assert stock.report_id(answer.body) == alert["report"], "whole or absent"
            programs.stop(org.process)
            print(f"ext4: {cuts} real cuts of an ext4, {len(accepted)} reports accepted, 0 lost")
        finally:
            if org.process is not None and org.process.poll() is None:
                org.kill_daemon()
            disk.unmount()


