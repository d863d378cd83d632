"""Whether two requests that must look alike also take as long: interleaved samples, and how well the better guesser does."""

import base64
import hashlib
import os
import random
import statistics
import time

from helpers import attacks, signing, stock, wire

# The chance that a guesser takes one answer for the slower kind rightly; 0.5 is chance alone. With 1,500 samples of a kind
# 0.5 +- 0.03 covers what equal kinds show in 99 of 100 runs.
ADVANTAGE_MAX = 0.03
# Of each answer by itself: its time, its signature over the request's nonce, and whether the connection was old enough to end.
OWN_FIELDS = ("date", "answer-signature", "connection")


def sample(port, requests, count):
    """{name: seconds of each answer}, in random order over one connection that is made anew where it was closed."""
    times, contents = {name: [] for name in requests}, {name: set() for name in requests}
    order = [name for name in requests for _ in range(count)]
    random.shuffle(order)
    line = None
    for name in order:
        head = requests[name]
        if line is None:
            line = wire.connect(port)
        sent = head() if callable(head) else head
        began = time.perf_counter()
        line.sendall(sent)
        answer = wire.read_answer(line)
        times[name].append(time.perf_counter() - began)
        fields = tuple(sorted((key, value) for key, value in answer.headers.items() if key not in OWN_FIELDS))
        contents[name].add((answer.status, fields, answer.body))
        if answer.headers.get("connection") == "close":
            line.close()
            line = None
    if line is not None:
        line.close()
    return times, contents


def advantage(one, other):
    """|P(a random one is slower than a random other) - 1/2|, ties counted half."""
    merged = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank_sum, at = 0.0, 0
    while at < len(merged):
        until = at
        while until < len(merged) and merged[until][0] == merged[at][0]:
            until += 1
        rank = (at + until + 1) / 2
        rank_sum += rank * sum(1 for _, kind in merged[at:until] if kind == 0)
        at = until
    u = rank_sum - len(one) * (len(one) + 1) / 2
    return abs(u / (len(one) * len(other)) - 0.5)


def compare(port, title, requests, count):
    times, contents = sample(port, requests, count)
    names = list(requests)
    first, wrong = names[0], []
    for name in names:
        share = advantage(times[first], times[name])
        print(f"  {title}: {name}: median {statistics.median(times[name]) * 1e6:.0f} us, advantage over `{first}' {share:.3f}")
        if share > ADVANTAGE_MAX:
            wrong.append(f"{title}: {name} can be told from {first} by its time ({share:.3f})")
        if contents[name] != contents[first]:
            wrong.append(f"{title}: {name} can be told from {first} by its content")
    return wrong


def everything(org, amina, count):
    """What a prober without the base path sees, and what an officer of one desk sees of another's."""
    def get(path, headers=()):
        return wire.request_bytes("GET", path, org.authority, headers)

    def signed(path):
        target = org.target(path)
        return lambda: get(target, signing.signed_headers(amina.signing_key, "GET", org.authority, target, b""))

    # Of one length: a longer path takes longer to read, whatever it says.
    right, other = f"{org.base_path}/v1/roster", f"/{'A' * (len(org.base_path) - 1)}/v1/roster"
    half = right[:len(org.base_path) // 2] + other[len(org.base_path) // 2:]
    wrong = compare(org.port, "prober", {"a page that isn't there": get("/" + "p" * (len(right) - 1)), "another base path": get(other),
                                         "half of the base path": get(half)}, count)
    # Malformed in every way that is refused before anybody looks at where it goes; the last shape is many good requests.
    broken = [shape.replace(b" / ", b" %s ", 1).replace(b" http://a/ ", b" http://a%s ", 1) for shape in attacks.SHAPES[:-1]]

    def malformed(target):
        return lambda: random.choice(broken) % target.encode()

    wrong += compare(org.port, "malformed", {"another base path": malformed(other), "half of the base path": malformed(half),
                                             "the base path": malformed(right)}, count)
    keys = {"unknown": os.urandom(32), "emptied": os.urandom(32)}
    boxes = {name: hashlib.sha256(key).digest()[:16].hex() for name, key in keys.items()}
    words = {name: base64.urlsafe_b64encode(key).decode().rstrip("=") for name, key in keys.items()}
    message = stock.seal(org.roster().recipients(org.desk), b"an answer")
    posted, _ = amina.call("POST", f"mailboxes/{boxes['emptied']}", message)
    assert posted.status == 201
    target = org.target(f"mailboxes/{boxes['emptied']}")
    assert wire.request(org.port, "DELETE", target, {"Mailbox-Key": words["emptied"]}).status == 204
    wrong += compare(org.port, "mailbox", {name: get(org.target(f"mailboxes/{box}"), {"Mailbox-Key": words[name]}) for name, box in boxes.items()}, count)
    org.add_desk("legal")
    org.officer("zahra", desk="legal", join=False)
    report, sealed = org.seal(recipients=org.roster().recipients("legal"))
    assert org.put(report, sealed, desk="legal").status == 201
    wrong += compare(org.port, "report", {"unknown": signed(f"reports/{'ab' * 32}"), "another desk's": signed(f"reports/{report}")}, count)
    return wrong
