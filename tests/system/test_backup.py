"""Backup and restore: taken while reports come in, sealed to the admins, and a working daemon on an empty machine."""

import shutil
import sqlite3
import subprocess
import tarfile
import threading

import pytest

from helpers.organisation import Organisation
from helpers.programs import EX_CANTCREAT, EX_DATAERR, EX_NOINPUT, EX_NOPERM, EX_OK, EX_PROTOCOL, EX_UNAVAILABLE


@pytest.fixture
def org(staffed_org):
    return staffed_org


def put_reports(org, count, **how):
    """id -> bytes of reports that were accepted."""
    accepted = {}
    for n in range(count):
        report, sealed = org.seal(f"report {n}", **how)
        assert org.put(report, sealed).status == 201
        accepted[report] = sealed
    return accepted


def fetched(org, report):
    answer, _ = org.officers["amina"].call("GET", f"reports/{report}")
    assert answer.status == 200, answer
    return answer.body


def opened(org, backup, folder):
    """The backup, as stock age and tar open it."""
    folder.mkdir()
    plain = folder / "plain.tar"
    with open(plain, "wb") as out:
        subprocess.run(["age", "-d", "-i", str(org.home / "identity.age"), str(backup)], check=True, stdout=out)
    with tarfile.open(plain) as archive:
        names = archive.getnames()
        archive.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(folder)
    return names


def lose_everything_but_the_identity(org):
    org.stop_daemon()
    identity = (org.home / "identity.age").read_bytes()
    shutil.rmtree(org.home)
    org.home.mkdir(mode=0o700)
    (org.home / "identity.age").write_bytes(identity)
    (org.home / "identity.age").chmod(0o600)


def lose_the_store(org):
    org.stop_daemon()
    shutil.rmtree(org.home / "daemon" / "store")


def test_under_load_nothing_accepted_is_missing(org, tmp_path):
    before = put_reports(org, 30)
    big = {}
    report, sealed = org.seal("with evidence", attachments={"film.bin": b"\0" * 900_000})
    assert org.put(report, sealed).status == 201
    big[report] = sealed
    ready = [org.seal(f"meanwhile {n}") for n in range(200)]
    stop, meanwhile = threading.Event(), {}

    def load():
        for report, sealed in ready:
            if stop.is_set():
                break
            if org.put(report, sealed).status == 201:
                meanwhile[report] = sealed

    thread = threading.Thread(target=load)
    thread.start()
    try:
        while len(meanwhile) < 20:
            assert thread.is_alive()
        certain = dict(meanwhile)
        result = org.run("backup", tmp_path / "backup.age").json
    finally:
        stop.set()
        thread.join()
    assert result["size"] == (tmp_path / "backup.age").stat().st_size
    assert (tmp_path / "backup.age").stat().st_mode & 0o777 == 0o600
    lose_everything_but_the_identity(org)
    org.run("restore", tmp_path / "backup.age")
    org.start_daemon()
    for report, sealed in {**before, **big, **certain}.items():
        assert fetched(org, report) == sealed
    # What came while it was written is there whole, or not at all.
    here = {alert["report"] for alert in org.officers["amina"].alerts()}
    for report in here & set(meanwhile):
        assert fetched(org, report) == meanwhile[report]


def test_stock_tools_open_it(org, tmp_path):
    put_reports(org, 3)
    org.run("backup", tmp_path / "backup.age")
    names = opened(org, tmp_path / "backup.age", tmp_path / "opened")
    assert names[0] == "backup.json"
    version = org.roster().version
    assert set(names) == {"backup.json", "daemon/store/clarion.db", "daemon/store/clarion.db-wal", "daemon/clariond.conf",
                          "daemon/keyring", "daemon/tls.key", "daemon/tls.crt", "daemon/tls.key.next", "daemon/tls.crt.next", f"roster/{version}.note"}
    database = sqlite3.connect(tmp_path / "opened" / "daemon" / "store" / "clarion.db")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT count(*) FROM reports").fetchone() == (3,)
    for name in ("keyring", "tls.key", "tls.crt", "clariond.conf"):
        assert (tmp_path / "opened" / "daemon" / name).read_bytes() == (org.home / "daemon" / name).read_bytes()


def test_clients_go_on_without_any_change(org, tmp_path):
    amina, maria = org.officers["amina"], org.defender("maria")
    sent = maria.report()
    org.run("backup", tmp_path / "backup.age")
    lose_everything_but_the_identity(org)
    org.run("restore", tmp_path / "backup.age")
    org.start_daemon()
    assert [alert["report"] for alert in amina.alerts()] == [sent["id"]]
    amina.run("ack", sent["id"])
    assert maria.inbox(sent["receipt"])
    assert maria.report()["state"] == "accepted"
    assert org.run("status").json["server"]["reports"] == 2
    org.publish()


def test_nothing_is_overwritten(org, tmp_path):
    backup = tmp_path / "backup.age"
    org.run("backup", backup)
    content = backup.read_bytes()
    org.run("backup", backup, expect=EX_CANTCREAT)
    assert backup.read_bytes() == content
    org.stop_daemon()
    store = {path.name: path.read_bytes() for path in (org.home / "daemon" / "store").iterdir()}
    org.run("restore", backup, expect=EX_CANTCREAT)
    assert {path.name: path.read_bytes() for path in (org.home / "daemon" / "store").iterdir()} == store
    org.start_daemon()


def test_without_a_daemon(org, tmp_path):
    org.stop_daemon()
    org.run("backup", tmp_path / "backup.age", expect=EX_UNAVAILABLE)
    assert not (tmp_path / "backup.age").exists()
    org.run("restore", tmp_path / "missing.age", expect=EX_CANTCREAT)
    shutil.rmtree(org.home / "daemon" / "store")
    org.run("restore", tmp_path / "missing.age", expect=EX_NOINPUT)


@pytest.mark.parametrize("damage", ["cut", "changed", "header", "nothing", "longer"])
def test_a_damaged_backup_restores_nothing(org, tmp_path, damage):
    put_reports(org, 2)
    backup = tmp_path / "backup.age"
    org.run("backup", backup)
    data = bytearray(backup.read_bytes())
    if damage == "cut":
        data = data[:-70_000]
    elif damage == "changed":
        data[len(data) // 2] ^= 1
    elif damage == "header":
        data = b"age-encryption.org/v2" + data[21:]
    elif damage == "nothing":
        data = b""
    else:
        data += b"x"
    backup.write_bytes(data)
    lose_the_store(org)
    org.run("restore", backup, expect=EX_DATAERR)
    assert sorted(path.name for path in (org.home / "daemon").iterdir() if path.name.startswith("store")) == []


def test_only_an_admin_restores(org, tmp_path):
    org.run("backup", tmp_path / "backup.age")
    (tmp_path / "other").mkdir()
    other = Organisation(tmp_path / "other")
    assert not any((other.home / "daemon" / "store").iterdir())
    other.run("restore", tmp_path / "backup.age", expect=EX_NOPERM)


def test_an_admin_of_two_organisations(org, tmp_path):
    """Her identity opens the backup; the home is another organisation's all the same."""
    org.run("backup", tmp_path / "backup.age")
    (tmp_path / "other").mkdir()
    other = Organisation(tmp_path / "other")
    (other.home / "identity.age").write_bytes((org.home / "identity.age").read_bytes())
    other.run("restore", tmp_path / "backup.age", expect=EX_DATAERR)


def test_a_newer_roster_stays_in_force(org, tmp_path):
    amina, maria = org.officers["amina"], org.defender("maria")
    sent = maria.report()
    org.run("backup", tmp_path / "backup.age")
    binta = org.officer("binta")
    org.run("officer remove", "binta")
    org.publish()
    version = org.roster().version
    lose_the_store(org)
    result = org.run("restore", tmp_path / "backup.age").json
    assert result["roster"] == version and result["backup_roster"] == version - 2
    org.start_daemon()
    assert org.roster().version == version
    binta.run("pull", expect=EX_NOPERM)
    assert [alert["report"] for alert in amina.alerts()] == [sent["id"]]


def test_a_home_that_lacks_a_roster_in_between(org, tmp_path):
    org.run("backup", tmp_path / "backup.age")
    org.officer("binta")
    org.officer("chidi")
    lose_the_store(org)
    (org.home / "roster" / f"{newest(org) - 1}.note").unlink()
    (org.home / "daemon" / "rosters" / f"{newest(org) - 1}.note").unlink(missing_ok=True)
    assert "missing" in org.run("restore", tmp_path / "backup.age", expect=EX_NOINPUT).err
    assert not (org.home / "daemon" / "store").exists()


def newest(org):
    return max(int(path.stem) for path in (org.home / "roster").glob("*.note"))


def test_a_storage_key_that_was_rotated_since(org, tmp_path):
    before = put_reports(org, 3)
    org.run("backup", tmp_path / "backup.age")
    org.run("rotate storage")
    put_reports(org, 1)
    lose_the_store(org)
    org.run("restore", tmp_path / "backup.age")
    org.start_daemon()
    for report, sealed in before.items():
        assert fetched(org, report) == sealed
    after = put_reports(org, 1)
    for report, sealed in after.items():
        assert fetched(org, report) == sealed


def test_the_audit_log_after_a_restore(org, tmp_path):
    """An admin answers for the gap; nobody else can make one."""
    amina = org.officers["amina"]
    put_reports(org, 1)
    org.run("backup", tmp_path / "backup.age")
    later = put_reports(org, 2)
    for report in later:
        fetched(org, report)
    amina.run("pull")
    org.run("status")
    lose_the_store(org)
    org.run("restore", tmp_path / "backup.age")
    org.start_daemon()
    for person, verb in ((amina, "pull"), (org, "status")):
        assert "restored a backup" in person.run(verb).err
        assert "restored a backup" not in person.run(verb).err
    result = org.run("audit", "--verify").json
    assert [entry["actor"] for entry in result["entries"] if entry["kind"] == "restored"] == ["admin"]
    assert [entry["actor"] for entry in result["entries"] if entry["kind"] == "backup"] == ["admin"]
    # The same statement excuses nothing that comes later.
    org.stop_daemon()
    shutil.copytree(org.home / "daemon" / "store", tmp_path / "copy")
    org.start_daemon()
    for report in put_reports(org, 1):
        fetched(org, report)
    amina.run("pull")
    org.stop_daemon()
    shutil.rmtree(org.home / "daemon" / "store")
    shutil.copytree(tmp_path / "copy", org.home / "daemon" / "store")
    org.start_daemon()
    assert "ALARM" in amina.run("pull", expect=EX_PROTOCOL).err


def test_a_statement_that_no_admin_signed(org, tmp_path):
    org.stop_daemon()
    (org.home / "daemon" / "store" / "restored").write_text("{}")
    process = org.start_daemon(wait=False)
    assert process.wait(30) != EX_OK
    (org.home / "daemon" / "store" / "restored").unlink()
    org.start_daemon()


def test_what_was_destroyed_is_not_resurrected(org, tmp_path):
    amina = org.officers["amina"]
    kept, gone, gone_later = (next(iter(put_reports(org, 1))) for _ in range(3))
    org.run("backup", tmp_path / "backup.age")
    org.run("destroy", gone)
    org.run("status")
    org.run("destroy", gone_later)
    amina.run("pull")
    lose_the_store(org)
    # The admin's home knows of the first, the officer's of both.
    result = org.run("restore", tmp_path / "backup.age", "--destroyed", amina.home / "destroyed").json
    assert result["destroyed_known"] is not None
    org.start_daemon()
    assert {alert["report"] for alert in amina.alerts()} == {kept}
    for report in (gone, gone_later):
        assert amina.call("GET", f"reports/{report}")[0].status == 410
    fetched(org, kept)


def test_what_nobody_here_knows_to_be_destroyed(org, tmp_path):
    """The other half: without the list it would be there again."""
    report = next(iter(put_reports(org, 1)))
    org.run("backup", tmp_path / "backup.age")
    org.run("destroy", report)
    lose_everything_but_the_identity(org)
    result = org.run("restore", tmp_path / "backup.age")
    assert result.json["destroyed_known"] is None
    org.start_daemon()
    assert [alert["report"] for alert in org.officers["amina"].alerts()] == [report]


def test_a_list_of_the_destroyed_that_is_none(org, tmp_path):
    org.run("backup", tmp_path / "backup.age")
    lose_the_store(org)
    (tmp_path / "list").write_text("not hex\n")
    org.run("restore", tmp_path / "backup.age", "--destroyed", tmp_path / "list", expect=EX_DATAERR)
    assert not (org.home / "daemon" / "store").exists()
