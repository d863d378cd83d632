/* Who of a desk is on duty when (docs/protocol.md, "Rota"): a list that the server sees, names and times, so
 * that it wakes those on duty first; and what the desk's officers wrote, sealed to them. One document a desk,
 * each signed by an officer and naming the one before. */
#ifndef PROTO_ROTA_H
#define PROTO_ROTA_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/encode.h"
#include "proto/words.h"

#define ROTA_DUTIES_MAX  2000
#define ROTA_CONTENT_MAX (128 * 1024)
#define ROTA_MAX         (512 * 1024) /* the JSON around both */
#define ROTA_AHEAD_DAYS  100          /* no duty ends later than that after the rota was made */
#define ROTA_DUTY_MAX_S  (14 * 86400) /* of one shift */

struct duty {
	char officer[NAME_SIZE];
	int64_t from, to; /* to is not part of it */
};

struct rota {
	char desk[NAME_SIZE];
	uint64_t number;                /* 1 for a desk's first */
	uint8_t previous[SHA256_BYTES]; /* rota_digest of the one before; zeros for number 1 */
	struct duty *duties;            /* by `from`, then officer */
	size_t duty_count;
	uint8_t *content; /* an age file */
	size_t content_len;
	int64_t created;
	uint64_t roster;
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

MUST_USE struct rota *rota_new(void);
void rota_free(struct rota *rota);
/* Sorts, and keeps a copy. -1 for more than ROTA_DUTIES_MAX, or where memory is short. */
MUST_USE int rota_set_duties(struct rota *rota, const struct duty *duties, size_t count);
MUST_USE int rota_set_content(struct rota *rota, const uint8_t *content, size_t len);

/* SHA-256 of the lines that are signed. organisation is the fingerprint in version rota->roster. */
MUST_USE int rota_digest(const struct rota *rota, const char *organisation, uint8_t ret_digest[SHA256_BYTES]);
/* Fills in keyid and signature. */
MUST_USE int rota_sign(struct rota *rota, const char *organisation, const uint8_t secret_key[64]);
MUST_USE int rota_verify(const struct rota *rota, const char *organisation);

MUST_USE int rota_write(const struct rota *rota, struct buffer *out);
/* Checks the form of everything: names, order, lengths of shifts. */
MUST_USE int rota_parse(const char *json, size_t len, struct rota **ret_rota, struct fault *fault);

/* Whether this person is on duty at that time; NULL for anybody. */
bool rota_covers(const struct rota *rota, const char *officer, int64_t at);

#endif
