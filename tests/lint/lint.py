#!/usr/bin/python3
"""Checks every rule of rules.py over the sources that git tracks. Prints each breach, then how many rules held."""
import re
import subprocess
import sys
from pathlib import Path

import rules

ROOT = Path(__file__).resolve().parent.parent.parent


def tracked(*patterns):
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", *patterns],
                            check=True, capture_output=True, text=True).stdout.split()
    return [name for name in sorted(set(listed)) if (ROOT / name).is_file()]


def without_comments(text):
    """The same text with comments and literals blanked, line by line in place."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', blank, text, flags=re.S)


def functions(code):
    """(name, line, lines, parameters) for each function body that opens with a brace in column one."""
    lines = code.split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            first = start - 1
            while first > 0 and lines[first - 1].strip() and not lines[first - 1].rstrip().endswith((";", "}")) \
                    and not lines[first - 1].startswith("#"):
                first -= 1
            head = " ".join(lines[first:start])
            match = re.search(r"(\w+)\s*\((.*)\)\s*$", head)
            if match:
                yield match.group(1), first + 1, number - start + 1, match.group(2).count(",") + 1
            start = None


def check_sizes(sources):
    for name, text in sources.items():
        count = text.count("\n")
        if count > rules.FILE_LINES:
            yield f"{name}: {count} lines, at most {rules.FILE_LINES}"
        for function, line, length, parameters in functions(without_comments(text)):
            if length > rules.FUNCTION_LINES:
                yield f"{name}:{line}: {function} has {length} lines, at most {rules.FUNCTION_LINES}"
            if parameters > rules.PARAMETERS:
                yield f"{name}:{line}: {function} takes {parameters} parameters, at most {rules.PARAMETERS}"


def includes(text):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, flags=re.M)


def check_layers(sources):
    for name, text in sources.items():
        allowed = next((own for folder, own in rules.LAYERS if name.startswith(folder)), None)
        for header in includes(text):
            prefix = header.split("/")[0]
            if allowed is not None and "/" in header and prefix in rules.OUR_PREFIXES and prefix not in allowed:
                yield f"{name}: may not include {header}"
            if header.startswith(".."):
                yield f"{name}: {header} leaves its folder"
            if name.startswith("proto/") and any(header.startswith(ban) for ban in rules.PROTO_BANNED_INCLUDES):
                yield f"{name}: proto/ is pure, it may not include {header}"


def check_foreign(sources):
    for library, (most, folders) in rules.FOREIGN.items():
        users = [name for name, text in sources.items()
                 if not name.startswith("tests/") and any(header.startswith(library) for header in includes(text))]
        if len(users) > most:
            yield f"{library} is included by {len(users)} files, at most {most}: {' '.join(users)}"
        for name in users:
            if not name.startswith(folders):
                yield f"{name}: {library} has no place here"


def check_banned(sources):
    for name, text in sources.items():
        if name.startswith("tests/"):
            continue
        code = without_comments(text)
        for call, instead in rules.BANNED_CALLS.items():
            if (name, call) in rules.ALLOWED:
                continue
            for match in re.finditer(rf"(?<![\w.>]){call}\s*\(", code):
                yield f"{name}:{code.count(chr(10), 0, match.start()) + 1}: {call}: {instead}"


def check_allowed_used(sources):
    for name, call in rules.ALLOWED:
        if not re.search(rf"\b{call}\s*\(", without_comments(sources.get(name, ""))):
            yield f"rules.py: the exception for {call} in {name} is no longer needed"


def check_words(_sources):
    for name in tracked():
        if name.startswith("tests/fuzz/corpus/") or name == "tests/lint/rules.py":
            continue
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(rules.UNFINISHED, line):
                yield f"{name}:{number}: unfinished work"
            if re.search(rules.MACHINE_PATHS, line):
                yield f"{name}:{number}: a path of one machine"


def check_guards(sources):
    for name, text in sources.items():
        if name.endswith(".h") and not re.search(r"^#ifndef \w+_H\n#define \w+_H$", text, flags=re.M):
            yield f"{name}: no include guard"


def check_format(sources):
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True)
    if "version 14." not in version.stdout:
        return  # other versions lay out differently; Debian 12's is the judge
    result = subprocess.run(["clang-format", "--dry-run", "--Werror", *sources], cwd=ROOT, capture_output=True, text=True)
    for line in result.stderr.split("\n"):
        if "error:" in line:
            yield line


def check_documents(_sources):
    """Every file of C has its line in docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text() if (ROOT / "docs/architecture.md").exists() else ""
    for name in tracked("*.c"):
        if not name.startswith("tests/") and Path(name).name not in text:
            yield f"docs/architecture.md: no line for {name}"


CHECKS = [check_sizes, check_layers, check_foreign, check_banned, check_allowed_used, check_words, check_guards,
          check_format, check_documents]


def main():
    sources = {name: (ROOT / name).read_text() for name in tracked("*.c", "*.h")}
    failed = 0
    for check in CHECKS:
        breaches = list(check(sources))
        failed += bool(breaches)
        for breach in breaches:
            print(f"lint: {breach}")
    print(f"lint: {len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
