/* The audit log: what was done with an organisation's keys, rosters and reports, by whom. Entries are
 * numbered from 1 and chained by hashes, and the daemon signs the head, so that whoever remembers a head sees
 * whether what lies before it was cut, edited or forked.
 *
 * A report is named only by its tag: who knows the report's id recognises it, and nobody learns an id from
 * the log. Nothing in it is about a defender. */
#ifndef PROTO_AUDIT_H
#define PROTO_AUDIT_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#define AUDIT_SUBJECT_SIZE 65 /* a tag is the longest */
#define AUDIT_DETAILS_SIZE 201
#define AUDIT_SALT_BYTES   16
#define AUDIT_ENTRY_MAX    1024 /* one entry's JSON */
#define AUDIT_PAGE_ENTRIES 500
#define AUDIT_PAGE_MAX     (640 * 1024)
#define AUDIT_LINKS        1000 /* on one page */
#define AUDIT_LINKS_MAX    (160 * 1024)
#define AUDIT_DESTROYED                                                                                      \
	"destroyed" /* the kind of an entry whose subject is a destroyed report's blind index */
#define AUDIT_BLIND_BYTES 16
#define AUDIT_BLIND_SIZE  33 /* in hex */

struct audit_entry {
	uint64_t number;
	uint8_t previous[SHA256_BYTES]; /* hash of the entry before; zeros for number 1 */
	int64_t time;                   /* to the minute */
	char kind[NAME_SIZE];
	char actor[NAME_SIZE]; /* her name in the roster then; "" where it was nobody of it */
	bool has_key;
	uint8_t key[ED25519_PUBLIC_BYTES]; /* that she signed with */
	char subject[AUDIT_SUBJECT_SIZE];  /* a tag, a version, a name; "" for none */
	char details[AUDIT_DETAILS_SIZE];  /* printable ASCII without quotes and backslashes */
	uint8_t salt[AUDIT_SALT_BYTES];    /* so that a digest doesn't tell what it is of */
};

/* SHA-256 of the canonical lines, all but `previous`; and of both, which is what the next entry's `previous`
 * holds. Two steps, so that the chain can be followed by somebody who may not see the entries. */
MUST_USE int audit_digest(const struct audit_entry *entry, uint8_t ret_digest[SHA256_BYTES]);
MUST_USE int audit_link(const uint8_t previous[SHA256_BYTES], const uint8_t digest[SHA256_BYTES],
	uint8_t ret_hash[SHA256_BYTES]);

/* How the log names a report. */
MUST_USE int audit_report_tag(const uint8_t report[ID_BYTES], char ret_tag[AUDIT_SUBJECT_SIZE]);

/* The end of the log; number 0 and a hash of zeros while it is empty. */
struct audit_head {
	uint64_t number;
	uint8_t hash[SHA256_BYTES];
	int64_t time; /* when it was signed */
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};

/* What is signed, for whoever verifies it with other tools. */
void audit_head_lines(const struct audit_head *head, const char *organisation, struct buffer *lines);
/* By the receipt key, for the organisation of this fingerprint. */
MUST_USE int audit_head_sign(struct audit_head *head, const char *organisation, const uint8_t secret_key[64]);
MUST_USE int audit_head_verify(const struct audit_head *head, const char *organisation,
	const uint8_t receipt_key[ED25519_PUBLIC_BYTES]);

/* Bytes as JSON, without a line's end. */
MUST_USE int audit_entry_write(const struct audit_entry *entry, struct buffer *out);
MUST_USE int audit_head_write(const struct audit_head *head, struct buffer *out);
MUST_USE int audit_head_parse(const char *json, size_t len, struct audit_head *ret_head, struct fault *fault);

/* What an admin signs who restores a backup: the log goes on from an older entry, and she answers for it. */
/* In the store's folder, until the daemon's next start: the statement, and the blind indexes of what was
 * destroyed since, a line each. */
#define AUDIT_RESTORED_FILE  "restored"
#define AUDIT_DESTROYED_FILE "destroyed"
#define AUDIT_DESTROYED_MAX  (2 * 1024 * 1024)
struct audit_restored {
	uint64_t roster; /* whose admin she is */
	int64_t time;
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];
};
/* organisation is the fingerprint of that roster. Fills in keyid and signature. */
MUST_USE int audit_restored_sign(
	struct audit_restored *restored, const char *organisation, const uint8_t secret_key[64]);
/* By its keyid; who that is, is the caller's to know. */
MUST_USE int audit_restored_verify(const struct audit_restored *restored, const char *organisation);
MUST_USE int audit_restored_write(const struct audit_restored *restored, struct buffer *out);
MUST_USE int audit_restored_parse(
	const char *json, size_t len, struct audit_restored *ret_restored, struct fault *fault);

/* The answer to `GET audit`: numbers follow one another, and each entry names the one before. */
struct audit_page {
	struct audit_entry *entries;
	size_t count;
	bool more;
	struct audit_head head;
	bool has_restored;
	struct audit_restored restored; /* the newest there is */
};
MUST_USE int audit_page_parse(
	const char *json, size_t len, struct audit_page **ret_page, struct fault *fault);
void audit_page_free(struct audit_page *page);

/* The answer to `GET audit/head`: the digests of the entries behind the one that was named. */
struct audit_links {
	uint8_t digests[AUDIT_LINKS][SHA256_BYTES];
	size_t count;
	/* Of those that tell of a destroyed report: which one, as only the daemon recognises it. */
	char destroyed[AUDIT_LINKS][AUDIT_BLIND_SIZE];
	size_t destroyed_count;
	bool more;
	struct audit_head head;
	bool has_restored;
	struct audit_restored restored; /* the newest there is */
};
/* Freed with free(). */
MUST_USE int audit_links_parse(
	const char *json, size_t len, struct audit_links **ret_links, struct fault *fault);

#endif
