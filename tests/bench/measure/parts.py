"""The parts of the benchmark. Each takes the scene and adds rows to the table."""

import json
import os
import resource
import subprocess
import time

from measure.scene import LOAD_CORE, cpu_seconds, median_of, pss_kib

ROUNDS = 3  # interleaved, so that a noisy moment hits both sides
REWRAPPED_A_SECOND = 200  # reports that are wrapped again, for each second of a measurement
REWRAPPED_BYTES = 70 * 1024  # attached, so that the tool fetches the largest first part there is
REPORTS_A_SECOND = 4000  # more than can be sent: how many reports are sealed ahead


def ratio(figure, other):
    return f"{figure / other:.2f}" if other else "-"


def fresh(scene, table):
    """Durable reports a second over fresh connections, beside nginx's handshakes and its durable WebDAV PUTs."""
    scene.start_clarion()
    scene.start_nginx()
    for connections in (8, 32):
        puts, gets, davs = [], [], []
        for _ in range(ROUNDS):
            ahead = int(scene.seconds * REPORTS_A_SECOND / 2)
            gets.append(scene.to_nginx("get", connections=connections))
            puts.append(scene.to_clarion("put", connections=connections, reports=scene.reports(ahead)))
            davs.append(scene.to_nginx("dav", connections=connections, reports=scene.reports(ahead)))
        put, get, dav = (median_of(runs, "rate") for runs in (puts, gets, davs))
        table.add(f"durable reports/s, fresh connection, {connections} at once", f"{put:.0f}/s", f"nginx handshake + GET {get:.0f}/s",
                  ratio(put, get), "at least 0.70")
        table.add("  the same", f"{put:.0f}/s", f"nginx durable WebDAV PUT {dav:.0f}/s", ratio(put, dav), "at least 1.8")
        put_cpu, get_cpu = median_of(puts, "cpu_us"), median_of(gets, "cpu_us")
        table.add("  server CPU a report", f"{put_cpu:.0f} µs", f"nginx handshake + GET {get_cpu:.0f} µs", ratio(put_cpu, get_cpu),
                  "at most 1.6")
        put_p99, get_p99 = median_of(puts, "p99_ms"), median_of(gets, "p99_ms")
        table.add("  99th percentile", f"{put_p99:.1f} ms", f"nginx {get_p99:.1f} ms", ratio(put_p99, get_p99),
                  "at most 1.8" if connections == 8 else "-")


def kept(scene, table):
    """Durable reports a second over kept connections, beside SQLite alone committing the same rows one a transaction."""
    scene.start_clarion()
    puts, alone = [], []
    for _ in range(ROUNDS):
        puts.append(scene.to_clarion("put", connections=32, keep=1, reports=scene.reports(int(scene.seconds * REPORTS_A_SECOND))))
        done = subprocess.run([scene.build / "tests/bench/bench-floor", scene.folder, str(scene.seconds)], check=True,
                              capture_output=True, text=True)
        alone.append({"rate": float(done.stdout)})
    put, floor = median_of(puts, "rate"), median_of(alone, "rate")
    table.add("durable reports/s, kept connections, 32 at once", f"{put:.0f}/s", f"SQLite alone, one a transaction {floor:.0f}/s",
              ratio(put, floor), "at least 1.8")


def alert(scene, table):
    """From a report's first byte sent to the alert's last byte read by a waiting watch."""
    scene.start_clarion()
    identity = scene.org.officers["amina"].home / "identity.age"
    after = max([alert["seq"] for alert in scene.org.officers["amina"].alerts()], default=0)
    idle = scene.to_clarion("alert", reports=scene.reports(400), identity=identity, after=after, count=300, seconds=60)
    table.add("report to alert, idle, median", f"{idle['p50_ms']:.2f} ms", "-", "-", "at most 1.5 ms")
    table.add("report to alert, idle, 99th percentile", f"{idle['p99_ms']:.2f} ms", "-", "-", "-")
    rate = scene.to_clarion("put", connections=8, reports=scene.reports(int(scene.seconds * REPORTS_A_SECOND)))["rate"]
    background = scene.reports(int(rate * 30))
    after = max(alert["seq"] for alert in scene.org.officers["amina"].alerts())
    loaded_by = subprocess.Popen([str(scene.build / "tests/bench/bench-load"), "put", f"port={scene.org.port}", "seconds=20",
                                  "connections=8", f"rate={rate / 2}", f"base={scene.org.base_path.strip('/')}",
                                  f"desk={scene.org.desk}", f"roster={scene.version}", f"reports={background}"],
                                 stdout=subprocess.DEVNULL)
    time.sleep(1)
    busy = scene.to_clarion("alert", reports=scene.reports(400), identity=identity, after=after, count=200, seconds=15)
    loaded_by.wait()
    table.add("report to alert, half of the maximum rate, median", f"{busy['p50_ms']:.2f} ms", f"idle {idle['p50_ms']:.2f} ms",
              ratio(busy["p50_ms"], idle["p50_ms"]), "-")
    table.add("report to alert, half of the maximum rate, 99th percentile", f"{busy['p99_ms']:.2f} ms", "-", "-", "-")


def memory(scene, table):
    """All processes at rest, and what an officer who waits costs."""
    scene.start_clarion()
    scene.org.stop_daemon()
    scene.start_clarion()
    time.sleep(2)
    rest = pss_kib(scene.clarion_pids())
    table.add("all processes at rest, PSS", f"{rest / 1024:.1f} MiB", "-", "-", "at most 24 MiB")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    officers = min(5000, hard // 2 - 100)
    identity = scene.org.officers["amina"].home / "identity.age"
    holders = subprocess.Popen([str(scene.build / "tests/bench/bench-load"), "hold", f"port={scene.org.port}", "seconds=60",
                                f"connections={officers}", f"base={scene.org.base_path.strip('/')}", f"desk={scene.org.desk}",
                                f"identity={identity}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    held = int(holders.stdout.readline().split(":")[-1].strip(" }\n"))
    time.sleep(2)
    full = pss_kib(scene.clarion_pids())
    holders.communicate("\n")
    table.add(f"an officer who waits ({held} connections)", f"{(full - rest) / max(held, 1):.1f} KiB", "nginx, idle TLS: about 15 KiB", "-",
              "at most 20 KiB")


def depth(scene, table):
    """The cost of a report, and of asking for alerts, with few and with many reports already stored."""
    costs = {}
    for stored in (1000, scene.stored):
        fill(scene, stored)
        identity = scene.org.officers["amina"].home / "identity.age"
        puts, lists = [], []
        for _ in range(ROUNDS):
            puts.append(scene.to_clarion("put", connections=8, keep=1, reports=scene.reports(int(scene.seconds * REPORTS_A_SECOND))))
            lists.append(scene.to_clarion("list", connections=1, keep=1, identity=identity, after=10 ** 12))
        costs[stored] = (median_of(puts, "cpu_us"), median_of(lists, "cpu_us"))
    few, many = costs[1000], costs[scene.stored]
    table.add(f"server CPU a report, {scene.stored} stored", f"{many[0]:.0f} µs", f"1,000 stored: {few[0]:.0f} µs", ratio(many[0], few[0]),
              "at most 1.3")
    table.add(f"server CPU of alerts?after=, {scene.stored} stored", f"{many[1]:.0f} µs", f"1,000 stored: {few[1]:.0f} µs",
              ratio(many[1], few[1]), "at most 1.3")


def storage_rotation(scene):
    return next(each for each in scene.org.run("rotate status").json["rotations"] if each["what"] == "storage")


def fill(scene, stored):
    if scene.org is not None and scene.org.process is not None:
        scene.org.stop_daemon()
    scene.start_clarion()
    scene.org.stop_daemon()
    subprocess.run([scene.build / "tests/bench/bench-fill", scene.org.home / "daemon", str(stored)], check=True)
    scene.start_clarion()


def wait_for_rotation(scene):
    """Until every row is under the newest key; how many seconds that took, and the store's PSS at its highest."""
    began, peak = time.monotonic(), 0
    store = next(pid for pid, role in scene.org.roles() if role == "store")
    while storage_rotation(scene)["state"] != "done":
        peak = max(peak, pss_kib([store]))
        time.sleep(0.2)
    return time.monotonic() - began, peak


def rotate(scene, table):
    """A new storage key over many reports: how fast it goes by itself, and what it costs reports that come meanwhile.
    The measurements with and without a rotation take turns."""
    fill(scene, scene.rotated)
    store = next(pid for pid, role in scene.org.roles() if role == "store")
    rest = pss_kib([store])
    scene.org.run("rotate storage")
    seconds, peak = wait_for_rotation(scene)
    table.add(f"a new storage key, {scene.rotated} reports, nobody reporting", f"{scene.rotated / seconds:.0f} rows/s", "-", "-", "-")
    table.add("  the store's PSS meanwhile, at most", f"{peak / 1024:.1f} MiB", f"before {rest / 1024:.1f} MiB", ratio(peak, rest), "-")
    for connections, keep in ((8, 0), (32, 1)):
        alone, beside, rates = [], [], []
        for _ in range(ROUNDS):
            ahead = int(scene.seconds * REPORTS_A_SECOND * 1.2)
            load = {"connections": connections, "keep": keep}
            alone.append(scene.to_clarion("put", reports=scene.reports(ahead), **load))
            ready = scene.reports(ahead)
            scene.org.run("rotate storage")
            before = storage_rotation(scene)
            beside.append(scene.to_clarion("put", reports=ready, **load))
            after = storage_rotation(scene)
            if after["state"] == "done":
                raise RuntimeError(f"the rotation ended within the measurement: take more than {scene.rotated} with --rotated")
            rates.append((after["done"] - before["done"]) / scene.seconds)
            wait_for_rotation(scene)
        with_it, without = median_of(beside, "rate"), median_of(alone, "rate")
        how = f"{'kept' if keep else 'fresh'} connections, {connections} at once"
        table.add(f"durable reports/s during a rotation, {how}", f"{with_it:.0f}/s", f"without {without:.0f}/s",
                  ratio(with_it, without), "at least 0.80")
        table.add("  99th percentile", f"{median_of(beside, 'p99_ms'):.1f} ms", f"without {median_of(alone, 'p99_ms'):.1f} ms",
                  ratio(median_of(beside, "p99_ms"), median_of(alone, "p99_ms")), "-")
        table.add("  rows sealed again meanwhile", f"{sorted(rates)[len(rates) // 2]:.0f} rows/s", "-", "-", "-")


def timed(command, **how):
    began = time.monotonic()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    return time.monotonic() - began


def client(scene, table):
    """The client's own work, without network and Argon2; sealing 50 MiB beside stock age and openssl."""
    scene.start_clarion()
    defender = scene.org.defender("bench-defender")
    report = scene.org.write_report(summary="A page.", urgency="priority", narrative="x " * 1500)
    scene.org.stop_daemon()
    argon = min(float(subprocess.run([scene.build / "tests/bench/bench-argon"], check=True, capture_output=True, text=True).stdout)
                for _ in range(5))
    command = defender.command("report", "--desk", scene.org.desk, "--file", report)
    page = min(timed(command) for _ in range(7)) - argon
    table.add("client's own work, one page", f"{page * 1000:.0f} ms", f"Argon2 ({argon * 1000:.0f} ms) taken off", "-", "at most 30 ms")
    large = scene.folder / "large.bin"
    large.write_bytes(os.urandom(50 * 1024 * 1024))
    recipient = next(line.split()[4] for line in scene.roster.read_text().splitlines() if line.startswith("officer"))
    ours, theirs = [], []
    for _ in range(5):
        ours.append(timed([*command, "--attach", str(large)]) - argon)
        theirs.append(timed(["age", "-r", recipient, "-o", os.devnull, large]) + 2 * timed(["openssl", "dgst", "-sha256", large]))
    table.add("client's own work, 50 MiB attached", f"{min(ours) * 1000:.0f} ms", f"age + 2 openssl dgst {min(theirs) * 1000:.0f} ms",
              ratio(min(ours), min(theirs)), "at most 1.5")


def rewrap(scene, table):
    """Headers a second by the clock, from the tool's start to its end, where the last of five officers is new to all reports.
    The tool has the load generator's core, the server its own."""
    scene.leave_organisation()
    scene.start_clarion()
    for name in ("bela", "chiara", "dana"):
        scene.org.officer(name)
    scene.start_clarion()
    officer, count = scene.org.officers["amina"], int(scene.seconds * REWRAPPED_A_SECOND)
    rates = []
    for name in ("edith", "fay", "greta"):
        scene.to_clarion("put", connections=8, keep=1, reports=scene.reports(count, REWRAPPED_BYTES), seconds=60)
        scene.org.officer(name)
        officer.run("pull")
        before, began = cpu_seconds(scene.clarion_pids()), time.monotonic()
        tool = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(["taskset", "-c", str(LOAD_CORE), *officer.command("rewrap")], check=True, capture_output=True, text=True)
        seconds, wrapped = time.monotonic() - began, json.loads(done.stdout)["done"]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        rates.append({"rate": wrapped / seconds, "cpu_us": (cpu_seconds(scene.clarion_pids()) - before) / wrapped * 1e6,
                      "tool_us": (after.ru_utime + after.ru_stime - tool.ru_utime - tool.ru_stime) / wrapped * 1e6})
        scene.org.run("officer remove", name)
        scene.org.publish()
        officer.run("rewrap", timeout=600)
        scene.start_clarion()
    table.add("rewrap, 5 officers, headers/s by the clock", f"{median_of(rates, 'rate'):.0f}/s", "-", "-", "at least 500")
    table.add("  the tool's CPU a header", f"{median_of(rates, 'tool_us'):.0f} µs", "-", "-", "at most 2000 µs")
    table.add("  server CPU a header", f"{median_of(rates, 'cpu_us'):.0f} µs", "-", "-", "-")


ALL = {"fresh": fresh, "kept": kept, "alert": alert, "memory": memory, "client": client, "depth": depth, "rotate": rotate,
       "rewrap": rewrap}
