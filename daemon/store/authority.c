/* Who may: request signatures against the roster in force (FORMATS, "HTTP interface"). */
#include "store_state.h"

#include "base/log.h"
#include "proto/digest.h"
#include "proto/url.h"

#include <stdlib.h>
#include <string.h>

#define SKEW_SECONDS  300
#define NONCE_SECONDS 600 /* twice the skew: what is older is refused by its time */
#define NONCES_MAX    200000

/* Nonces that were taken, by blind index: a table that is rebuilt as they expire. */
struct nonce {
	struct nonce *next;
	int64_t until;
	bool committed; /* it lies in the database as well */
	uint8_t index[BLIND_INDEX_BYTES];
};

#define NONCE_SLOTS 4096

struct nonces {
	struct nonce *slots[NONCE_SLOTS];
	size_t count;
};

static struct nonce **nonce_slot(struct nonces *nonces, const uint8_t index[BLIND_INDEX_BYTES])
{
	struct nonce **slot = &nonces->slots[((size_t)index[0] << 8 | index[1]) % NONCE_SLOTS];

	while (*slot != NULL && !bytes_equal((*slot)->index, index, BLIND_INDEX_BYTES))
		slot = &(*slot)->next;
	return slot;
}

/* -1 for one that was taken before, or where there are too many. */
static int nonce_add(
	struct nonces *nonces, const uint8_t index[BLIND_INDEX_BYTES], int64_t until, bool committed)
{
	struct nonce **slot = nonce_slot(nonces, index), *nonce;

	if (*slot != NULL || nonces->count >= NONCES_MAX)
		return -1;
	nonce = calloc(1, sizeof *nonce);
	if (nonce == NULL)
		return -1;
	memcpy(nonce->index, index, BLIND_INDEX_BYTES);
	nonce->until = until;
	nonce->committed = committed;
	*slot = nonce;
	nonces->count++;
	return 0;
}

/* @authority must be one of the roster's servers: a request for one organisation is no request for another.
 */
static bool is_our_authority(const struct roster *roster, const char *authority)
{
	struct server_url url;
	struct fault fault;

	for (size_t i = 0; i < roster->server_count; i++) {
		const char *text = roster->servers[i].url;
		char ours[AUTHORITY_SIZE];

		if (server_url_parse(text, strlen(text), &url, &fault) == 0) {
			server_url_authority(&url, ours);
			if (strcmp(ours, authority) == 0)
				return true;
		}
	}
	return false;
}

/* The signature over the request's fields, whatever its body is: ret_digest is what they say of it. */
static int verify_fields(
	struct request *request, struct request_signature *ret_signature, uint8_t ret_digest[SHA256_BYTES])
{
	const struct message_request *fields = &request->fields;
	struct signed_request signed_request = { .method = http_method_word(request->method),
		.authority = fields->authority };
	char path[ROUTE_TARGET_MAX + 1];
	struct fault fault;

	if (request_signature_parse(fields->signature_input, fields->signature, ret_signature, &fault) != 0 ||
		content_digest_parse(
			fields->content_digest, strlen(fields->content_digest), signed_request.digest) != 0)
		return -1;
	if (request->route.path_len >= sizeof path)
		return -1;
	memcpy(path, request->route.path, request->route.path_len);
	path[request->route.path_len] = '\0';
	signed_request.path = path;
	signed_request.query = request->route.query;
	memcpy(ret_digest, signed_request.digest, SHA256_BYTES);
	return request_signature_verify(ret_signature, &signed_request);
}

static int verify(struct request *request, struct request_signature *ret_signature)
{
	uint8_t said[SHA256_BYTES], digest[SHA256_BYTES];

	if (buffer_ok(&request->body) != 0 ||
		sha256_once(request->body.len == 0 ? (const uint8_t *)"" : request->body.data,
			request->body.len, digest) != 0 ||
		verify_fields(request, ret_signature, said) != 0)
		return -1;
	return bytes_equal(digest, said, sizeof digest) ? 0 : -1;
}

static bool is_in_time(const struct store *store, const struct request_signature *signature)
{
	int64_t now = store_now(store);

	return signature->created >= now - SKEW_SECONDS && signature->created <= now + SKEW_SECONDS;
}

/* Clock and nonce. */
static int is_fresh(struct store *store, const struct request_signature *signature)
{
	uint8_t index[BLIND_INDEX_BYTES];
	int64_t now = store_now(store);

	if (!is_in_time(store, signature))
		return -1;
	/* Nonces that change nothing are only in memory: what was signed before it began may have been taken
	 * before. */
	if (signature->created < store->start_wall)
		return -1;
	if (seal_index(store->seal, INDEX_NONCE, signature->nonce, strlen(signature->nonce), index) != 0)
		return -1;
	return nonce_add(store->nonces, index, now + NONCE_SECONDS, false);
}

static bool has_role(struct request *request)
{
	const struct roster *roster = request->front->store->roster;
	struct signer *signer = &request->signer;

	signer->officer = roster_officer_by_key(roster, signer->keyid);
	signer->admin = roster_admin_by_key(roster, signer->keyid);
	switch (request->route.caller) {
	case CALLER_ADMIN:
		return signer->admin != NULL;
	case CALLER_MEMBER:
		return signer->admin != NULL || signer->officer != NULL;
	default:
		return signer->officer != NULL;
	}
}

static int refuse(struct request *request, enum problem problem)
{
	request_answer_problem(request, problem);
	return -1;
}

int authority_check(struct request *request)
{
	struct store *store = request->front->store;
	struct request_signature signature;
	bool permitted;

	if (store->roster == NULL || !is_our_authority(store->roster, request->fields.authority) ||
		verify(request, &signature) != 0)
		return refuse(request, PROBLEM_NOT_SIGNED);
	memcpy(request->signer.nonce, signature.nonce, sizeof request->signer.nonce);
	memcpy(request->signer.keyid, signature.keyid, sizeof request->signer.keyid);
	/* The role comes first: anybody can sign with a key of her own, and strangers' nonces would fill the
	 * table. */
	permitted = has_role(request);
	if (permitted && is_fresh(store, &signature) != 0)
		return refuse(request, PROBLEM_NOT_SIGNED);
	request->signer.present = true;
	return permitted ? 0 : refuse(request, PROBLEM_NOT_PERMITTED);
}

bool authority_is_officer(struct request *request)
{
	const struct store *store = request->front->store;
	struct request_signature signature;
	uint8_t digest[SHA256_BYTES];

	return request->fields.signature_input[0] != '\0' && store->roster != NULL &&
	       is_our_authority(store->roster, request->fields.authority) &&
	       verify_fields(request, &signature, digest) == 0 && is_in_time(store, &signature) &&
	       roster_officer_by_key(store->roster, signature.keyid) != NULL;
}

/* Writes a nonce that the table holds. */
static int nonce_keep(struct store *store, struct nonce *nonce)
{
	struct place place = { .column = COLUMN_NONCE, .identity_len = BLIND_INDEX_BYTES };
	struct buffer until = buffer_of(8), sealed = buffer_of(128);
	int rc;

	place.identity = nonce->index;
	buffer_put_u64(&until, (uint64_t)nonce->until);
	rc = seal_put_row(store->seal, &place, until.data, until.len, &sealed);
	if (rc == 0)
		rc = backend_put(store->backend, SHELF_NONCES, nonce->index, sizeof nonce->index, sealed.data,
			sealed.len);
	nonce->committed = rc == 0;
	buffer_free(&until);
	buffer_free(&sealed);
	return rc;
}

int authority_commit_nonce(struct request *request)
{
	struct store *store = request->front->store;
	uint8_t index[BLIND_INDEX_BYTES];
	struct nonce *nonce;

	if (seal_index(store->seal, INDEX_NONCE, request->signer.nonce, strlen(request->signer.nonce),
		    index) != 0)
		return -1;
	nonce = *nonce_slot(store->nonces, index);
	return nonce == NULL ? -1 : nonce_keep(store, nonce);
}

int nonce_take(struct store *store, const char *nonce, int64_t until)
{
	uint8_t index[BLIND_INDEX_BYTES];

	if (seal_index(store->seal, INDEX_NONCE, nonce, strlen(nonce), index) != 0 ||
		nonce_add(store->nonces, index, until, false) != 0)
		return -1;
	group_commit(store);
	if (backend_begin(store->backend) != 0 || nonce_keep(store, *nonce_slot(store->nonces, index)) != 0 ||
		backend_commit(store->backend) != 0) {
		backend_rollback(store->backend);
		return -1;
	}
	return 0;
}

static int load_one(void *context, const uint8_t *name, size_t name_len, const uint8_t *data, size_t len)
{
	struct store *store = context;
	struct place place = { .column = COLUMN_NONCE, .identity = name, .identity_len = name_len };
	struct buffer plain = buffer_of(8);
	struct reader in;
	uint64_t until;

	if (name_len == BLIND_INDEX_BYTES && seal_get_row(store->seal, &place, data, len, &plain) == 0) {
		in = reader_of(plain.data, plain.len);
		if (reader_u64(&in, &until) != 0 || nonce_add(store->nonces, name, (int64_t)until, true) != 0)
			log_plain(LOG_WARNING, "nonce_not_loaded");
	}
	buffer_free(&plain);
	return 0;
}

int nonces_load(struct store *store)
{
	store->nonces = calloc(1, sizeof *store->nonces);
	return store->nonces == NULL ? -1 : backend_each(store->backend, SHELF_NONCES, load_one, store);
}

/* The group is begun for it where nothing else is being written. */
static int forget_committed(struct store *store, const struct nonce *nonce)
{
	if (group_open(store) != 0)
		return -1;
	return backend_remove(store->backend, SHELF_NONCES, nonce->index, BLIND_INDEX_BYTES);
}

/* One whose row can't be removed now is met again: after a failed commit at the next start, as all rows are.
 */
void nonces_expire(struct store *store)
{
	int64_t now = store_now(store);
	bool failed = false;

	for (size_t i = 0; i < NONCE_SLOTS && !failed; i++) {
		struct nonce **at = &store->nonces->slots[i];

		while (*at != NULL) {
			struct nonce *nonce = *at;

			if (nonce->until >= now) {
				at = &nonce->next;
				continue;
			}
			if (nonce->committed && forget_committed(store, nonce) != 0) {
				failed = true;
				break;
			}
			*at = nonce->next;
			store->nonces->count--;
			free(nonce);
		}
	}
	if (failed && backend_in_group(store->backend))
		group_fail(store);
}

void nonces_free(struct store *store)
{
	for (size_t i = 0; store->nonces != NULL && i < NONCE_SLOTS; i++) {
		while (store->nonces->slots[i] != NULL) {
			struct nonce *nonce = store->nonces->slots[i];

			store->nonces->slots[i] = nonce->next;
			free(nonce);
		}
	}
	free(store->nonces);
	store->nonces = NULL;
}
