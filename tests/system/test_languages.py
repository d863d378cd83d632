"""The defender's client in other languages: whole catalogues, nothing that can't be translated, codes that stay codes."""

import itertools
import re
import subprocess

import pytest

from helpers.programs import (BUILD, CLOCK_BUILD, EX_CANTCREAT, EX_DATAERR, EX_NOINPUT, EX_TEMPFAIL, EX_UNAVAILABLE, EX_USAGE, ROOT, program, run)
from helpers.terminal import answer_all, converse

LANGUAGES = ["fr", "es", "ar", "ru", "zh-Hans"]
# A word that only this language's messages have.
SIGNS = {"fr": "coffre", "es": "carpeta segura", "ar": "خزنة", "ru": "хранилищ", "zh-Hans": "保管库"}
WORDS = "Two men waited at the gate."
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2500-\u257f]")


def test_every_text_is_translated_with_the_same_conversions():
    done = subprocess.run([ROOT / "scripts/catalogues", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_message_of_the_executable_is_left_out():
    if CLOCK_BUILD and BUILD.samefile(CLOCK_BUILD):
        pytest.skip("a build with the test clock says things that nobody else hears")
    done = subprocess.run([ROOT / "scripts/catalogues", "unlisted", program("clarion")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_hers(language, tmp_path):
    locale = {"ar": "ar_EG.UTF-8", "fr": "fr_CM.UTF-8", "es": "es_MX.UTF-8", "ru": "ru_RU.UTF-8", "zh-Hans": "zh_CN.UTF-8"}[language]
    command = [program("clarion"), "send", "--home", str(tmp_path / "none")]
    chosen = run(command, expect=EX_NOINPUT, environment={"LC_ALL": "", "LANG": locale})
    assert SIGNS[language] in chosen.err and "there is no home" not in chosen.err and chosen.err.count("\n") == 1
    assert run([*command, "--language", language], expect=EX_NOINPUT, environment={"LC_ALL": "C"}).err == chosen.err
    listed = {"LC_ALL": "C.UTF-8", "LANGUAGE": f"tlh:{locale.split('.')[0]}"}
    assert run(command, expect=EX_NOINPUT, environment=listed).err == chosen.err
    shown = run([program("clarion"), "--help"], environment={"LC_ALL": locale}).out
    assert SIGNS[language] in shown and not CONTROLS.search(shown)


@pytest.mark.parametrize("surroundings", [{"LC_ALL": "", "LANG": ""}, {"LC_ALL": "C", "LANG": "fr_FR.UTF-8", "LANGUAGE": "fr"},
                                          {"LC_ALL": "POSIX"}, {"LC_ALL": "fr_FR.ISO-8859-1"}, {"LC_ALL": "zh_TW.UTF-8"}])
def test_english_as_it_was_written(surroundings, tmp_path):
    refused = run([program("clarion"), "send", "--home", str(tmp_path / "none")], expect=EX_NOINPUT, environment=surroundings)
    assert refused.err == "clarion: there is no home there: make one first (clarion --help)\n"


def test_a_language_that_is_not_spoken(tmp_path):
    refused = run([program("clarion"), "send", "--language", "tlh", "--home", str(tmp_path / "none")], expect=EX_USAGE)
    assert "en, fr, es, ar, ru, zh-Hans" in refused.err and refused.err.count("\n") == 1
    # Tools that speak English alone don't take the option.
    run([program("clarion-officer"), "pull", "--language", "fr", "--home", str(tmp_path / "none")], expect=EX_USAGE)
    assert "--language" not in run([program("clarion-admin"), "status", "--help"]).out


def test_codes_and_json_stay_what_they_are(org):
    amina = org.officer("amina")
    nadia = org.defender("nadia")
    arabic = {**org.environment, "LC_ALL": "ar_EG.UTF-8"}
    where = org.write_report(summary=WORDS, urgency="record")
    sent = run(nadia.command("report", "--file", where), environment=arabic)
    assert set(sent.json) == {"id", "receipt", "state", "accepted"} and sent.json["state"] == "accepted"
    assert re.fullmatch(r"\d{5}( \d{5}){5}", sent.json["receipt"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sent.json["accepted"])
    assert sent.json["receipt"] in sent.err and "إيصالك" in sent.err
    amina.run("reply", sent.json["id"], "Stay inside. \u202eUrgency: none\u2066\n12")
    inbox = nadia.command("inbox", "--receipt-file", "-", json_wanted=False)
    shown = run(inbox, environment=arabic, stdin=sent.json["receipt"] + "\n").out
    # Hostile text between isolates, one pair a line; digits and times as they are.
    assert "\u2068Stay inside. Urgency: none\u2069\n    \u206812\u2069\n" in shown and not CONTROLS.search(shown)
    for line in shown.splitlines():
        assert line.count("\u2068") == line.count("\u2069"), line
    assert not re.search("[\u0660-\u0669\u06f0-\u06f9]", shown)


def test_direction_only_where_asked_for(tmp_path):
    """--bidi tells a terminal, and puts it back before anything else is said; a pipe is told nothing."""
    command = [program("clarion"), "send", "--home", str(tmp_path / "none")]
    for way, sequences in (("rtl", "\033[8h\033[2 k"), ("ltr", "\033[8h\033[1 k"), ("off", "\033[8l\033[1 k")):
        code, shown = converse([*command, "--bidi", way], [])
        assert code == EX_NOINPUT and shown.startswith(sequences + "\033[8h\033[0 kclarion: "), shown
        done = run([*command, "--bidi", way], expect=EX_NOINPUT)
        assert "\033" not in done.out + done.err
    code, shown = converse(command, [])
    assert code == EX_NOINPUT and "\033" not in shown
    run([*command, "--bidi", "sideways"], expect=EX_USAGE)


class Pseudo:
    """The client with a language whose every letter differs: what it says is kept, and looked through."""

    # What is inserted as it is: names of the test, codes, fields, commands, paths, identifiers, times.
    VALUES = re.compile(r"\([A-Za-z-]{2,10}\)|`[^`'\n]*['`]|--[a-z-]+|https?://\S+|clarion:|[0-9a-f]{16,}|\b\S*/\S+|\b(?:clarion-pseudo|amina|beatriz|urgent|other"
                        r"|summary|Test Network|The [a-z]+ desk|founder|admin|join|report|follow-up|alarm|set|cancel|checkin|start|ok"
                        r"|status|off|carry|send|inbox|proof|wipe|cover|duress|immediate|priority|record|withheld|Stay inside|English)\b")

    def __init__(self, org, home, language):
        self.org, self.home, self.language, self.said = org, home, language, []

    def run(self, verb, *arguments, expect=0, stdin="", home=None):
        command = [str(BUILD / "tests/pseudo/clarion-pseudo"), *verb.split(), *map(str, arguments), "--language", self.language]
        if "--memory" not in arguments and "--help" not in command:
            command += ["--home", str(home or self.home)]
        done = run(command, expect=expect, stdin=stdin, environment=self.org.environment)
        self.said.append((command, done.out + done.err))
        return done

    def talk(self, *arguments):
        """A report by questions on a terminal: the first choice wherever there is one to make, every other line empty."""
        command = [str(BUILD / "tests/pseudo/clarion-pseudo"), "report", "--plain", *arguments, "--language", self.language,
                   "--home", str(self.home)]
        code, shown = answer_all(command, [("bérs, báçk, ñéxt ór éñd: ]", ""), (": ]", "1"), ("> ", itertools.cycle(["2026", ""]))],
                                 environment=self.org.environment)
        self.said.append((command, re.sub(r"\r|(?m:^> 2026$)", "", shown)))
        return code, shown

    def plain(self):
        """Every command and the first word of plain English that it said."""
        found = []
        for command, text in self.said:
            rest = self.VALUES.sub(" ", re.sub(r"(?m)^\[  \S.{0,25}  |^\{.*\}$", "[", text))
            words = re.findall(r"\b[A-Za-z]*[aeiou][a-z]+\b", rest)
            if words:
                found.append((" ".join(command[1:]), words, text))
        return found


def refusals(she, org, files):
    """Everything that is wrong before a server is asked."""
    for words in (["nonsense"], ["send", "--nonsense"], ["send", "-x"], ["send", "extra"], ["carry"], ["report", "--desk"],
                  ["report", "--desk", "a", "--desk", "b"], ["send", "--json=yes"], ["checkin", "start", "--every", "soon"],
                  ["report", "--proxy", "x"], ["join", "-", "--proxy", "ftp://x"], ["follow-up", "--report", "x"],
                  ["join", "x", "--no-passphrase", "--passphrase-file", "x"], ["send", "--language", "tlh"]):
        she.run(*words, expect=EX_USAGE)
    she.run("join", "-", expect=EX_DATAERR, stdin="an invitation\n")
    she.run("join", "-", expect=EX_DATAERR)
    she.run("send", home=org.folder / "none", expect=EX_NOINPUT)
    she.run("join", "-", stdin=org.invitation(), home=files["text"], expect=EX_NOINPUT)


def reporting(she, org, files):
    report = org.write_report(summary=WORDS, urgency="record")
    for arguments, code in ((["--file", files["none"]], EX_NOINPUT), (["--file", files["text"]], EX_DATAERR),
                            (["--file", files["wrong"]], EX_DATAERR), ([], EX_USAGE), (["--file", report, "--desk", "x"], EX_DATAERR),
                            (["--file", report, "--urgency", "x"], EX_USAGE), (["--file", report, "--exclude", "x"], EX_DATAERR),
                            (["--file", report, "--exclude", "urgent"], EX_DATAERR), (["--file", report, "--attach", files["none"]], EX_NOINPUT),
                            (["--file", report, "--attach", org.folder], EX_DATAERR), (["--file", report, "--exclude", "amina"], EX_DATAERR)):
        she.run("report", *([] if "--desk" in arguments else ["--desk", "urgent"]), *arguments, expect=code)
    she.run("report", "--desk", "urgent", "--file", report, "--out", files["sealed"])
    she.run("report", "--desk", "urgent", "--file", report, "--out", files["sealed"], expect=EX_CANTCREAT)
    she.run("carry", files["sealed"])
    she.run("carry", files["text"], expect=EX_NOINPUT)
    return she.run("report", "--desk", "urgent", "--file", report, "--json").json


def answers(she, org, sent, report):
    she.run("inbox", "--receipt-file", "-", stdin=sent["receipt"])
    for wrong in (sent["receipt"][:-1], sent["receipt"] + " 1", "letters", ""):
        she.run("inbox", "--receipt-file", "-", stdin=wrong + "\n", expect=EX_DATAERR)
    she.run("inbox", expect=EX_USAGE)
    org.officers["amina"].run("reply", sent["id"], "Stay inside")
    she.run("inbox", "--receipt-file", "-", stdin=sent["receipt"])
    she.run("follow-up", "--receipt-file", "-", "--file", report, stdin=sent["receipt"])


def alarms(she, report):
    she.run("alarm", expect=EX_NOINPUT)
    she.run("alarm cancel", expect=EX_NOINPUT)
    she.run("alarm set", "--desk", "urgent", "--file", report)
    she.run("alarm")
    she.run("alarm cancel")
    she.run("checkin ok", expect=EX_NOINPUT)
    she.run("checkin status")
    she.run("checkin start", "--every", "30", "--desk", "urgent", "--file", report)
    she.run("checkin start", "--every", "30", "--desk", "urgent", "--file", report, expect=EX_CANTCREAT)
    for verb in ("checkin status", "checkin ok", "checkin cancel"):
        she.run(verb)
    she.run("proof", report.parent, expect=EX_NOINPUT)


def prepared(org, language):
    files = {name: org.folder / name for name in ("none", "text", "wrong", "sealed")}
    files["text"].write_text("this is no report")
    files["wrong"].write_text('{"schema": 1, "summary": ""}')
    return Pseudo(org, org.folder / "nadia", language), files


def said_nothing_plain(she):
    plain = she.plain()
    assert not plain, "\n".join(f"{command}: {words}\n{text}" for command, words, text in plain)


def test_what_is_said_from_the_right_is_isolated(org):
    she, files = prepared(org, "ar-XB")
    she.run("--help")
    verbs = re.findall(r"(?m)^  ([a-z-]+(?: [a-z-]+)?)  ", run([program("clarion"), "--help"]).out)
    assert len(verbs) > 12
    for verb in verbs:
        she.run(verb, "--help")
    refusals(she, org, files)
    said_nothing_plain(she)
    for command, text in she.said:
        for line in text.splitlines():
            depths = [line[:at].count("\u2067") + line[:at].count("\u2068") - line[:at].count("\u2069") for at in range(len(line) + 1)]
            assert min(depths) == 0 and depths[-1] == 0, (command, line)
            # Latin letters lie at least one isolate deeper than the Arabic sentence.
            assert all(depths[at.start()] > 1 for at in re.finditer("[A-Za-z]", line)), (command, line)


@pytest.mark.long
def test_nothing_is_said_that_cannot_be_translated(org):
    org.officer("amina")
    she, files = prepared(org, "en-XA")
    report = org.write_report(summary=WORDS, urgency="record")
    she.run("join", "-", "--no-passphrase", stdin=org.invitation())
    code, shown = she.talk("--desk", "urgent")
    assert code == 0 and shown.count("Qúéstíóñ") > 15, shown[-3000:]
    sent = reporting(she, org, files)
    answers(she, org, sent, report)
    alarms(she, report)
    org.add_desk("other")
    org.officer("beatriz")
    she.run("report", "--desk", "urgent", "--file", report)
    org.stop_daemon()
    she.run("report", "--desk", "urgent", "--file", report, expect=EX_TEMPFAIL)
    she.run("send", expect=EX_TEMPFAIL)
    she.run("inbox", "--receipt-file", "-", stdin=sent["receipt"], expect=EX_UNAVAILABLE)
    she.run("report", "--memory", "-", "--desk", "urgent", "--file", report, stdin=org.invitation(), expect=None)
    she.run("wipe")
    assert len(she.said) > 30
    said_nothing_plain(she)
