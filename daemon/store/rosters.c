/* The rosters that were ever in force, sealed, and the one that is. */
#include "audit.h"
#include "escalation.h"
#include "keys.h"
#include "store_state.h"

#include "base/log.h"
#include "keys/trust.h"
#include "proto/encode.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void version_name(uint64_t version, uint8_t ret_name[8])
{
	for (int i = 0; i < 8; i++)
		ret_name[i] = (uint8_t)(version >> (8 * (7 - i)));
}

static int note_at(struct store *store, uint64_t version, struct buffer *out)
{
	uint8_t name[8];
	struct place place = { .column = COLUMN_ROSTER, .identity = name, .identity_len = sizeof name };
	struct buffer sealed = buffer_of(ROSTER_MAX_BYTES + 1024);
	int rc;

	version_name(version, name);
	rc = backend_get(store->backend, SHELF_ROSTERS, name, sizeof name, &sealed);
	if (rc == 0)
		rc = seal_get_row(store->seal, &place, sealed.data, sealed.len, out);
	buffer_free(&sealed);
	return rc;
}

int rosters_at(struct store *store, uint64_t version, struct roster **ret_roster)
{
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;
	int rc;

	if (store->roster != NULL && store->roster->version == version)
		return roster_copy(store->roster, ret_roster);
	rc = note_at(store, version, &note);
	if (rc == 0)
		rc = roster_parse(note.data, note.len, ret_roster, &fault);
	buffer_free(&note);
	return rc;
}

int rosters_fingerprint(struct store *store, uint64_t version, char ret_fingerprint[FINGERPRINT_SIZE])
{
	struct roster *roster = NULL;
	int rc;

	/* Almost every upload names the roster in force. */
	if (store->roster != NULL && store->roster->version == version) {
		memcpy(ret_fingerprint, store->fingerprint, FINGERPRINT_SIZE);
		return 0;
	}
	if (store->roster == NULL || version > store->roster->version)
		return -1;
	rc = rosters_at(store, version, &roster);
	if (rc == 0)
		rc = roster_fingerprint(roster, ret_fingerprint);
	roster_free(roster);
	return rc;
}

static int keep_note(struct store *store, const struct roster *roster)
{
	uint8_t name[8];
	struct place place = { .column = COLUMN_ROSTER, .identity = name, .identity_len = sizeof name };
	struct buffer sealed = buffer_of(ROSTER_MAX_BYTES + 1024);
	int rc;

	version_name(roster->version, name);
	rc = seal_put_row(store->seal, &place, roster->note, roster->note_len, &sealed);
	if (rc == 0)
		rc = backend_put(store->backend, SHELF_ROSTERS, name, sizeof name, sealed.data, sealed.len);
	buffer_free(&sealed);
	return rc;
}

/* Who signed it stands in the roster itself. */
static struct audit_entry entry_of(const struct store *store, const struct roster *roster, const char *kind)
{
	struct audit_entry entry = audit_entry_by(store, NULL, kind);
	char digest[HEX_CHARS(SHA256_BYTES) + 1];

	hex_encode(roster->digest, SHA256_BYTES, digest);
	(void)snprintf(entry.subject, sizeof entry.subject, "%" PRIu64, roster->version);
	(void)snprintf(entry.details, sizeof entry.details, "sha256 %s", digest);
	return entry;
}

/* In the group that is open. */
static int keep(struct store *store, const struct roster *roster)
{
	struct audit_entry entry = entry_of(store, roster, "roster");

	return keep_note(store, roster) == 0 ? audit_add(store, &entry) : -1;
}

/* Takes ownership where it succeeds. */
static int enter_force(struct store *store, struct roster *roster)
{
	if (roster_fingerprint(roster, store->fingerprint) != 0)
		return -1;
	roster_free(store->roster);
	store->roster = roster;
	headers_recount(store);
	escalation_look(store);
	return 0;
}

struct newest {
	uint64_t version;
};

static int newest_version(
	void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct newest *newest = context;
	struct reader in = reader_of(name, name_len);
	uint64_t version;

	(void)data;
	(void)len;
	if (reader_u64(&in, &version) == 0 && version > newest->version)
		newest->version = version;
	return 0;
}

int rosters_load(struct store *store, struct fault *fault)
{
	struct newest newest = { 0 };
	struct roster *roster = NULL;

	if (backend_each(store->backend, SHELF_ROSTERS, newest_version, &newest) != 0)
		return fault_set(fault, "the rosters in the database can't be read: restore a backup");
	if (newest.version == 0)
		return 0;
	if (rosters_at(store, newest.version, &roster) != 0 || enter_force(store, roster) != 0) {
		roster_free(roster);
		return fault_set(fault,
			"the newest roster in the database doesn't open: is the keyring the right one?");
	}
	return 0;
}

/* Whether it may follow what is in force; the first one of all must be signed by its own admins. */
static int may_enter(const struct store *store, const struct roster *roster, struct fault *fault)
{
	if (store->roster == NULL)
		return trust_signed_by_its_own(roster, fault);
	return trust_next(store->roster, roster, fault);
}

int rosters_check_receipt_key(const struct store *store, const struct roster *roster, struct fault *fault)
{
	if (keys_receipt(store, roster->receipt_key) != NULL)
		return 0;
	return fault_set(fault, "the roster's receipt key isn't in the keyring: behind a restore, publish "
				"the draft that it made; else it is another organisation's");
}

/* The admins whose signatures a roster of this version needs besides its own; NULL where nobody is known. */
static int admins_before(struct store *store, uint64_t version, struct roster **ret_roster)
{
	*ret_roster = NULL;
	return version == 1 ? 0 : rosters_at(store, version - 1, ret_roster);
}

static bool is_signed(struct store *store, const struct roster *roster)
{
	struct roster *before = NULL;
	struct fault fault;
	bool is = admins_before(store, roster->version, &before) == 0 &&
		  trust_signed_by_its_own(roster, &fault) == 0 &&
		  (before == NULL || roster_signed_by(roster, before) >= before->threshold);

	roster_free(before);
	return is;
}

/* Says so where the admins have signed another roster than the one that has its place here. What a stranger
 * makes up needs no line, and the same fork needs one only once. */
static void note_fork(struct store *store, const struct roster *other)
{
	char known[HEX_CHARS(SHA256_BYTES) + 1], refused[HEX_CHARS(SHA256_BYTES) + 1];
	uint64_t forked = other->version <= store->roster->version ? other->version : store->roster->version;
	struct roster *ours = NULL;
	struct audit_entry entry;

	if (other->version > store->roster->version + 1 || rosters_at(store, forked, &ours) != 0)
		return;
	if (bytes_equal(
		    other->version == forked ? other->digest : other->previous, ours->digest, SHA256_BYTES) ||
		bytes_equal(store->fork_digest, other->digest, SHA256_BYTES) || !is_signed(store, other))
		goto cleanup;
	memcpy(store->fork_digest, other->digest, SHA256_BYTES);
	hex_encode(ours->digest, SHA256_BYTES, known);
	hex_encode(other->digest, SHA256_BYTES, refused);
	entry = entry_of(store, other, "roster-fork");
	audit_note(store, &entry);
	log_event(LOG_ERROR, "roster_fork_refused",
		"version=%" PRIu64 " forked_at=%" PRIu64 " ours=%s refused=%s", other->version, forked, known,
		refused);
cleanup:
	roster_free(ours);
}

/* What was in force already is no news; the folder keeps the whole chain. */
static bool is_old(struct store *store, const struct roster *roster)
{
	if (store->roster == NULL || roster->version > store->roster->version)
		return false;
	note_fork(store, roster);
	return true;
}

int rosters_take_at_start(struct store *store, const uint8_t *note, size_t len, struct fault *fault)
{
	struct roster *roster = NULL;
	int rc = -1;

	if (roster_parse(note, len, &roster, fault) != 0)
		goto cleanup;
	if (is_old(store, roster)) {
		rc = 0;
		goto cleanup;
	}
	if (may_enter(store, roster, fault) != 0)
		goto cleanup;
	if (keep(store, roster) != 0 || enter_force(store, roster) != 0) {
		rc = fault_set(fault, "a roster can't be stored");
		goto cleanup;
	}
	roster = NULL;
	rc = 0;
cleanup:
	roster_free(roster);
	return rc;
}

int rosters_offer(struct store *store, const uint8_t *note, size_t len, struct fault *fault)
{
	struct roster *roster = NULL;
	int rc = -1;

	if (roster_parse(note, len, &roster, fault) != 0)
		goto cleanup;
	if (is_old(store, roster)) {
		rc = 0;
		goto cleanup;
	}
	if (may_enter(store, roster, fault) != 0 || rosters_check_receipt_key(store, roster, fault) != 0)
		goto cleanup;
	group_commit(store);
	if (backend_begin(store->backend) != 0 || keep(store, roster) != 0 ||
		audit_before_commit(store) != 0 || backend_commit(store->backend) != 0) {
		backend_rollback(store->backend);
		audit_rolled_back(store);
		rc = fault_set(fault, "a roster can't be stored");
		goto cleanup;
	}
	audit_committed(store);
	log_event(LOG_INFO, "roster_in_force", "version=%" PRIu64, roster->version);
	rc = enter_force(store, roster);
	if (rc == 0)
		roster = NULL;
	/* Nothing may be signed with another key than the roster's; the next start chooses again. */
	if (rc == 0 && keys_choose_receipt(store, fault) != 0)
		log_fatal("receipt_key_not_usable");
	keys_tidy(store);
cleanup:
	roster_free(roster);
	return rc;
}

void call_get_roster(struct request *request)
{
	struct store *store = request->front->store;
	const struct roster *roster = store->roster;
	uint64_t version = request->route.version;

	if (roster == NULL || (request->route.call == CALL_GET_ROSTER_VERSION && version > roster->version)) {
		request_answer_problem(request, PROBLEM_NOT_FOUND);
		return;
	}
	if (request->route.call == CALL_GET_ROSTER || version == roster->version)
		buffer_put(&request->answer.body, roster->note, roster->note_len);
	else if (note_at(store, version, &request->answer.body) != 0) {
		request_answer_problem(request, PROBLEM_NOT_FOUND);
		return;
	}
	request_answer(request, 200, "text/plain; charset=utf-8");
}

/* What is wrong with a roster that doesn't enter force. */
static enum problem why_not(const struct store *store, const struct roster *roster)
{
	struct fault fault;

	if (roster->version <= store->roster->version || trust_follows(store->roster, roster, &fault) != 0)
		return PROBLEM_ROSTER_CONFLICT;
	return trust_next(store->roster, roster, &fault) != 0 ? PROBLEM_NOT_PERMITTED : PROBLEM_RECEIPT_KEY;
}

static void take_roster(struct request *request, struct roster *roster)
{
	struct store *store = request->front->store;
	struct fault fault;

	if (store->roster != NULL && roster->version == store->roster->version &&
		bytes_equal(roster->digest, store->roster->digest, sizeof roster->digest)) {
		request_answer(request, 200, "");
		return;
	}
	if (store->roster == NULL) {
		request_answer_problem(request, PROBLEM_NOT_PERMITTED);
		return;
	}
	if (may_enter(store, roster, &fault) != 0 || rosters_check_receipt_key(store, roster, &fault) != 0) {
		note_fork(store, roster);
		request_answer_problem(request, why_not(store, roster));
		return;
	}
	if (rosters_offer(store, roster->note, roster->note_len, &fault) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	/* Those who wait were let in by the roster before: they ask again, and are judged by this one. */
	alerts_answer_all(store);
	request_answer(request, 201, "");
}

void call_put_roster(struct request *request)
{
	struct roster *roster = NULL;
	struct fault fault;

	if (buffer_ok(&request->body) != 0 ||
		roster_parse(request->body.data, request->body.len, &roster, &fault) != 0)
		request_answer_problem(request, PROBLEM_BAD_ROSTER);
	else
		take_roster(request, roster);
	roster_free(roster);
}
