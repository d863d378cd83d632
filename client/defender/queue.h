/* Reports on their way: sealed, in the vault, until the server has signed that it has them; and the
 * acceptances.
 *
 * An entry is added as a draft, its payload is written, then it is ready. It leaves once its acceptance is
 * kept. Whatever a crash left in between is put straight by queue_load: drafts go (their receipt was never
 * shown), and so do entries that were accepted and held ones. The same sealed bytes are sent again and again
 * under one id, so nothing is ever there twice. */
#ifndef DEFENDER_QUEUE_H
#define DEFENDER_QUEUE_H

#include "client/recipients.h"

#include "proto/mailbox_message.h"
#include "proto/proof.h"
#include "proto/receipt.h"
#include "proto/signed_objects.h"
#include "vault.h"

#include <jansson.h>

#define QUEUE_MAX        256
#define UPLOAD_KEY_BYTES 32
#define PAYLOAD_SIZE     33

struct queued {
	char payload[PAYLOAD_SIZE]; /* its name in the vault */
	bool is_ready;
	char id[ID_SIZE];
	uint64_t length;
	uint64_t roster;                /* the version it was sealed to */
	struct destination destination; /* organisation "": that of the roster version */
	bool has_salt;                  /* false for a carried file without a proof stanza */
	uint8_t upload_key[UPLOAD_KEY_BYTES];
	char mailbox[MAILBOX_ID_SIZE];
	bool is_cover;    /* a dummy, sealed ahead: only cover.c sends it, and nothing of it is kept */
	bool is_prepared; /* an alarm that she hasn't given yet: `send' leaves it alone */
	/* Who was excluded, so that what follows excludes them too. */
	char excluded[EXCLUDED_MAX][NAME_SIZE];
	size_t excluded_count;
	char after[ID_SIZE]; /* never sent before this one is accepted; "" for none */
	int64_t not_before;  /* its own moment, of a report that was delayed; 0 for at once */
};

struct queue;

MUST_USE int queue_load(struct vault *vault, struct queue **ret_queue, struct failure *failure);
void queue_free(struct queue *queue);

size_t queue_count(const struct queue *queue);
const struct queued *queue_at(const struct queue *queue, size_t at);
/* NULL where it isn't in the queue. */
struct queued *queue_find(const struct queue *queue, const char *id);
/* Writes down what the caller changed. */
MUST_USE int queue_save(struct queue *queue, struct failure *failure);
bool queue_has_accepted(const struct queue *queue, const char *id);

/* A draft with a fresh payload name and upload key, written down before its payload is. */
MUST_USE int queue_add(struct queue *queue, struct queued **ret_entry, struct failure *failure);
/* The caller has filled in the rest and ended the payload. */
MUST_USE int queue_ready(struct queue *queue, struct queued *entry, struct failure *failure);

/* Keeps the acceptance, then lets the entry go, payload first. signed_by: the roster version whose receipt
 * key it verified under, so that the chain of rosters proves it when that key is long gone. */
MUST_USE int queue_accepted(struct queue *queue, const struct queued *entry,
	const struct acceptance_answer *answer, uint64_t signed_by, struct failure *failure);
/* Lets an entry go that can never be sent. */
MUST_USE int queue_drop(struct queue *queue, const struct queued *entry, struct failure *failure);

/* The number that the next report gets, stretched ahead of time: text and seed, or nothing there. Taken at
 * most once: queue_add writes down that it is gone. */
struct receipt_ahead {
	char number[RECEIPT_SIZE];
	uint8_t seed[RECEIPT_SEED_BYTES];
};
bool queue_take_receipt(struct queue *queue, struct receipt_ahead *ret_receipt); /* into guarded memory */
MUST_USE int queue_put_receipt(
	struct queue *queue, const struct receipt_ahead *receipt, struct failure *failure);
bool queue_has_receipt(const struct queue *queue);

/* What this home knows of the first report behind a mailbox: its id, desk and when it was accepted. */
struct known_report {
	char id[ID_SIZE];
	char desk[NAME_SIZE];
	char accepted[TIME_SIZE]; /* "" while it is queued */
	char excluded[EXCLUDED_MAX][NAME_SIZE];
	size_t excluded_count;
};
MUST_USE int queue_find_mailbox(
	const struct queue *queue, const char *mailbox, struct known_report *ret_report);
/* The same for one report of that mailbox: the first, or one that followed it. */
MUST_USE int queue_find_report(
	const struct queue *queue, const char *mailbox, const char *id, struct known_report *ret_report);

#endif
