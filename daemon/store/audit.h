/* The audit log in the store: what was done with keys, rosters and reports (proto/audit.h). */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "proto/audit.h"
#include "store_state.h"

/* --- audit.c: the chain */
MUST_USE int audit_load(struct store *store, struct fault *fault);
void audit_free(struct store *store);
/* An entry by whoever signed the request, or by nobody for NULL: subject and details are the caller's. */
struct audit_entry audit_entry_by(const struct store *store, const struct request *request, const char *kind);
/* Adds it to the group, which it opens where none is: like every write, on -1 the group has failed. Number,
 * time and chain are filled in. */
MUST_USE int audit_add(struct store *store, struct audit_entry *entry);
/* The same where nothing depends on it: the group fails here. */
void audit_note(struct store *store, struct audit_entry *entry);
/* Around every commit: the head goes with its entries. */
MUST_USE int audit_before_commit(struct store *store);
void audit_committed(struct store *store);
void audit_rolled_back(struct store *store);
/* A read was given whose entry had no room: the next commit that succeeds tells how many there were. */
void audit_count_read(struct store *store);
/* The number of the last entry that is durable. */
uint64_t audit_durable(const struct store *store);
/* The end of the log as the group has it, not signed. */
void audit_position(const struct store *store, struct audit_head *ret_head);
/* Calls back for each entry behind this number, until each returns other than 0. -1 where it can't be read.
 */
struct audit_row {
	uint64_t number;
	uint8_t hash[SHA256_BYTES], digest[SHA256_BYTES];
	const char *json;
	size_t json_len;
};
typedef int audit_each_row(void *context, const struct audit_row *row);
MUST_USE int audit_each(struct store *store, uint64_t after, audit_each_row *each, void *context);

/* --- audit_watch.c: what is told once for many times */
struct audit_watch;
/* Where it is kept (audit.c). */
struct audit_watch **audit_watch(const struct store *store);
void audit_watch_free(struct store *store);
/* An officer is given the request's report, or its header: one entry a minute for the same again. what is a
 * word. On -1 the request has been answered. */
MUST_USE int audit_read(struct request *request, const char *what);
/* An officer asked for the request's report, and what is stored of it doesn't open: likewise once a minute.
 * The request is the caller's to answer. */
void audit_failed_open(struct request *request);
/* A call that needed a signature was refused. */
void audit_refused(struct request *request, enum problem problem);
/* Refusals that were only counted, once their time is over, or all of them. */
void audit_tell_counted(struct store *store, bool all);
void audit_watch_rolled_back(struct store *store);

/* --- audit_acts.c: what admins do through the control socket */
struct control_call;
/* Durable before the act begins; what only tells makes no entry. -1 where it can't be written: then the call
 * has been refused. */
MUST_USE int audit_act(struct control_call *call);

/* --- restored.c: the store's files came out of a backup */
/* Where an admin's statement lies in the folder: an entry, and from then on told to everybody. -1 where it
 * isn't one. Needs the roster in force. */
MUST_USE int restored_take(struct store *store, struct fault *fault);
/* The newest statement as JSON, or null. */
MUST_USE int restored_put(struct store *store, struct buffer *out);

/* --- call_audit.c */
void call_get_audit(struct request *request);
void call_get_audit_head(struct request *request);

#endif
