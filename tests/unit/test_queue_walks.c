/* The queue under any order of reports, crashes, retries and answers: thousands of random walks through the
 * client's own queue and submission, with a server's double in the place of the network. Every report is
 * accepted exactly once, or still queued; and what she was told is true.
 *
 * A crash: from a chosen step on nothing is written, sent or read any more, and what was in memory is gone.
 * Steps lie before and behind each write to the home and each part of a call. test_queue_walks WALKS SEED for
 * more. */
#include "cmocka_all.h"

#include "home_fixture.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "queue_double.h"
#include "queue_json.h"
#include "roster_fixture.h"

#define STEPS_MAX    10
#define CRASH_WITHIN 40 /* steps of one run of the program; most have fewer */

enum told { TOLD_NOTHING, TOLD_QUEUED, TOLD_ACCEPTED };

struct told_report {
	char id[ID_SIZE];
	enum told told;
};

static struct walk {
	struct home *home;
	struct vault *vault;
	struct told_report reports[REPORTS_MAX];
	size_t count;
} walk;

/* --- writes to the home, each of which the crash may come before or behind (the linker puts these in their
 * place) */

#define WRITE(name, parameters, call)                                                                        \
	int __real_##name parameters;                                                                        \
	int __wrap_##name parameters;                                                                        \
	int __wrap_##name parameters                                                                         \
	{                                                                                                    \
		int rc = dies() ? -1 : __real_##name call;                                                   \
                                                                                                             \
		return dies() ? dead(failure) : rc;                                                          \
	}

WRITE(json_store, (struct vault * vault, const char *name, const json_t *json, struct failure *failure),
	(vault, name, json, failure))
WRITE(vault_remove, (struct vault * vault, const char *name, struct failure *failure), (vault, name, failure))
WRITE(vault_writer_put,
	(struct vault_writer * writer, const uint8_t *bytes, size_t len, struct failure *failure),
	(writer, bytes, len, failure))
WRITE(vault_writer_end, (struct vault_writer * writer, struct failure *failure), (writer, failure))

/* --- she */

static void told(const char *id, enum told what)
{
	for (size_t at = 0; at < walk.count; at++)
		if (strcmp(walk.reports[at].id, id) == 0 && !world.is_dead)
			walk.reports[at].told = what;
}

/* Sends what is queued, as `send` does. */
static void send_all(struct queue *queue)
{
	for (size_t at = 0; at < queue_count(queue) && !world.is_dead;) {
		struct acceptance_answer accepted;
		struct failure failure;
		enum submitted outcome;
		char id[ID_SIZE];

		memcpy(id, queue_at(queue, at)->id, sizeof id);
		if (submit(NULL, walk.vault, queue, queue_at(queue, at), &accepted, &outcome, &failure) !=
			0) {
			assert_true(world.is_dead);
			return;
		}
		assert_int_not_equal(outcome, SUBMIT_NEVER);
		if (outcome == SUBMIT_ACCEPTED)
			told(id, TOLD_ACCEPTED);
		else
			at++;
	}
}

static int write_payload(
	const struct queued *entry, const uint8_t *bytes, size_t len, struct failure *failure)
{
	struct vault_writer *writer = NULL;
	int rc = vault_writer_new(walk.vault, entry->payload, &writer, failure);

	if (rc == 0)
		rc = vault_writer_put(writer, bytes, len, failure);
	if (rc == 0)
		rc = vault_writer_end(writer, failure);
	vault_writer_free(writer);
	return rc;
}

/* A new report: sealed bytes into the queue, whole or not at all. */
static void report(struct queue *queue, bool is_large)
{
	static uint8_t bytes[LARGE_BYTES];
	size_t len = is_large ? sizeof bytes : 1 + roll(SMALL_MAX);
	uint8_t digest[SHA256_BYTES];
	struct queued *entry;
	struct failure failure;
	struct told_report *mine = &walk.reports[walk.count];

	memset(bytes, (int)walk.count + 1, len);
	for (size_t at = 0; at < 16 && at < len; at++)
		bytes[at] = (uint8_t)roll(256);
	if (queue_add(queue, &entry, &failure) != 0)
		return;
	assert_int_equal(sha256_once(bytes, len, digest), 0);
	hex_encode(digest, sizeof digest, entry->id);
	entry->length = len;
	entry->roster = 1;
	entry->has_salt = true;
	entry->destination.urgency = URGENCY_RECORD;
	memcpy(entry->destination.desk, "intake", sizeof "intake");
	memset(entry->destination.organisation, 'o', sizeof entry->destination.organisation - 1);
	memcpy(mine->id, entry->id, sizeof mine->id);
	mine->told = TOLD_NOTHING;
	walk.count++;
	if (write_payload(entry, bytes, len, &failure) == 0 && queue_ready(queue, entry, &failure) == 0)
		told(mine->id, TOLD_QUEUED);
}

/* --- what must be true */

static void check(void)
{
	struct queue *queue = NULL;
	struct failure failure;

	world.can_crash = world.is_dead = false;
	assert_int_equal(queue_load(walk.vault, &queue, &failure), 0);
	for (size_t at = 0; at < walk.count; at++) {
		const struct told_report *mine = &walk.reports[at];
		bool is_queued = queue_find(queue, mine->id) != NULL;
		bool is_accepted = queue_has_accepted(queue, mine->id);
		size_t times = times_stored(mine->id);

		assert_true(times <= 1);
		assert_false(is_queued && is_accepted);
		/* Nothing is forgotten. */
		assert_true(mine->told == TOLD_NOTHING || is_queued || is_accepted);
		/* What she is told of an acceptance is true, and so is what her home keeps of it. */
		assert_true(mine->told != TOLD_ACCEPTED || is_accepted);
		assert_true(!is_accepted || times == 1);
	}
	queue_free(queue);
}

/* One run of the program, with or without a crash in it. */
static void run_once(void)
{
	struct queue *queue = NULL;
	struct failure failure;

	world.can_crash = !world.is_harmless && roll(2) == 0;
	world.is_dead = false;
	world.steps_left = roll(CRASH_WITHIN);
	if (queue_load(walk.vault, &queue, &failure) == 0) {
		if (walk.count < REPORTS_MAX && !world.is_harmless && roll(2) == 0)
			report(queue, roll(16) == 0);
		if (!world.is_dead && (world.is_harmless || roll(4) > 0))
			send_all(queue);
	}
	queue_free(queue);
	check();
}

static void settle(void)
{
	struct queue *queue = NULL;
	struct failure failure;

	world.is_harmless = true;
	run_once();
	assert_int_equal(queue_load(walk.vault, &queue, &failure), 0);
	assert_int_equal(queue_count(queue), 0);
	for (size_t at = 0; at < walk.count; at++)
		assert_true(walk.reports[at].told == TOLD_NOTHING ||
			    queue_has_accepted(queue, walk.reports[at].id));
	queue_free(queue);
}

static void one_walk(uint64_t seed)
{
	struct failure failure;
	uint8_t public_key[32];

	walk = (struct walk){ 0 };
	world = (struct world){ .dice = seed * UINT64_C(0x9E3779B97F4A7C15) + 1,
		.crashes = world.crashes,
		.calls = world.calls,
		.roster = fixture_roster() };
	assert_non_null(world.roster);
	fixture_key(9, public_key, world.receipt_secret);
	assert_int_equal(home_open_temporary(&walk.home, &failure), 0);
	assert_int_equal(vault_create_in_memory(walk.home, &walk.vault, &failure), 0);
	for (size_t step = 1 + roll(STEPS_MAX); step > 0; step--)
		run_once();
	settle();
	for (size_t at = 0; at < world.stored_count; at++)
		buffer_free(&world.stored[at].upload);
	vault_free(walk.vault);
	home_close(walk.home);
	roster_free(world.roster);
}

static size_t walks = 1000;
static uint64_t first_seed = 1;

static void test_any_order(void **state)
{
	(void)state;
	for (size_t at = 0; at < walks; at++)
		one_walk(first_seed + at);
	print_message("%zu walks, %zu crashes, %zu calls of the server\n", walks, world.crashes, world.calls);
	assert_true(world.crashes > walks / 2 && world.calls > walks);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_any_order) };

	if (proto_init() != 0)
		return EX_SOFTWARE;
	if (argc == 3) {
		walks = strtoul(argv[1], NULL, 10);
		first_seed = strtoull(argv[2], NULL, 10);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
