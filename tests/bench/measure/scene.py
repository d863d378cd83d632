"""The stage of a measurement: an organisation with its daemon, nginx beside it, and the load generator, pinned."""

import json
import os
import platform
import shutil
import statistics
import subprocess
from pathlib import Path

from helpers import programs, wire
from helpers.organisation import Organisation

SERVER_CORE, LOAD_CORE = 0, 1
NO_LIMITS = {"workers": 1, "connections_max": 20000, "connections_per_group": 20000, "new_per_second": 1000000,
             "new_burst": 1000000, "requests_per_connection": 1000000}

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log error;
events {{ worker_connections 20000; }}
http {{
  access_log off; client_body_temp_path {folder}/temporary; client_max_body_size 2m; client_body_buffer_size 64k;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 1000000; keepalive_timeout 600s;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096; ssl_protocols TLSv1.3; ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem; ssl_session_tickets off; ssl_session_cache off; ssl_ecdh_curve X25519;
    location = / {{ root {folder}/site; try_files /index.html =404; }}
    location / {{ root {folder}/dav; dav_methods PUT; create_full_put_path off; }}
  }}
}}
"""


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid] + [each for child in children for each in family(int(child))]


def pss_kib(pids):
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total


class Scene:
    def __init__(self, folder, options):
        self.folder, self.build = folder, Path(options.build).resolve()
        self.seconds, self.stored, self.rotated = options.seconds, options.stored, options.rotated
        build = self.build
        os.environ["CLARION_BUILD"] = str(build)
        programs.BUILD = build
        subprocess.run(["ninja", "-C", build, "bench"], check=True, stdout=subprocess.DEVNULL)
        self.org = None
        self.places = 0
        self.nginx = None
        self.sent = 0

    # --- Clarion

    def start_clarion(self, **settings):
        place = self.folder / f"organisation{self.places or ''}"
        self.org = Organisation(place, settings={**NO_LIMITS, **settings}) if self.org is None else self.org
        if self.org.process is None or self.org.process.poll() is not None:
            if not self.org.officers:
                place.mkdir(exist_ok=True)
                self.org.officer("amina")
            self.org.ensure_running()
        self.pin(self.clarion_pids(), SERVER_CORE)
        self.roster = self.folder / "roster"
        self.roster.write_bytes(self.org.get("roster").body)
        self.version = next(line.split()[1] for line in self.roster.read_text().splitlines() if line.startswith("version"))

    def leave_organisation(self):
        """The next start makes another one, with nothing in it."""
        if self.org is not None:
            if self.org.process is not None:
                self.org.stop_daemon()
            self.org, self.places = None, self.places + 1

    def clarion_pids(self):
        return family(self.org.process.pid)

    def reports(self, count, size=0):
        """A file of sealed reports that nobody has sent yet."""
        path = self.folder / f"reports.{self.sent}"
        self.sent += 1
        with open(path, "wb") as out:
            subprocess.run([self.build / "tests/bench/bench-make-reports", self.roster, self.org.desk, str(count), str(size)],
                           check=True, stdout=out)
        return path

    # --- nginx

    def start_nginx(self):
        if self.nginx is not None:
            return
        folder = self.folder / "nginx"
        for name in ("", "site", "dav", "temporary"):
            (folder / name).mkdir(exist_ok=True)
        folder.chmod(0o755)
        (folder / "site/index.html").write_bytes(wire.request(self.org.port, "GET", "/").body)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=127.0.0.1", "-days", "2"],
                       check=True, capture_output=True)
        self.nginx_port = wire.free_port()
        (folder / "nginx.conf").write_text("user root;\n" + NGINX.format(folder=folder, port=self.nginx_port))
        self.nginx = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"],
                                      env={**os.environ, "LD_PRELOAD": str(self.build / "tests/bench/libbench-durable-rename.so")})
        programs.wait_until(self.nginx_answers, 20, "nginx")
        self.pin(self.nginx_pids(), SERVER_CORE)

    def nginx_answers(self):
        try:
            return wire.request(self.nginx_port, "GET", "/", {}, b"").status == 200
        except OSError:
            return False

    def nginx_pids(self):
        return family(self.nginx.pid)

    # --- the load

    def pin(self, pids, core):
        for pid in pids:
            os.sched_setaffinity(pid, {core})

    def load(self, mode, port, pids=(), **arguments):
        """Runs the load generator; its JSON, with the servers' CPU seconds for each answer."""
        words = [str(self.build / "tests/bench/bench-load"), mode, f"port={port}", f"seconds={arguments.pop('seconds', self.seconds)}"]
        words += [f"{name}={value}" for name, value in arguments.items()]
        before = cpu_seconds(pids)
        done = subprocess.run(["taskset", "-c", str(LOAD_CORE), *words], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        result = json.loads(done.stdout)
        result["cpu_us"] = (cpu_seconds(pids) - before) / max(result["answers"], 1) * 1e6
        return result

    def to_clarion(self, mode, **arguments):
        return self.load(mode, self.org.port, self.clarion_pids(), base=self.org.base_path.strip("/"), desk=self.org.desk,
                         roster=self.version, **arguments)

    def to_nginx(self, mode, **arguments):
        return self.load(mode, self.nginx_port, self.nginx_pids(), **arguments)

    def stop(self):
        programs.stop_all()
        if self.nginx is not None:
            self.nginx.terminate()
            self.nginx.wait()


def median_of(runs, key):
    return statistics.median(run[key] for run in runs)


class Table:
    """Rows of: what, figure, compared with, ratio, what was asked for."""

    def __init__(self):
        self.rows = []

    def add(self, what, figure, compared, ratio, wanted):
        self.rows.append((what, figure, compared, ratio, wanted))
        print(f"… {what}: {figure} (compared with {compared}: {ratio}; wanted {wanted})", flush=True)

    def text(self, scene):
        heads = ("what", "measured", "compared with", "ratio", "wanted")
        widths = [max(len(str(row[i])) for row in [heads, *self.rows]) for i in range(5)]
        lines = [f"server on core {SERVER_CORE}, load generator on core {LOAD_CORE} of {os.cpu_count()}; {platform.platform()}; "
                 f"{scene.seconds} s a measurement; {shutil.which('nginx') or 'no nginx'}", ""]
        for row in [heads, *self.rows]:
            lines.append("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())
        return "\n".join(lines)
