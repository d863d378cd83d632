"""The questions of `clarion report` as she meets them: on the whole screen, line by line, and broken off."""

import os
import pty
import re
import select
import signal
import time

from helpers.programs import EX_DATAERR, clean_environment

UP, DOWN, RIGHT, LEFT = "\033[A", "\033[B", "\033[C", "\033[D"
SCREEN, BACK = "\033[?1049h", "\033[?1049l"
CLEAR = "\033[2J\033[H"


class Terminal:
    """A program on a terminal of its own, one key press after the other."""

    def __init__(self, command, term="xterm"):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, {**clean_environment(), "TERM": term})
        self.shown, self.seen = "", 0

    def read(self, seconds=0.1):
        if not select.select([self.terminal], [], [], seconds)[0]:
            return True
        try:
            part = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.shown += part.decode(errors="replace")
        return bool(part)

    def expect(self, text, keys="", seconds=60):
        """Waits until text is shown, newly; then types."""
        end = time.monotonic() + seconds
        while text not in self.shown[self.seen:]:
            assert self.read() and time.monotonic() < end, f"{text!r} was never shown:\n{self.shown[self.seen:]}"
        self.seen = len(self.shown)
        os.write(self.terminal, keys.encode())

    def end(self, seconds=60):
        end = time.monotonic() + seconds
        while self.read() and time.monotonic() < end:
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.terminal)
        return code


def last_screen(terminal):
    return terminal.shown.rpartition(CLEAR)[2]


def test_on_the_whole_screen(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    screen = Terminal(nadia.command("report", json_wanted=False))
    screen.expect("How urgent is it?", DOWN)
    screen.expect(">  2", "\r")
    screen.expect("In one or two sentences", "They wait. Call +254 712 345 678\r")
    screen.expect("There seems to be a phone number in it.", "1")
    screen.expect("> \u2068They wait. Call +254 712 345 678", "\x7f" * 22)
    screen.expect("> \u2068They wait.\u2069", "\r")
    screen.expect("as long as you want", "At nine.\r")
    screen.expect("At nine.", "Tw\u00f6.\r\r")
    screen.expect("Who did it happen to?", LEFT)
    screen.expect("as long as you want", RIGHT)
    screen.expect("Who did it happen to?", "3")
    screen.expect("know that you report it?", "4")
    screen.expect("When did it happen", "yesterday\r")
    screen.expect("Please write it like 2026-11-24", "\x7f" * 9 + "2026-11\r")
    screen.expect("How sure is that date?", LEFT)
    screen.expect("2026-11", RIGHT)
    screen.expect("How sure is that date?", "3")
    screen.expect("Does it still go on?", UP + UP + "\r")
    screen.expect("What was done?", "8")
    screen.expect("What fits best?", "1")
    screen.expect("How many people", "s")
    screen.expect("16 KiB", "")
    review = last_screen(screen)
    assert "amina" in review and "the desk: urgent" in review and "the urgency: urgent" in review and "16 KiB" in review
    screen.expect("", "1")
    assert screen.end() == 0, screen.shown
    # What was on the terminal before is back, and nothing of the report stays on it.
    assert screen.shown.count(SCREEN) == screen.shown.count(BACK) == 1
    assert "They wait" not in screen.shown.partition(BACK)[2] and re.search(r"number: [0-9 ]{35}", screen.shown.partition(BACK)[2])

    sent = amina.alerts()[0]
    report = amina.run("open", sent["report"], "--out", tmp_path / "out").json
    assert sent["urgency"] == "urgent" and report["summary"] == "They wait." and report["narrative"] == "At nine.\nTw\u00f6."
    assert (report["reporter_relation"], report["affected_aware"]) == ("COL", "WHD")
    assert (report["occurred_from"], report["date_precision"], report["ongoing"]) == ("2026-11", "MON", "UNK")
    assert report["acts"] == [{"kind": "THR.01", "person_ref": "P1", "perp_ref": "A1"}]
    assert "persons" not in report and "needs" not in report


def test_what_she_takes_out_is_not_sent(org, tmp_path):
    amina, nadia = org.officer("amina"), org.defender("nadia")
    screen = Terminal(nadia.command("report", json_wanted=False))
    screen.expect("How urgent is it?", "2")
    screen.expect("In one or two sentences", "They wait.\r")
    screen.expect("as long as you want", "Gone soon.\r\r")
    screen.expect("Who did it happen to?", LEFT)
    # An arrow throws nothing away that was typed and not entered yet.
    screen.expect("Gone soon.", "!" + LEFT)
    screen.expect("Gone soon.!", "\x7f" * 11)
    screen.expect("> \u2068\u2069", "\r")
    screen.expect("Who did it happen to?", "s")
    screen.expect("16 KiB", "1")
    assert screen.end() == 0, screen.shown
    report = amina.run("open", amina.alerts()[0]["report"], "--out", tmp_path / "out").json
    assert report["summary"] == "They wait." and "narrative" not in report


# What is asked, in its order, and what is typed then.
WHOLE = [
    ("How urgent is it?", "\u0664"), ("In one or two sentences", "They searched the office."), ("as long as you want", "next"),
    ("Who did it happen to?", "4"), ("know that you report it?", "1"), ("When did it happen", "?"), ("Does it still go on?", "4"),
    ("What was done?", "back"), ("Does it still go on?", "next"), ("What was done?", "9"), ("What fits best?", "3"),
    ("How many people", "3"), ("What does she do", "1"), ("Is that person", "nonsense"), ("Please choose one of the numbers.", "1"),
    ("How old is that person?", "6"), ("How is that person now?", "3"), ("Who did it? No names", "2"),
    ("because of work for human rights?", "1"), ("What is needed?", "\u0661\u0660\u060c \uff15"), ("Who else may learn of it?", "3"),
    ("May partner services", "3"), ("May names go to the government", "1"), ("public reports of the United Nations", "4"),
    ("report on reprisals", "2"), ("May it be counted", "3"), ("May the evidence", "next"), ("May officers contact you?", "2"), ("How?", "1"),
    ("Under which number, address or name?", "nadia.17"), ("Can somebody else see", "2"), ("May they leave a message?", "2"),
    ("Who shall they say they are", "the library"), ("A word that the officer says", "marigold"), ("An everyday word", "-"),
    ("What if you don't answer?", "2"), ("In which language", "2"), ("who must not read it?", "1"), ("Is that right?", "3"),
    ("Why is it urgent?", "10"), ("At what time of day?", "4"), ("How much shall they know of the place?", "3"),
    ("In which country?", "KE"), ("The town or village:", "Kitale"), ("What kind of place?", "2"), ("How many did it?", "end"),
    ("Is that right?", "1"),
]


def test_every_question_line_by_line(org, tmp_path):
    """All that DOMAIN.md marks R becomes the report that it says; with --plain nothing moves the cursor."""
    org.officer("amina")
    zoe, nadia = org.officer("zoe"), org.defender("nadia")
    plain = Terminal(nadia.command("report", "--plain", json_wanted=False))
    for asked, typed in WHOLE:
        plain.expect(asked, typed + "\n")
    assert plain.end() == 0, plain.shown
    assert "\033" not in plain.shown
    assert "amina" not in plain.shown.rpartition("Who can open it")[2]

    sent = zoe.alerts()[0]
    report = zoe.run("open", sent["report"], "--out", tmp_path / "out").json
    report.pop("envelope")
    assert report == {
        "schema": 1, "urgency": "record", "summary": "They searched the office.", "reporter_relation": "ORG", "affected_aware": "Y",
        "occurred_from": "UNK", "ongoing": "END", "acts": [{"kind": "SUR.03", "person_ref": "P1", "perp_ref": "A1"}],
        "persons": [{"ref": "P1", "unit": "GRP", "category": "HRD", "gender": "F", "age_band": "UNK", "status_now": "THRT"}],
        "perpetrators": [{"ref": "A1", "type": "ST.POL"}], "link_to_work": "YES", "needs": ["GRA", "DSE"],
        "consent": {"refer": {"state": "Y"}, "govt": {"state": "N"}, "reprisal": {"state": "ASK"}, "stats": {"state": "Y"}},
        "contact": {"mode": "CONTACT", "channels": [{"type": "SIG", "handle": "nadia.17", "others_can_see": "N"}], "message_ok": "N",
                    "cover": "the library", "word_officer": "marigold", "if_no_answer": "NEXT"},
        "report_lang": "fr", "exclude": ["amina"], "urgency_reason": ["CHI"], "time_band": "NIG",
        "place": [{"precision": "P4", "share_precision": "P3", "country": "KE", "locality": "Kitale", "site_type": "WRK"}],
    }
    # Somebody says a word on the telephone.
    said = {"is": "officer", "person": None, "if_danger": None}
    assert zoe.run("word", sent["report"], "-", stdin="\uff2d\u200bARIGOLD\n").json == said
    assert zoe.run("word", sent["report"], "marigold tree").json == {**said, "is": None}


def test_broken_off(org):
    """Ctrl-C puts the terminal back; nothing is queued, nothing readable is anywhere, and saying no is the same."""
    org.officer("amina")
    nadia = org.defender("nadia")
    word = "Zanzibar-4711"
    for stop in ("\x03", "end"):
        screen = Terminal(nadia.command("report", json_wanted=False))
        screen.expect("How urgent is it?", "1")
        screen.expect("In one or two sentences", word + "\r")
        screen.expect("as long as you want", word)
        screen.expect(word, "\x03" if stop == "\x03" else "\r\r")
        if stop == "end":
            screen.expect("Who did it happen to?", "s")
            screen.expect("Is that right?", "4")
        assert screen.end() == (-signal.SIGINT if stop == "\x03" else EX_DATAERR)
        assert word not in screen.shown.partition(BACK)[2] and screen.shown.count(BACK) == 1
    assert nadia.run("send").json == {"sent": 0, "queued": 0}
    for path in nadia.home.rglob("*"):
        assert not path.is_file() or word.encode() not in path.read_bytes()


def test_without_a_terminal_nothing_is_asked(org):
    org.officer("amina")
    nadia = org.defender("nadia")
    assert nadia.run("report", "--urgency", "record", expect=64).out == ""
    assert "plain" in nadia.run("report", "--help", json_wanted=False).out
