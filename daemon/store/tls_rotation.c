#include "tls_rotation.h"

#include "base/log.h"
#include "store_state.h"

#include <stdlib.h>
#include <string.h>

#define FACT_BYTES (2 * sizeof(uint64_t) + SHA256_BYTES)

/* A question that waits for its turn, or (the first one) for its answer. */
struct tls_job {
	struct tls_job *next;
	struct message_tls message;
	char *host;
	tls_said *said;
	void *context;
	bool is_asked;
};

static struct place fact_place(void)
{
	static const char name[] = "tls-rotation";

	return (struct place){
		.column = COLUMN_OWN, .identity = (const uint8_t *)name, .identity_len = sizeof name - 1
	};
}

int tls_load(struct store *store, struct fault *fault)
{
	const struct place place = fact_place();
	struct buffer sealed = buffer_of(FACT_BYTES + 128), plain = buffer_of(FACT_BYTES);
	struct reader in;
	int rc = 0;

	store->tls = (struct tls){ .epoch = 1 };
	if (backend_get(store->backend, SHELF_OWN, place.identity, place.identity_len, &sealed) == 0) {
		rc = seal_get_row(store->seal, &place, sealed.data, sealed.len, &plain);
		in = reader_of(plain.data, plain.len);
		if (rc != 0 || reader_u64(&in, &store->tls.epoch) != 0 ||
			reader_u64(&in, &store->tls.begun) != 0 ||
			reader_fixed(&in, store->tls.to, sizeof store->tls.to) != 0 || reader_end(&in) != 0)
			rc = fault_set(
				fault, "the database's row of the TLS key is damaged: restore a backup");
	}
	buffer_free(&sealed);
	buffer_free(&plain);
	return rc;
}

/* A transaction of its own: nothing else waits for it. */
static int keep(struct store *store, const struct tls *tls)
{
	const struct place place = fact_place();
	struct buffer sealed = buffer_of(FACT_BYTES + 128), plain = buffer_of(FACT_BYTES);
	int rc = -1;

	buffer_put_u64(&plain, tls->epoch);
	buffer_put_u64(&plain, tls->begun);
	buffer_put(&plain, tls->to, sizeof tls->to);
	if (seal_put_row(store->seal, &place, plain.data, plain.len, &sealed) == 0) {
		group_commit(store);
		if (backend_begin(store->backend) == 0 &&
			backend_put(store->backend, SHELF_OWN, place.identity, place.identity_len,
				sealed.data, sealed.len) == 0 &&
			backend_commit(store->backend) == 0)
			rc = 0;
		else
			backend_rollback(store->backend);
	}
	if (rc == 0)
		store->tls = *tls;
	buffer_free(&sealed);
	buffer_free(&plain);
	return rc;
}

int tls_begin(struct store *store)
{
	struct tls tls = store->tls;

	if (tls.begun != 0 && bytes_equal(tls.to, tls.next, sizeof tls.to))
		return 0;
	tls.begun = store->roster->version;
	memcpy(tls.to, tls.next, sizeof tls.to);
	return keep(store, &tls);
}

/* The key in use is the one that the rotation led to: it is done, whatever was cut short on the way. */
static void end_rotation(struct store *store)
{
	struct tls tls = store->tls;

	if (tls.begun == 0 || !bytes_equal(tls.current, tls.to, sizeof tls.to))
		return;
	tls.begun = 0;
	tls.epoch++;
	if (keep(store, &tls) != 0)
		log_plain(LOG_ERROR, "tls_rotation_not_noted"); /* the next answer notes it */
	else
		log_plain(LOG_INFO, "tls_rotation_done");
}

static int put_question(struct store *store, struct tls_job *job)
{
	job->is_asked = true;
	job->message.host = job->host;
	return store->supervisor == NULL ? -1
					 : message_tls_put(channel_out(store->supervisor), &job->message);
}

static void finish(struct store *store, const struct message_tls_state *state)
{
	struct tls_job *job = store->tls_jobs;

	store->tls_jobs = job->next;
	job->said(job->context, state);
	free(job->host);
	free(job);
}

static void ask_next(struct store *store)
{
	while (store->tls_jobs != NULL && !store->tls_jobs->is_asked &&
		put_question(store, store->tls_jobs) != 0)
		finish(store, NULL);
}

int tls_ask(struct store *store, const struct message_tls *message, tls_said *said, void *context)
{
	struct tls_job *job = calloc(1, sizeof *job), **end = &store->tls_jobs;

	if (job == NULL || (job->host = strdup(message->host)) == NULL) {
		free(job);
		return -1;
	}
	job->message = *message;
	job->said = said;
	job->context = context;
	while (*end != NULL)
		end = &(*end)->next;
	*end = job;
	ask_next(store);
	return 0;
}

int tls_answered(struct store *store, struct reader *in)
{
	struct message_tls_state state;

	if (message_tls_state_get(in, &state) != 0 || store->tls_jobs == NULL || !store->tls_jobs->is_asked)
		return -1;
	if (state.done) {
		store->tls.is_known = true;
		store->tls.has_next = state.has_next;
		memcpy(store->tls.current, state.current, sizeof state.current);
		memcpy(store->tls.next, state.next, sizeof state.next);
		end_rotation(store);
	}
	finish(store, &state);
	ask_next(store);
	return 0;
}

void tls_end(struct store *store)
{
	while (store->tls_jobs != NULL)
		finish(store, NULL);
}

static void on_first_look(void *context, const struct message_tls_state *state)
{
	(void)context;
	if (state != NULL && !state->done)
		log_plain(LOG_WARNING, "tls_key_not_looked_at");
}

void tls_start(struct store *store)
{
	const struct message_tls look = { .step = TLS_LOOK, .host = "" };

	if (tls_ask(store, &look, on_first_look, NULL) != 0)
		log_plain(LOG_WARNING, "tls_key_not_looked_at");
}

/* A roster from before the last switch names the key in use as the next one. */
static bool is_ours(const struct tls *tls, const struct roster_server *server)
{
	return bytes_equal(server->pin, tls->current, SHA256_BYTES) ||
	       (server->has_next_pin && bytes_equal(server->next_pin, tls->current, SHA256_BYTES));
}

const struct roster_server *tls_server(const struct store *store)
{
	for (size_t i = 0; i < store->roster->server_count; i++)
		if (is_ours(&store->tls, &store->roster->servers[i]))
			return &store->roster->servers[i];
	return NULL;
}

/* Of ours, and names this key as the next one. */
static bool names_next(const struct tls *tls, const struct roster_server *server)
{
	return bytes_equal(server->pin, tls->current, SHA256_BYTES) && server->has_next_pin &&
	       bytes_equal(server->next_pin, tls->to, SHA256_BYTES);
}

bool tls_may_switch(const struct store *store)
{
	const struct tls *tls = &store->tls;
	bool is_named = false;

	if (tls->begun == 0 || !tls->is_known || !tls->has_next ||
		!bytes_equal(tls->next, tls->to, SHA256_BYTES) || store->roster->version <= tls->begun)
		return false;
	for (size_t i = 0; i < store->roster->server_count; i++) {
		const struct roster_server *server = &store->roster->servers[i];

		if (!is_ours(tls, server))
			continue;
		if (!names_next(tls, server))
			return false;
		is_named = true;
	}
	return is_named;
}

/* Three steps: the next key is made, the roster that names it is in force, the fronts use it. */
int tls_look(struct store *store, struct rotation *ret_rotation)
{
	const struct tls *tls = &store->tls;

	*ret_rotation = (struct rotation){ .epoch = tls->epoch, .state = "none" };
	if (tls->begun != 0)
		*ret_rotation = (struct rotation){ .epoch = tls->epoch,
			.done = tls_may_switch(store) ? 2 : 1,
			.total = 3,
			.state = "waiting" };
	else if (tls->epoch > 1)
		*ret_rotation =
			(struct rotation){ .epoch = tls->epoch, .done = 3, .total = 3, .state = "done" };
	return 0;
}
