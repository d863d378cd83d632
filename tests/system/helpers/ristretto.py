"""Admission tokens made in Python from docs/protocol.md, RFC 9496 (ristretto255) and RFC 9497 (VOPRF) alone: shares no code with Clarion."""

import base64
import hashlib
import secrets

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"
TOKEN_TYPE = b"\0\5"
CHALLENGE = TOKEN_TYPE + b"\0\x0fclarion-token/1" + b"\0" + b"\0\0"


def is_negative(x):
    return x % P & 1


def absolute(x):
    return P - x % P if is_negative(x) else x % P


def sqrt_ratio(u, v):
    """(whether u/v is a square, the root of it or of i·u/v)."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    wrong = check in (-u % P, -u * SQRT_M1 % P)
    return check in (u % P, -u % P), absolute(root * SQRT_M1 if wrong else root)


INV_SQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235


class Element:
    """A point in extended coordinates; equal ones have equal bytes."""

    def __init__(self, x, y, z=1, t=None):
        self.x, self.y, self.z, self.t = x % P, y % P, z % P, (x * y if t is None else t) % P

    def __add__(self, other):
        a, b = (self.y - self.x) * (other.y - other.x), (self.y + self.x) * (other.y + other.x)
        c, d = 2 * D * self.t * other.t, 2 * self.z * other.z
        e, f, g, h = b - a, d - c, d + c, b + a
        return Element(e * f, g * h, f * g, e * h)

    def __rmul__(self, scalar):
        total, addend = Element(0, 1), self
        for bit in range(253):
            if scalar >> bit & 1:
                total = total + addend
            addend = addend + addend
        return total

    def __bytes__(self):
        u1, u2 = (self.z + self.y) * (self.z - self.y), self.x * self.y
        inverse = sqrt_ratio(1, u1 * u2 * u2)[1]
        den1, den2 = inverse * u1, inverse * u2
        z_inverse = den1 * den2 * self.t
        rotate = is_negative(self.t * z_inverse)
        x = self.y * SQRT_M1 if rotate else self.x
        y = self.x * SQRT_M1 if rotate else self.y
        den = den1 * INV_SQRT_A_MINUS_D if rotate else den2
        if is_negative(x * z_inverse):
            y = -y
        return absolute(den * (self.z - y)).to_bytes(32, "little")

    @staticmethod
    def parse(data):
        s = int.from_bytes(data, "little")
        assert len(data) == 32 and s < P and not is_negative(s) and s != 0
        u1, u2 = 1 - s * s, 1 + s * s
        v = -(D * u1 * u1) - u2 * u2
        square, inverse = sqrt_ratio(1, v * u2 * u2)
        den_x = inverse * u2
        x, y = absolute(2 * s * den_x), u1 * inverse * den_x * v % P
        assert square and not is_negative(x * y) and y != 0
        return Element(x, y)


def of_half(data):
    """MAP of RFC 9496, section 4.3.4."""
    t = int.from_bytes(data, "little") % 2**255
    r = SQRT_M1 * t * t
    u, c, v = (r + 1) * (1 - D * D), -1, (-1 - r * D) * (r + D)
    square, s = sqrt_ratio(u % P, v % P)
    if not square:
        s, c = -absolute(s * t), r
    n = c * (r - 1) * (D - 1)**2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return Element(w0 * w3, w2 * w1, w1 * w3, w0 * w2)


GENERATOR = Element.parse(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def counted(data):
    return len(data).to_bytes(2, "big") + data


def expand(message, tag):
    tag += CONTEXT
    tag += bytes([len(tag)])
    first = hashlib.sha512(bytes(128) + message + b"\0\x40\0" + tag).digest()
    return hashlib.sha512(first + b"\1" + tag).digest()


def hash_to_scalar(message):
    return int.from_bytes(expand(message, b"HashToScalar-"), "little") % ORDER


def hash_to_group(message):
    uniform = expand(message, b"HashToGroup-")
    return of_half(uniform[:32]) + of_half(uniform[32:])


def proof_holds(key, blinded, evaluated, proof):
    seed = hashlib.sha512(counted(key) + counted(b"Seed-" + CONTEXT)).digest()
    m = z = Element(0, 1)
    for number, (c, d) in enumerate(zip(blinded, evaluated)):
        weight = hash_to_scalar(counted(seed) + number.to_bytes(2, "big") + counted(c) + counted(d) + b"Composite")
        m, z = m + weight * Element.parse(c), z + weight * Element.parse(d)
    c, s = (int.from_bytes(half, "little") for half in (proof[:32], proof[32:]))
    t2, t3 = s * GENERATOR + c * Element.parse(key), s * m + c * z
    return c == hash_to_scalar(b"".join(counted(bytes(part)) for part in (key, m, z, t2, t3)) + b"Challenge")


class Batch:
    """So many tokens of a key, asked for and taken."""

    def __init__(self, key, count):
        self.key, self.key_id = key, hashlib.sha256(key).digest()
        challenge = hashlib.sha256(CHALLENGE).digest()
        self.inputs = [TOKEN_TYPE + secrets.token_bytes(32) + challenge + self.key_id for _ in range(count)]
        self.blinds = [secrets.randbelow(ORDER - 1) + 1 for _ in range(count)]
        self.blinded = [bytes(blind * hash_to_group(message)) for blind, message in zip(self.blinds, self.inputs)]

    @property
    def request(self):
        size = 32 * len(self.blinded)
        length = bytes([size]) if size < 64 else (0x4000 | size).to_bytes(2, "big")
        return TOKEN_TYPE + self.key_id[-1:] + length + b"".join(self.blinded)

    def tokens(self, answer):
        """The tokens as the Authorization field takes them."""
        start = 1 if len(self.blinded) == 1 else 2
        assert len(answer) == start + 32 * len(self.blinded) + 64
        evaluated = [answer[at:at + 32] for at in range(start, len(answer) - 64, 32)]
        assert proof_holds(self.key, self.blinded, evaluated, answer[-64:])
        return [f'PrivateToken token="{base64.urlsafe_b64encode(message + self._output(*rest, message)).decode()}"'
                for *rest, message in zip(self.blinds, evaluated, self.inputs)]

    @staticmethod
    def _output(blind, evaluated, message):
        element = pow(blind, -1, ORDER) * Element.parse(evaluated)
        return hashlib.sha512(counted(message) + counted(bytes(element)) + b"Finalize").digest()
