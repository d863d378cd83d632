"""Wake-ups against real mail and web servers with TLS: what goes out says nothing, gets there at least once, and climbs otherwise."""

import os
import re
import signal
import sqlite3
import tempfile
from pathlib import Path

import pytest

from helpers.middleman import Middleman
from helpers.organisation import Organisation, kill_role
from helpers.programs import program, run, wait_until
from helpers.wakeups import PATIENCE, Hook, MailServer, Socks, certificate

ADDRESS = "amina.private@example.net"
FROM = "notices@example.org"
TEXT = "Something is waiting for you."


@pytest.fixture
def files(tmp_path):
    return certificate(tmp_path)


def organisation(folder, files, mail=None, **settings):
    how = {"wake_ca": files[0], "wake_webhooks": "yes", "wake_seconds": 2}
    if mail is not None:
        how.update(wake_smtp=f"localhost:{mail.port}", wake_from=FROM)
    build = settings.pop("build", None)
    return Organisation(folder / "org", build=build, settings={**how, **settings})


@pytest.fixture(autouse=True)
def folder(tmp_path):
    (tmp_path / "org").mkdir()


def choose(officer, way, *options):
    officer.run("wake set", "-", *options, stdin=way + "\n")


def waiting(officer):
    return officer.run("wake show").json["waiting"]


def until_nothing_waits(officer):
    wait_until(lambda: waiting(officer) == 0, PATIENCE, "the end of what waits")


def role(org, name):
    return next(pid for pid, found in org.roles() if found == name)


def failures(org):
    return org.log().count("event=wake_failed")


# --- what goes out

def test_a_mail_says_nothing(tmp_path, files):
    with MailServer(files) as mail:
        mail.users = {"sender": "a secret"}
        secret = tmp_path / "secret"
        secret.write_text("sender\na secret\n")
        secret.chmod(0o600)
        org = organisation(tmp_path, files, mail, wake_ehlo="relay.example.org", wake_smtp_credentials=secret)
        amina, nadia = org.officer("amina"), org.defender("nadia")
        choose(amina, f"smtp:{ADDRESS}")
        amina.run("wake test")
        mail.wait(1)
        until_nothing_waits(amina)
        sent = nadia.report(urgency="immediate", summary="Words that nobody else may read.")
        messages = mail.wait(2)
        until_nothing_waits(amina)
        for (sender, recipients, raw, hello, user), message in zip(mail.mails, messages):
            assert (sender, recipients, hello, user) == (f"<{FROM}>", [f"<{ADDRESS}>"], "relay.example.org", "sender")
            assert [name for name, _ in message.items()] == ["Date", "From", "To", "Message-ID", "Subject", "MIME-Version", "Content-Type",
                                                             "Content-Transfer-Encoding", "Auto-Submitted"]
            assert (message["From"], message["To"], message["Subject"]) == (FROM, ADDRESS, TEXT)
            assert message.get_content().strip() == TEXT
            assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", message["Message-ID"])
            for word in (b"clarion", sent["id"].encode(), b"urgent", b"immediate", b"libcurl"):
                assert word not in raw.lower()
        assert len(mail.mails) == 2 and messages[0]["Message-ID"] != messages[1]["Message-ID"]


def test_a_mail_over_tls_from_the_first_byte_names_what_the_operator_allows(tmp_path, files):
    with MailServer(files, starttls=False) as mail:
        org = organisation(tmp_path, files, mail, wake_smtp_starttls="no", wake_text="Es wartet etwas — für dich:", wake_alias="urgent=Garten",
                           wake_urgency="yes")
        amina, nadia = org.officer("amina"), org.defender("nadia")
        choose(amina, f"smtp:{ADDRESS}")
        nadia.report(urgency="withheld")
        message = mail.wait(1)[0]
        assert message["Subject"] == "Es wartet etwas — für dich: Garten: immediate" == message.get_content().strip()
        assert mail.mails[0][3] == "example.org" and mail.mails[0][2].isascii()


def test_the_forms_of_webhooks(tmp_path, files):
    with Hook(files) as hook:
        org = organisation(tmp_path, files)
        amina = org.officer("amina")
        plain, coded = "text/plain; charset=utf-8", "application/json"
        forms = {"ntfy": (plain, TEXT), "unifiedpush": (plain, TEXT), "webhook": (coded, f'{{"text":"{TEXT}"}}'),
                 "gotify": (coded, f'{{"message":"{TEXT}","priority":8}}')}
        for count, (kind, (content_type, body)) in enumerate(forms.items(), 1):
            choose(amina, f"{kind}:{hook.url('/message?token=A-1')}")
            amina.run("wake test")
            first, headers, sent = hook.wait(count)[-1]
            until_nothing_waits(amina)
            assert (first, sent.decode()) == ("POST /message?token=A-1 HTTP/1.1", body)
            assert headers == {"Host": f"127.0.0.1:{hook.port}", "Content-Type": content_type, "TTL": "86400", "Content-Length": str(len(body))}


@pytest.fixture
def open_folder():
    """Where the user of notify can go too."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)


def test_the_command_gets_nothing_but_its_arguments(tmp_path, files, open_folder):
    script, shown = open_folder / "ring", open_folder / "shown"
    script.write_text(f'#!/bin/sh\nprintf "%s|" "$#" "$@" "$(env | sort | grep -v ^PWD= | tr "\\n" " ")" "$(pwd)" >>{shown}\n'
                      f'cat >>{shown}\nls /proc/self/fd | tr "\\n" " " >>{shown}\n[ -e {open_folder}/fails ] && exit 3\nexit 0\n')
    script.chmod(0o755)
    org = organisation(tmp_path, files, wake_command=f"{script}  --once $HOME;id")
    amina = org.officer("amina")
    choose(amina, "command")
    amina.run("wake test")
    until_nothing_waits(amina)
    assert re.fullmatch(r"2\|--once\|\$HOME;id\|(LANG=C.UTF-8 )?(OLDPWD=\S* )?PATH=\S+ (SHLVL=\d+ )?(_=\S+ )?\|/\|0 1 2 3 ?", shown.read_text()), shown.read_text()
    (open_folder / "fails").touch()
    wait_until(lambda: amina.run("wake test") and "event=wake_command_failed status=3" in org.log(), PATIENCE, "a command that fails")
    assert waiting(amina) == 1


def test_through_a_proxy_which_looks_up_the_names(tmp_path):
    files = certificate(tmp_path, host="push.example.net")
    with Hook(files) as hook, Socks(hook) as proxy:
        org = organisation(tmp_path, files, wake_proxy=f"socks5h://127.0.0.1:{proxy.port}")
        amina = org.officer("amina")
        choose(amina, "ntfy:https://push.example.net/topic")
        amina.run("wake test")
        first, headers, _ = hook.wait(1)[0]
        until_nothing_waits(amina)
        assert (first, headers["Host"]) == ("POST /topic HTTP/1.1", "push.example.net")
        assert proxy.names == [("push.example.net", 443)] and hook.came == 1


# --- who may see the address

def test_the_address_is_nowhere_in_the_clear(tmp_path, files):
    with Hook(files) as hook:
        org = organisation(tmp_path, files)
        amina, nadia = org.officer("amina"), org.defender("nadia")
        hook.answer = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
        choose(amina, f"ntfy:{hook.url('/her-own-topic')}")
        nadia.report()
        wait_until(lambda: failures(org) > 0, PATIENCE, "a delivery that fails")
        assert waiting(amina) == 1
        needles = [b"her-own-topic", f"127.0.0.1:{hook.port}".encode(), b"ntfy", b"amina"]
        for _ in ("while it runs", "after it ended"):
            disk = {path.name: path.read_bytes() for path in org.file_of("store").iterdir() if path.is_file()}
            assert sum(map(len, disk.values())) > 16 * 1024
            assert [(name, needle) for name, content in disk.items() for needle in needles if needle in content] == []
            if org.process.poll() is None:
                org.stop_daemon()
        assert [needle for needle in needles[:3] if needle in org.log().encode()] == []
        # The control: the same search finds what is written there in the clear.
        with sqlite3.connect(org.file_of("store") / "clarion.db") as database:
            database.execute("CREATE TABLE control (word TEXT)")
            database.execute("INSERT INTO control VALUES ('her-own-topic')")
        database.close()
        assert any(b"her-own-topic" in path.read_bytes() for path in org.file_of("store").iterdir())


def test_whoever_owns_the_front_sees_neither_the_address_nor_its_length(tmp_path, files):
    org = organisation(tmp_path, files)
    amina = org.officer("amina")
    org.stop_daemon()
    org.listen_port = org.port + 1 if org.port < 65000 else org.port - 1
    org.set("listen", f"127.0.0.1:{org.listen_port}")
    org.start_daemon()
    answers = []
    with Middleman(org, lambda method, target, answer: answers.append((method, target, answer))) as middle:
        for way in ("ntfy:https://example.net/" + "a" * 700, "ntfy:https://example.net/a"):
            choose(amina, way)
            assert amina.run("wake show").json["way"] == way
        puts = [body for method, target, _, body in middle.requests if (method, target.rsplit("/", 1)[1]) == ("PUT", "wake")]
        shown = [answer for method, target, answer in answers if (method, target.rsplit("/", 1)[1]) == ("GET", "wake")]
    assert len(puts) == len(shown) == 2
    assert len(puts[0]) == len(puts[1]) and len(shown[0].partition(b"\r\n\r\n")[2]) == len(shown[1].partition(b"\r\n\r\n")[2])
    assert not any(b"example.net" in seen for seen in (*puts, *shown))


# --- servers with manners

def test_a_wrong_certificate_or_none_gets_nothing(tmp_path, files):
    others = certificate(tmp_path, "other", "mail.example.net")
    with MailServer(others) as wrong, Hook(others) as hook:
        org = organisation(tmp_path, files, wrong)
        amina, zahra = org.officer("amina"), org.officer("zahra")
        choose(amina, f"smtp:{ADDRESS}")
        choose(zahra, f"ntfy:{hook.url()}")
        amina.run("wake test")
        zahra.run("wake test")
        wait_until(lambda: failures(org) >= 2, PATIENCE, "two refusals")
        assert wrong.came >= 1 and hook.came >= 1 and wrong.mails == [] and hook.requests == []
        assert waiting(amina) == waiting(zahra) == 1
    with MailServer(files) as plain:
        plain.answers = {"EHLO": ["250 mail"] * 9}  # no STARTTLS
        org.set("wake_smtp", f"localhost:{plain.port}")
        org.process.send_signal(signal.SIGHUP)
        wait_until(lambda: amina.run("wake test") and plain.came > 0, PATIENCE, "the next try, by a new process")
        wait_until(lambda: failures(org) >= 3, PATIENCE, "its refusal")
        assert plain.mails == []


def test_a_mail_that_is_refused_climbs(tmp_path, files):
    """To the next tier at once; a liar who says 200 to anything is believed, and does no harm."""
    with MailServer(files) as mail, Hook(files) as hook:
        org = organisation(tmp_path, files, mail)
        amina = org.officer("amina")
        org.run("officer add", "-", "--desk", org.desk, "--tier", "2", stdin=(bea := new_officer(org, "bea")).card + "\n")
        org.publish()
        bea.join()
        nadia = org.defender("nadia")
        choose(amina, f"smtp:{ADDRESS}")
        choose(bea, f"webhook:{hook.url()}")
        mail.answers = {"RCPT": ["550 nobody here"]}
        hook.answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"\x00garbage" * 200000
        notify = role(org, "notify")
        nadia.report()
        hook.wait(1)
        until_nothing_waits(bea)
        assert waiting(amina) == 0 and mail.mails == [] and role(org, "notify") == notify
        assert "event=wake_lost" in org.log()
        entry = next(entry for entry in org.run("audit").json["entries"] if entry["kind"] == "wake-lost")
        assert (entry["subject"], entry["details"]) == (org.desk, "amina")


def new_officer(org, name):
    from helpers.organisation import Officer
    return Officer(org, name)


def test_through_greylisting_hanging_and_every_end(tmp_path, files, clock_build):
    with MailServer(files) as mail:
        org = organisation(tmp_path, files, mail, build=clock_build)
        amina, nadia = org.officer("amina"), org.defender("nadia")
        choose(amina, f"smtp:{ADDRESS}")
        shifted = 0

        def later(seconds):
            nonlocal shifted
            shifted += seconds
            org.shift_clock(seconds=shifted)

        mail.answers = {"RCPT": ["451 come again"]}
        nadia.report()
        wait_until(lambda: failures(org) == 1, PATIENCE, "greylisting")
        later(30)
        mail.wait(1)
        until_nothing_waits(amina)
        mail.hangs = True
        came = mail.came
        nadia.report(summary="Another one.")
        later(600)  # a desk's pages are grouped
        wait_until(lambda: failures(org) == 2, PATIENCE, "the end of a delivery that hangs")
        later(30)
        wait_until(lambda: mail.came >= came + 2, PATIENCE, "the next try")
        kill_role(role(org, "notify"))
        wait_until(lambda: "event=notify_channel_ended" in org.log(), PATIENCE, "the store's word of it")
        later(120)
        wait_until(lambda: mail.came >= came + 3, PATIENCE, "the next process's try")
        kill_role(role(org, "store"))
        org.wait_until_it_answers()
        org.kill_daemon()
        mail.hangs = False
        org.start_daemon()
        mail.wait(2)
        until_nothing_waits(amina)


def test_a_steady_beat_is_always_alike(tmp_path, files, clock_build):
    with Hook(files) as hook:
        org = organisation(tmp_path, files, build=clock_build, wake_alias="urgent=Garden", wake_urgency="yes")
        amina, nadia = org.officer("amina"), org.defender("nadia")
        choose(amina, f"webhook:{hook.url()}", "--beat", "60")
        for hour in range(1, 5):
            if hour == 3:
                nadia.report(urgency="immediate")
            before = len(hook.requests)
            org.shift_clock(seconds=3600 * hour)
            hook.wait(before + 1)
            if hour < 3:  # from then on it is asked for again and again, because nobody acknowledges, and waits for the next beat
                until_nothing_waits(amina)
            assert len(hook.requests) == before + 1
        assert len({(first, tuple(headers.items()), body) for first, headers, body in hook.requests}) == 1
        assert b"Garden" not in hook.requests[0][2]


# --- what is configured

def test_faults_of_the_configuration_are_listed(tmp_path, files):
    org = Organisation(tmp_path / "org")
    org.officer("amina", join=False)
    wrong = {"wake_smtp": "mail.example.org", "wake_from": "nobody", "wake_proxy": "socks5h://proxy.example.org:9050", "wake_command": "ring",
             "wake_alias": "urgent", "wake_text": "x" * 201, "wake_ehlo": "a b", "wake_seconds": 1, "wake_ca": tmp_path / "missing",
             "wake_smtp_credentials": tmp_path / "missing"}
    check = [program("clariond"), "--config", str(org.configuration), "--check"]
    assert run(check).code == 0
    for name, value in wrong.items():
        before = org.configuration.read_text()
        org.set(name, value)
        done = run(check, expect=None)
        assert done.code == 78 and f"{name}:" in done.err, done
        assert re.search(rf":{len(before.splitlines()) + 1}: ", done.err) or f"line {len(before.splitlines()) + 1}" in done.err, done
        org.configuration.write_text(before)
    org.set("wake_smtp", "mail.example.org:587")
    done = run(check, expect=None)
    assert done.code == 78 and "wake_from is missing" in done.err
    os.chmod(org.configuration, 0o600)
