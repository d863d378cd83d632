/* The roster: who may read, which server, who says so. A C2SP signed note over lines of facts
 * (docs/protocol.md).
 *
 * roster_parse checks the form of every line, their order, that names are unique over desks, officers and
 * admins, and that every reference (an officer's desks, fallbacks, archives) points at something. It checks
 * no signature and no clock: roster_signed_by and keys/trust.h do. */
#ifndef PROTO_ROSTER_H
#define PROTO_ROSTER_H

#include "proto/age_recipient.h"
#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/note.h"
#include "proto/proof.h"
#include "proto/words.h"

#define ROSTER_MAX_BYTES         (1024 * 1024)
#define ROSTER_ADMINS_MAX        32
#define ROSTER_SERVERS_MAX       8
#define ROSTER_KEYS_MAX          16
#define ROSTER_DESKS_MAX         64
#define ROSTER_OFFICERS_MAX      1024
#define ROSTER_ARCHIVES_MAX      64
#define ROSTER_PARTNERS_MAX      64
#define ROSTER_SIGNATURES_MAX    NOTE_SIGNATURES_MAX
#define ROSTER_TEXT_MAX          200
#define ROSTER_URL_MAX           300
#define ROSTER_LIFE_DEFAULT_DAYS 30
#define ROSTER_LIFE_MAX_DAYS     92
#define OFFICER_DESKS_MAX        16

struct roster_admin {
	char name[NAME_SIZE];
	uint8_t recipient[AGE_RECIPIENT_BYTES];
	uint8_t public_key[ED25519_PUBLIC_BYTES];
};

struct roster_server {
	char url[ROSTER_URL_MAX + 1]; /* https://HOST[:PORT]/BASE */
	uint8_t pin[SHA256_BYTES];
	uint8_t next_pin[SHA256_BYTES];
	bool has_next_pin;
};

struct roster_token_key {
	uint64_t epoch;
	uint8_t public_key[32];
	int64_t not_before, not_after;
};

struct roster_desk {
	char name[NAME_SIZE];
	enum admission admission;
	uint32_t ack_minutes[URGENCY_TIMERS];
	uint32_t retention_days;
	char title[ROSTER_TEXT_MAX + 1];
	char fallback[NAME_SIZE]; /* "" where there is none */
};

struct roster_partner {
	char name[NAME_SIZE];
	char fingerprint[FINGERPRINT_SIZE];
	char url[ROSTER_URL_MAX + 1];
	char title[ROSTER_TEXT_MAX + 1];
};

struct roster_archive {
	char desk[NAME_SIZE];
	uint8_t recipient[AGE_RECIPIENT_BYTES];
};

struct roster_officer {
	char name[NAME_SIZE];
	char desks[OFFICER_DESKS_MAX][NAME_SIZE];
	size_t desk_count;
	uint32_t tier;
	uint8_t recipient[AGE_RECIPIENT_BYTES];
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	char title[ROSTER_TEXT_MAX + 1];
};

struct roster {
	char organisation[ROSTER_TEXT_MAX + 1];
	uint64_t version;
	uint8_t previous[SHA256_BYTES]; /* SHA-256 of the body before (its `digest`); zeros for version 1 */
	int64_t issued, expires;
	uint32_t threshold;
	struct roster_admin *admins;
	size_t admin_count;
	struct roster_server *servers;
	size_t server_count;
	uint8_t receipt_key[ED25519_PUBLIC_BYTES];
	struct roster_token_key *token_keys;
	size_t token_key_count;
	struct roster_desk *desks;
	size_t desk_count;
	struct roster_partner *partners;
	size_t partner_count;
	struct roster_archive *archives;
	size_t archive_count;
	struct roster_officer *officers;
	size_t officer_count;
	struct note_signature *signatures;
	size_t signature_count;
	uint8_t *note; /* the whole note as parsed; NULL for a draft that was never one */
	size_t note_len;
	size_t body_len;              /* the signed part of note, its last LF included */
	uint8_t digest[SHA256_BYTES]; /* of the body: what the next roster calls `previous` (so that
					 signatures added later don't break the chain) */
};

/* An empty roster to fill; NULL where memory is short. Arrays grow through roster_add_. */
MUST_USE struct roster *roster_new(void);
void roster_free(struct roster *roster);
MUST_USE int roster_copy(const struct roster *roster, struct roster **ret_copy);

/* A copy that follows this roster: version + 1, previous = its digest, no note and no signatures. roster must
 * be one that was parsed. issued and expires are the caller's. */
MUST_USE int roster_next(const struct roster *roster, struct roster **ret_draft);

/* Forgets note and signatures. Whoever changes a field of a parsed roster calls this; roster_add_ and
 * roster_remove_ do it themselves. */
void roster_touch(struct roster *roster);

/* Everything that roster_parse checks behind the form of single lines, for a draft. */
MUST_USE int roster_check(const struct roster *roster, struct fault *fault);

/* data is a whole note: body, empty line, at least zero signature lines. */
MUST_USE int roster_parse(const uint8_t *data, size_t len, struct roster **ret_roster, struct fault *fault);

/* The body's canonical lines. What roster_parse takes, roster_write_body writes byte for byte, `+` lines
 * excepted. */
MUST_USE int roster_write_body(const struct roster *roster, struct buffer *out);

/* The whole note: body, empty line, signatures so far. The body is the parsed one where there is a note. */
MUST_USE int roster_write_note(const struct roster *roster, struct buffer *out);

/* Adds (or replaces) this admin's signature over the roster's body. secret_key is 64 bytes, libsodium's form.
 */
MUST_USE int roster_sign(
	struct roster *roster, const char *admin, const uint8_t secret_key[64], struct fault *fault);

/* How many different admins of `admins_of` have validly signed `roster` (each key counts once); 0 where
 * memory is short. */
size_t roster_signed_by(const struct roster *roster, const struct roster *admins_of);

/* True where a signature under one is a signature under the other. */
bool roster_same_body(const struct roster *one, const struct roster *other);

/* Takes over what the admins of `admins_of` have validly signed of another copy of the same body: several may
 * sign without waiting for each other. -1 where it isn't the same, or has too many signatures. */
MUST_USE int roster_merge(struct roster *roster, const struct roster *other, const struct roster *admins_of);

/* Appends the names of the admins of `admins_of` who have validly signed: `ada, bea and cleo`, or `nobody`.
 * -1 where memory is short. */
MUST_USE int roster_signers(const struct roster *roster, const struct roster *admins_of, struct buffer *out);

/* SHA-256 over `clarion-admins/1\n<threshold>\n` and the admins' public keys, sorted, base64, one a line. */
MUST_USE int roster_fingerprint(const struct roster *roster, char ret_text[FINGERPRINT_SIZE]);

const struct roster_desk *roster_desk(const struct roster *roster, const char *name);
const struct roster_partner *roster_partner(const struct roster *roster, const char *name);
const struct roster_officer *roster_officer(const struct roster *roster, const char *name);
const struct roster_officer *roster_officer_by_key(
	const struct roster *roster, const uint8_t public_key[ED25519_PUBLIC_BYTES]);
const struct roster_admin *roster_admin(const struct roster *roster, const char *name);
const struct roster_admin *roster_admin_by_key(
	const struct roster *roster, const uint8_t public_key[ED25519_PUBLIC_BYTES]);
bool officer_serves(const struct roster_officer *officer, const char *desk);

MUST_USE int roster_add_admin(struct roster *roster, const struct roster_admin *admin);
MUST_USE int roster_add_server(struct roster *roster, const struct roster_server *server);
MUST_USE int roster_add_token_key(struct roster *roster, const struct roster_token_key *token_key);
MUST_USE int roster_add_desk(struct roster *roster, const struct roster_desk *desk);
MUST_USE int roster_add_officer(struct roster *roster, const struct roster_officer *officer);
MUST_USE int roster_add_partner(struct roster *roster, const struct roster_partner *partner);
MUST_USE int roster_add_archive(struct roster *roster, const struct roster_archive *archive);
/* -1 where nobody has that name. */
MUST_USE int roster_remove_officer(struct roster *roster, const char *name);
MUST_USE int roster_remove_partner(struct roster *roster, const char *name);
MUST_USE int roster_remove_admin(struct roster *roster, const char *name);

/* True where `HOST[:PORT]` (lower case, 443 left out) is one of the roster's servers. */
bool roster_serves(const struct roster *roster, const char *authority);

/* Minutes until a report of this urgency must be acknowledged at this desk. */
uint32_t desk_ack_minutes(const struct roster_desk *desk, enum urgency urgency);

#endif
