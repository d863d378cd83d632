"""The rules that a script can check, as data: who may include what, what is banned, how large a room may be."""

FILE_LINES = 500
FUNCTION_LINES = 60
PARAMETERS = 8

# First match wins. Each folder: the include prefixes of ours that it may use besides its own files.
LAYERS = [
    ("proto/", {"proto"}),
    ("keys/", {"proto", "keys"}),
    ("daemon/base/", {"proto", "keys", "base", "channel"}),
    ("daemon/channel/", {"proto", "keys", "base", "channel"}),
    ("daemon/front/", {"proto", "keys", "base", "channel", "front"}),
    ("daemon/store/", {"proto", "keys", "base", "channel", "store"}),
    ("daemon/notify/", {"proto", "keys", "base", "channel", "notify"}),
    ("daemon/supervisor/", {"proto", "keys", "base", "channel", "front", "store", "notify", "supervisor"}),
    ("client/", {"proto", "keys", "client"}),
]
OUR_PREFIXES = {"proto", "keys", "base", "channel", "front", "store", "notify", "supervisor", "client"}

# A foreign library lives in at most this many files, all of them below one of these folders.
FOREIGN = {
    "openssl/": (5, ("proto/", "keys/", "daemon/front/", "client/shared/")),
    "sqlite3.h": (4, ("daemon/store/",)),
    "curl/": (4, ("client/shared/", "daemon/notify/")),
    "seccomp.h": (1, ("daemon/base/",)),
    "qrencode.h": (1, ("client/",)),
    "event2/": (40, ("daemon/",)),
}
# proto/ is pure: no sockets, no files, no clock, no processes.
PROTO_BANNED_INCLUDES = ("sys/socket.h", "fcntl.h", "unistd.h", "time.h", "sys/stat.h", "event2/", "sqlite3.h", "curl/")

BANNED_CALLS = {
    "strcpy": "copy with a length", "strcat": "use struct buffer", "strncpy": "copy with a length",
    "strncat": "use struct buffer", "sprintf": "use snprintf", "vsprintf": "use vsnprintf",
    "strtok": "use struct reader", "strtok_r": "use struct reader", "atoi": "use reader_decimal",
    "atol": "use reader_decimal", "atoll": "use reader_decimal", "strtol": "use reader_decimal",
    "strtoul": "use reader_decimal", "strtoull": "use reader_decimal", "alloca": "allocate",
    "gets": "never", "scanf": "use struct reader", "sscanf": "use struct reader", "fscanf": "use struct reader",
    "system": "fork and exec", "popen": "fork and exec", "mktemp": "open with O_EXCL", "tmpnam": "open with O_EXCL",
    "rand": "use randombytes", "srand": "use randombytes", "random": "use randombytes", "gethostbyname": "never",
    "memcmp": "use sodium_memcmp for secrets, bytes_equal otherwise", "evhttp_new": "DESIGN says why not",
    "getenv": "only in the files named in ALLOWED", "vfork": "fork and exec", "setenv": "never",
    "clock_gettime": "use keys/clock.h", "gettimeofday": "use keys/clock.h",
}
# Where a banned call is right, with the reason beside it. This list may only shrink.
ALLOWED = {
    ("proto/base.c", "memcmp"): "bytes_equal itself",
    ("keys/clock.c", "clock_gettime"): "the one place that reads a clock",
    ("keys/clock.c", "getenv"): "the test clock of test builds",
    ("client/shared/home.c", "getenv"): "the XDG folders",
    ("client/officer/shifts.c", "setenv"): "TZ: the C library knows no other way to the local times of a place",
    ("client/shared/language.c", "getenv"): "the locale, and LANGUAGE",
    ("client/shared/screen.c", "getenv"): "TERM: what the terminal can do",
    ("daemon/supervisor/passphrase_source.c", "getenv"): "CREDENTIALS_DIRECTORY, as systemd gives it",
    ("daemon/supervisor/service.c", "getenv"): "NOTIFY_SOCKET and the watchdog's, as systemd gives them",
}

UNFINISHED = r"\b(TODO|FIXME|XXX|HACK)\b"
MACHINE_PATHS = r"(/work/|/farm/|/root/)"
