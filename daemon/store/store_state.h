/* What the store's files share: its state, an open request, and the small services between them. */
#ifndef STORE_STORE_STATE_H
#define STORE_STORE_STATE_H

#include "backend.h"
#include "channel/channel.h"
#include "facts.h"
#include "held.h"
#include "proto/hold.h"
#include "proto/message_signature.h"
#include "proto/problem.h"
#include "proto/roster.h"
#include "proto/route.h"
#include "proto/token.h"
#include "proto/wrapping.h"
#include "seal.h"
#include "tls_rotation.h"

#include <sodium.h>

#define BODY_IN_MEMORY_MAX  (64 * 1024 * 1024) /* bodies of all requests that are being collected */
#define CHUNK_BYTES         (64 * 1024)        /* of payload in a row */
#define REPORT_PUT_MAX      (1024 * 1024)      /* above it: a resumable upload */
#define ANSWER_WINDOW       (1024 * 1024)      /* of a streamed answer that front hasn't passed on yet */
#define REQUEST_TABLE_SLOTS 1024
#define NAMES_SIZE          (32 * (NAME_SIZE + 1)) /* of all admins */
#define ALERT_BODY_MAX      (2 * 1024 * 1024) /* any answer that isn't a stream: a full mailbox is the longest */

struct control;
struct event;
struct keys_job;
struct tls_job;
struct store;
struct front;
struct request;
struct nonces;
struct retention;
struct escalation;

/* An answer in the making. body is sent as it is; a stream follows where there is one. */
struct answer {
	uint16_t status;
	const char *content_type;
	struct buffer body;
	char upload_offset[24];
	const char *upload_complete; /* "" or a literal */
	char location[256];
	bool close;
	/* A streamed body instead of `body`: what is read next, and its digest. */
	struct stream *stream;
	char content_digest[CONTENT_DIGEST_SIZE];
};

/* Who has signed a request; verified before a call is run. */
struct signer {
	bool present;
	char nonce[NONCE_SIZE];
	uint8_t keyid[ED25519_PUBLIC_BYTES];
	const struct roster_officer *officer; /* one of the two; both live as long as the roster in force */
	const struct roster_admin *admin;
};

/* What admission_check found, for admission_spend. */
struct admittance {
	bool is_admitted;
	bool has_token;                       /* that is to be spent with the effect */
	uint8_t spent[2 * BLIND_INDEX_BYTES]; /* its place on SHELF_SPENT */
};

struct request {
	struct request *next; /* in the front's table */
	struct request *next_in_group;
	struct front *front;
	uint32_t id;
	enum http_method method;
	struct route route;
	char *text;                    /* the fields' room; freed once the request has been judged */
	struct message_request fields; /* pointing into text */
	uint64_t content_length;
	uint64_t received;
	uint64_t credited;
	struct buffer body;
	struct signer signer;
	struct admittance admission;
	struct upload *upload; /* only while a PATCH runs */
	struct answer answer;
	/* Run once the group that holds its writes is durable. */
	void (*committed)(struct request *request);
	struct report_facts *facts; /* what the call is about, where it is about one report */
	uint64_t body_number;       /* its row */
	uint64_t seq;
	/* A long-poll that waits. */
	bool is_waiting;
	struct request *next_waiting, *previous_waiting;
	struct event *timer;
	/* A stream that front takes. */
	uint64_t stream_untaken;
	bool in_group;
	bool only_tells; /* its audit entry: it is answered even where that has no room */
	bool is_gone;    /* front forgot it while the group held it */
};

struct front {
	struct front *next;
	struct store *store;
	struct channel *channel;
	struct request *table[REQUEST_TABLE_SLOTS];
	bool ended;
};

struct store {
	struct event_base *base;
	struct backend *backend;
	struct seal *seal;
	struct keys_job *keys_jobs;
	struct tls tls;
	struct tls_job *tls_jobs;
	struct keyring *keyring;     /* as it lies on the disk */
	uint8_t *receipt_secret_key; /* 64 bytes of guarded memory */
	uint8_t receipt_key[ED25519_PUBLIC_BYTES];
	char base_path[64];
	uint64_t max_report_bytes;
	uint64_t capacity;            /* 0 for no bound */
	uint64_t capacity_of_reports; /* less: what officers write still fits then */
	struct roster *roster;        /* in force; NULL before the first */
	char fingerprint[FINGERPRINT_SIZE];
	uint8_t fork_digest[SHA256_BYTES]; /* of the fork that the log has last told about */
	int expiry_told; /* the last step of this version that the log has, so that the database isn't asked
			    each minute */
	uint64_t expiry_told_version;
	struct channel *supervisor, *notify;
	struct control *control; /* NULL where the supervisor gave no socket */
	struct front *fronts;
	struct nonces *nonces;
	struct headers_count *headers;
	struct offers *offers;
	struct token_keys *token_keys;
	int64_t invitations_swept; /* when those that have expired were last removed */
	struct audit *audit;
	struct alert *alerts;    /* room for one page: made once, because it would tear holes into the heap */
	struct request *waiting; /* long-polls */
	struct upload *uploads;  /* PATCH requests whose bytes are coming */
	uint64_t body_in_memory;
	/* The group that is being written. */
	struct request *group;
	unsigned group_count;
	uint64_t group_number; /* rises with each group that begins */
	int64_t group_began_ms;
	struct event *commit_event;
	struct event *minute_event;
	struct event *release_event;
	struct held_heap *held;
	bool held_unknown;  /* the heap lacks some: all rows are looked through */
	int64_t release_at; /* on the boot clock; 0: it isn't set */
	int64_t start_wall, start_boot_ms;
	int64_t newest_committed; /* the latest time that a commit holds */
	int64_t doubted_until;    /* clock.c; 0 for a clock that goes on where the database ends */
	struct event *chores_event, *rest_event;
	struct rewrap *rewrap;
	bool dropping_epochs; /* the keyring without old storage keys is being written */
	struct retention *retention;
	uint64_t chores_seen, rest_seen; /* the group that began last when each last looked */
	int64_t chores_paused_until;     /* on the boot clock, in ms */
	unsigned rows_earned;            /* by writes since a part of the work rode along */
	bool remains_left;               /* chunks of destroyed reports may be left */
	bool log_to_empty;               /* it may hold the data key of a destroyed report */
	struct escalation *escalation;
	unsigned busy_ticks, quiet_ticks;
	bool clock_announced;
	bool log_announced;      /* that the log can't be emptied */
	struct outbox *outbox;   /* outbox.h */
	struct figures *figures; /* figures.h */
	bool draining;
	int exit_code;
};

/* --- clock.c: seconds, on the boot clock from a wall time fixed at start. */
void store_clock_start(struct store *store);
int64_t store_now(const struct store *store);
/* Announces a wall clock that has departed by more than five minutes. */
/* Whether this clock may follow the newest time in the database: refused where it is earlier; doubted for a
 * day where it is more than 92 days later. */
MUST_USE int store_clock_check(struct store *store, struct fault *fault);
/* Then nothing is released, destroyed or forgotten, so that a wrong clock does no harm until it is set right.
 */
bool store_clock_is_doubted(const struct store *store);
void store_clock_watch(struct store *store);

/* --- request.c */
void request_answer_problem(struct request *request, enum problem problem);
/* The same, and the connection ends, because the body was not read. */
void request_refuse(struct request *request, enum problem problem);
/* JSON (or other) body is in request->answer.body. */
void request_answer(struct request *request, uint16_t status, const char *content_type);
void request_decoy(struct request *request);
/* The request has been answered or dropped: frees it. */
void request_end(struct request *request);
/* Sends now, past the group. */
void request_send(struct request *request);
/* So many bytes of the body may come in all so far: what goes beyond the first credit, which front has
 * unasked, is said. before: what had been credited until now. */
void request_credit(struct request *request, uint64_t before, uint64_t bytes);
void request_more_stream(struct request *request);

/* --- fronts.c */
MUST_USE int front_attach(struct store *store, int fd);
void front_forget(struct request *request);
void fronts_free(struct store *store);

/* --- group.c */
MUST_USE int group_start(struct store *store);
/* For writes that belong to no request. */
MUST_USE int group_open(struct store *store);
/* Every write of a call: on -1 the group is rolled back, and the request (like all others of the group)
 * answered. */
MUST_USE int group_enter(struct request *request);
void group_commit(struct store *store);
void group_maybe_commit(struct store *store);
/* A write failed: everything in the group is refused. */
void group_fail(struct store *store);

/* --- authority.c */
/* Verifies signature, clock, nonce and role of a signed call. On -1 the request has been answered. */
MUST_USE int authority_check(struct request *request);
/* An officer has signed this call that anybody may make: about a report whose id stands in the path, so that
 * the body needs no look and the same request twice does no more than once. */
bool authority_is_officer(struct request *request);
/* The nonce goes into the group with the call's effect. */
MUST_USE int authority_commit_nonce(struct request *request);
/* A nonce that isn't an HTTP request's, durable when this returns 0. -1 where it was taken before, or can't
 * be kept. */
MUST_USE int nonce_take(struct store *store, const char *nonce, int64_t until);
MUST_USE int nonces_load(struct store *store);
void nonces_expire(struct store *store);
void nonces_free(struct store *store);

/* --- reports.c: rows and their facts */
/* Finds a row by report id. 1 found, 0 none, -1 storage failed. On 1 the caller frees *ret_facts with
 * facts_free. */
MUST_USE int report_find(struct store *store, const uint8_t id[SHA256_BYTES], struct report_facts **ret_facts,
	struct backend_report *ret_row);
/* Opens the facts of a row that a listing gave. */
MUST_USE int report_open_row(
	struct store *store, const struct backend_report *row, struct report_facts **ret_facts);
/* Writes changed facts back. */
/* Where there is no report another one is found and opened, so that refusing takes as long as refusing
 * another desk's. NULL where there is none. */
struct report_facts *report_stand_in(struct store *store);
MUST_USE int report_save(struct store *store, struct report_facts *facts);
/* Adds a row for new facts with a fresh data key. */
MUST_USE int report_add(struct store *store, struct report_facts *facts, const uint8_t *header,
	size_t header_len, bool is_pending);
/* The same, and its desk is told of it anew: under a number of its own. */
MUST_USE int report_relist(struct store *store, struct report_facts *facts);
/* Whether its facts are as new as its events: facts from a backup would open, and know nothing of what was
 * done since. False has been said in the log. */
bool report_is_current(struct store *store, const struct report_facts *facts);
/* The header as it is now, appended. */
MUST_USE int report_header(struct store *store, const struct report_facts *facts, struct buffer *out);
MUST_USE int report_add_chunk(struct store *store, const struct report_facts *facts, uint32_t number,
	const uint8_t *data, size_t len, bool replace);
MUST_USE int report_chunk(
	struct store *store, const struct report_facts *facts, uint32_t number, struct buffer *out);
/* Facts and header of a pending row whose last byte has come. */
MUST_USE int report_keep_header(
	struct store *store, const struct report_facts *facts, const uint8_t *header, size_t header_len);
/* The pending row becomes visible: a seq, listed at its desk. */
MUST_USE int report_publish(struct store *store, struct report_facts *facts);
/* After the commit: wakes long-polls. */
void report_announce(struct store *store, const struct report_facts *facts);
/* After the commit of a request that brought a report: announced now, or at its release. */
void report_on_committed(struct request *request);
MUST_USE int report_acceptance(struct store *store, const struct report_facts *facts, struct buffer *out);

/* --- wrappings.c: headers that replaced the first one, sealed under the report's data key */
/* The new header takes the newest one's place; facts and row follow. */
MUST_USE int wrapping_keep(struct store *store, struct report_facts *facts, const struct wrapping *wrapping);
/* Of a report whose header isn't the first any more. */
MUST_USE int wrapping_load(
	struct store *store, const struct report_facts *facts, struct wrapping_state *ret_state);
/* Somebody who opened the report with its newest header acts on it: where she is another one than who made
 * it, the header that it replaced is destroyed. The caller saves the facts. */
MUST_USE int wrapping_confirm(
	struct store *store, struct report_facts *facts, const uint8_t keyid[ED25519_PUBLIC_BYTES]);

/* --- headers.c: how many listed reports have a header that is older than the roster in force. It is counted
 * in the background, and followed from there. */
MUST_USE int headers_start(struct store *store);
/* Another roster is in force, or a group was rolled back. */
void headers_recount(struct store *store);
/* Within the group that lists a report or takes it away; before and after its header changes. */
void headers_added(struct store *store, const struct report_facts *facts);
void headers_gone(struct store *store, const struct report_facts *facts);
/* Before a row is destroyed. */
void headers_destroyed(struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES]);
/* -1 while it is being counted. */
MUST_USE int headers_old(const struct store *store, uint64_t *ret_old);
void headers_free(struct store *store);
/* --- releases.c */
MUST_USE int releases_load(struct store *store);
/* A report has come that is held, or its release is earlier than it was. */
void releases_schedule(struct store *store, const struct report_facts *facts);
void releases_run(struct store *store);
/* Drops uploads that were begun more than a week ago, and whose bytes aren't coming just now. */
void uploads_expire(struct store *store);

/* --- chores.c: what is done beside the calls */
MUST_USE int chores_start(struct store *store);
void chores_end(struct store *store);
/* There is something to do. */
void chores_wake(struct store *store);
/* A share of the work, in the group that is about to be committed. */
MUST_USE int chores_ride(struct store *store);
void chores_rolled_back(struct store *store);

/* --- rewrap.c: rows of older storage epochs */
struct rewrap_progress {
	uint32_t epoch; /* the newest */
	uint64_t done, total;
	uint64_t failed; /* rows that don't open: while there are any, no epoch is given up */
};
MUST_USE int rewrap_load(struct store *store);
void rewrap_free(struct store *store);
/* Begins at the first row: at the start, and when a new epoch has come. */
MUST_USE int rewrap_begin(struct store *store);
/* Epochs older than the newest are not yet known to be needless. */
bool rewrap_is_running(const struct store *store);
bool rewrap_wants_rows(const struct store *store);
/* Up to so many rows, in a group. */
MUST_USE int rewrap_step(struct store *store, unsigned rows);
void rewrap_rolled_back(struct store *store);
/* Where all rows are done and durable. */
void rewrap_maybe_end(struct store *store);
/* Each minute: what could not be given up before. */
void rewrap_look(struct store *store);
void rewrap_progress(const struct store *store, struct rewrap_progress *ret_progress);

/* --- indexes.c: rows that the database's own indexes don't lead to */
/* Reports and messages with numbers between these two. True where some weren't found and are now: all indexes
 * have been made anew. */
bool indexes_check(struct store *store, uint64_t first, uint64_t last);
/* Before anything else is read through them. */
void indexes_start(struct store *store);
/* The same while the store serves: what it has read through a damaged index is read again. */
void indexes_look(struct store *store, uint64_t first, uint64_t last);

/* --- tombstones.c: what is left of a destroyed report, under its blind id */
#define TOMBSTONE_REASON_MAX 200
enum why { WHY_RETENTION = 1, WHY_ADMINS, WHY_HOLDER /* called off before its release */ };
#define WHY_LAST WHY_HOLDER
struct tombstone {
	int64_t when; /* to the hour */
	enum why why;
	uint32_t epoch;       /* of the storage key that wrapped its data key */
	char desk[NAME_SIZE]; /* "" where its row didn't open */
	char by[NAMES_SIZE];
	char reason[TOMBSTONE_REASON_MAX + 1];
};
MUST_USE int tombstone_keep(
	struct store *store, const uint8_t blind_id[BLIND_INDEX_BYTES], const struct tombstone *tombstone);
/* 1 found, 0 none, -1 storage failed, or it doesn't open. */
MUST_USE int tombstone_find(
	struct store *store, const uint8_t id[SHA256_BYTES], struct tombstone *ret_tombstone);
/* Whether the request's report was destroyed: then whoever may know it has been told, and officers of other
 * desks what they are told of a report that isn't there. */
bool tombstone_answered(struct request *request);
/* Whatever the medium remembers, nothing opens it any more. */
bool tombstone_is_final(const struct store *store, const struct tombstone *tombstone);

/* At the start: a report that was destroyed, and lies in the database again because somebody put it back from
 * a backup, is destroyed again. */
MUST_USE int tombstones_enforce(struct store *store);

/* --- destroy.c */
/* In a group: the row with its data key is gone, and a tombstone stands in its place. What remains is
 * dropped, and the log emptied, by the chores. */
MUST_USE int report_destroy(
	struct store *store, const struct backend_report *row, const struct tombstone *tombstone);
MUST_USE int report_destroy_now(
	struct store *store, const struct backend_report *row, const struct tombstone *tombstone);

/* --- retention.c: closed reports that have been kept as long as their desk wants */
MUST_USE int retention_load(struct store *store);
void retention_free(struct store *store);
/* Looks at all reports from now on, unless it did so within the hour. */
void retention_look(struct store *store);
bool retention_is_looking(const struct store *store);
/* A few more rows. -1 where a write failed. */
MUST_USE int retention_step(struct store *store);
void call_get_expiring(struct request *request);

/* --- calls; each ends in exactly one answer, now or later */
void call_get_roster(struct request *request);
void call_put_roster(struct request *request);
void call_put_report(struct request *request);
bool call_put_report_begins(struct request *request);
/* Desk, roster version, room: what can be said before the body comes. False where it has answered. */
bool report_may_come(struct request *request, uint64_t length);
/* Facts from a request's arguments. NULL where memory is short. */
MUST_USE struct report_facts *report_facts_of(struct request *request, uint64_t length);
/* The acceptance, signed, dated now. */
MUST_USE int report_accept(struct store *store, struct report_facts *facts);
/* The acceptance of a report that is here already, signed with the key of today: whoever has lost the first
 * one knows no other. */
MUST_USE int report_accepted_again(struct store *store, struct report_facts *facts, struct buffer *out);
void call_create_upload(struct request *request);
void call_head_upload(struct request *request);
void call_patch_upload(struct request *request);
bool call_patch_upload_begins(struct request *request);
void call_patch_upload_bytes(struct request *request, const uint8_t *data, size_t len);
void upload_dropped(struct request *request);
/* A group was rolled back: what it held of uploads is gone, so their requests end. */
void uploads_fail(struct store *store, enum problem problem);
/* Its bytes are coming just now. */
bool upload_is_running(const struct store *store, const uint8_t id[SHA256_BYTES]);
/* The row of this id goes: whoever still sends bytes for it is told. */
void uploads_stop(struct store *store, const uint8_t id[SHA256_BYTES]);
/* The last byte of request->facts' upload has been stored. */
void upload_complete(struct request *request);
void call_get_alerts(struct request *request);
/* What a desk's list says of a report. */
void alert_fill(struct store *store, const struct report_facts *facts, struct alert *ret_alert);
void call_get_reports(struct request *request);
void alerts_wake(struct store *store, const char *desk);
/* An alert that is there already is to be heard again. */
void alerts_raised(struct store *store, const struct report_facts *facts);
void alerts_stop_waiting(struct request *request);
void alerts_answer_all(struct store *store);
/* The request's listed report, for an officer of its desk; else NULL, and it has been answered. */
MUST_USE struct report_facts *report_for_officer(struct request *request);
void call_get_report(struct request *request);
void call_get_header(struct request *request);
void call_put_header(struct request *request);
void call_get_wrapping(struct request *request);
void call_get_headers(struct request *request);
void call_get_events(struct request *request);
void call_post_event(struct request *request);
void call_post_hold(struct request *request);
void call_get_mailbox(struct request *request);
void call_delete_mailbox(struct request *request);
void call_post_mailbox(struct request *request);
void call_get_status(struct request *request);

/* --- admission.c */
void store_set_capacity(struct store *store, uint64_t bytes);
/* Room for this much more of reports: a full store goes on serving officers. */
bool store_has_room(struct store *store, uint64_t length);
/* Whether this desk takes this report; on -1 the request has been answered. A report that is here already may
 * pass without a token: it is only told so again. */
MUST_USE int admission_check(struct request *request, const struct roster_desk *desk);
/* In the group that accepts the report, or first creates it: spends the token for this id, for which it stays
 * good. 1 where the request isn't admitted (and has been answered), -1 where storage failed. */
MUST_USE int admission_spend(struct request *request);

/* --- stream.c: a report's header and payload, a chunk at a time */
struct stream;
MUST_USE struct stream *stream_new(struct store *store, struct report_facts *facts);
uint64_t stream_length(const struct stream *stream);
/* Appends the next piece; *ret_done behind the last. */
MUST_USE int stream_next(struct stream *stream, struct buffer *out, bool *ret_done);
/* The SHA-256 of all that the stream will give, a slice in each turn of the loop; then calls done, with NULL
 * where the storage failed. Ends with the stream. */
typedef void stream_digested(struct request *request, const uint8_t digest[SHA256_BYTES]);
MUST_USE int stream_digest(struct stream *stream, struct request *request, stream_digested *done);
void stream_free(struct stream *stream);

#include "rosters.h"
#include "sealed_file.h"
#include "tokens.h"

#endif
