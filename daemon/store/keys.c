#include "keys.h"

#include "base/log.h"
#include "channel/setup.h"
#include "store_state.h"

#include <stdlib.h>

/* A change that waits for its turn, or (the first one) for the supervisor's word. */
struct keys_job {
	struct keys_job *next;
	keys_edit *edit;
	keys_changed *done;
	void *context;
	struct keyring *changed; /* NULL before its turn */
};

int keys_load(struct store *store, struct setup *setup, struct fault *fault)
{
	const struct setup_file *file = setup_file(setup, FILE_KEYRING, 0);

	if (file == NULL)
		return fault_set(fault, "the store was given no keyring");
	if (keyring_parse(file->data, file->len, &store->keyring, fault) != 0)
		return -1;
	setup_file_drop(setup, FILE_KEYRING, 0);
	if (seal_new(store->keyring, &store->seal, fault) != 0)
		return -1;
	return token_epochs_load(store, store->keyring, fault);
}

/* The first job's end. */
static void finish(struct store *store, int result, const struct fault *fault)
{
	struct keys_job *job = store->keys_jobs;

	store->keys_jobs = job->next;
	job->done(job->context, result, fault);
	keyring_free(job->changed);
	free(job);
}

void keys_free(struct store *store)
{
	const struct fault ends = { "the daemon ends: try again once it runs" };

	while (store->keys_jobs != NULL)
		finish(store, -1, &ends);
	keyring_free(store->keyring);
	sodium_free(store->receipt_secret_key);
}

static int hand_over(struct store *store, const struct keyring *keyring)
{
	struct buffer bytes = buffer_of(KEYRING_MAX_BYTES);
	int rc = keyring_write(keyring, &bytes);

	if (rc == 0) {
		const struct message_keyring message = { .data = bytes.data, .len = bytes.len };

		rc = message_keyring_put(channel_out(store->supervisor), &message);
		channel_flush(store->supervisor); /* so that no copy of it stays in the buffer */
	}
	buffer_free(&bytes);
	return rc;
}

static int begin(struct store *store, struct keys_job *job, struct fault *fault)
{
	job->changed = keyring_copy(store->keyring);
	if (job->changed == NULL)
		return fault_set(fault, "memory is short: try again");
	if (job->edit(job->context, job->changed, fault) != 0)
		return -1;
	if (store->supervisor == NULL || hand_over(store, job->changed) != 0)
		return fault_set(fault, "the keyring can't be handed over: try again");
	return 0;
}

/* Until one is under way. */
static void begin_next(struct store *store)
{
	struct fault fault;

	while (store->keys_jobs != NULL && store->keys_jobs->changed == NULL &&
		begin(store, store->keys_jobs, &fault) != 0)
		finish(store, -1, &fault);
}

int keys_change(struct store *store, keys_edit *edit, keys_changed *done, void *context)
{
	struct keys_job *job = calloc(1, sizeof *job), **end = &store->keys_jobs;

	if (job == NULL)
		return -1;
	*job = (struct keys_job){ .edit = edit, .done = done, .context = context };
	while (*end != NULL)
		end = &(*end)->next;
	*end = job;
	begin_next(store);
	return 0;
}

int keys_kept(struct store *store, struct reader *in)
{
	struct keys_job *job = store->keys_jobs;
	struct message_kept message;
	struct fault fault;

	if (message_kept_get(in, &message) != 0 || job == NULL || job->changed == NULL)
		return -1;
	if (message.done) {
		keyring_free(store->keyring);
		store->keyring = job->changed;
		job->changed = NULL;
		log_plain(LOG_INFO, "keyring_changed");
	} else {
		log_plain(LOG_ERROR, "keyring_not_changed");
	}
	fault_write(&fault, "%.200s", message.text);
	finish(store, message.done ? 0 : -1, &fault);
	begin_next(store);
	return 0;
}

static bool is_public_half(const struct receipt_seed *receipt, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	uint8_t *secret = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	uint8_t public[ED25519_PUBLIC_BYTES];
	const bool is = secret != NULL && keyring_receipt_key(receipt, secret, public) == 0 &&
			bytes_equal(public, public_key, sizeof public);

	sodium_free(secret);
	return is;
}

const struct receipt_seed *keys_receipt(
	const struct store *store, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
	for (size_t at = 0; at < store->keyring->receipt_count; at++)
		if (is_public_half(&store->keyring->receipts[at], public_key))
			return &store->keyring->receipts[at];
	return NULL;
}

/* No roster that comes names an older key: what it has signed stays proven by the chain, and nobody is to
 * sign more with it. */
static int drop_older(void *context, struct keyring *keyring, struct fault *fault)
{
	const struct store *store = context;

	if (keyring->receipt_count < 2 || !is_public_half(&keyring->receipts[1], store->receipt_key))
		return fault_set(fault, "no receipt key is left over");
	keyring->receipts[0] = keyring->receipts[1];
	sodium_memzero(&keyring->receipts[1], sizeof keyring->receipts[1]);
	keyring->receipt_count = 1;
	return 0;
}

static void on_dropped(void *context, int result, const struct fault *fault)
{
	(void)context;
	if (result != 0)
		log_fault(LOG_WARNING, "receipt_key_not_dropped", fault); /* the next start tries again */
}

int keys_choose_receipt(struct store *store, struct fault *fault)
{
	const struct receipt_seed *receipt = keys_receipt(store, store->roster->receipt_key);

	if (receipt == NULL)
		return fault_set(fault, "the roster's receipt key isn't in the keyring: behind a restore, "
					"publish the draft that it made; else it is another organisation's");
	if (store->receipt_secret_key == NULL)
		store->receipt_secret_key = sodium_malloc(crypto_sign_SECRETKEYBYTES);
	if (store->receipt_secret_key == NULL ||
		keyring_receipt_key(receipt, store->receipt_secret_key, store->receipt_key) != 0)
		return fault_set(fault, "the receipt key can't be used: memory is short");
	return 0;
}

void keys_tidy(struct store *store)
{
	if (store->keyring->receipt_count > 1 &&
		is_public_half(&store->keyring->receipts[1], store->receipt_key) &&
		keys_change(store, drop_older, on_dropped, store) != 0)
		log_plain(LOG_WARNING, "receipt_key_not_dropped");
}
