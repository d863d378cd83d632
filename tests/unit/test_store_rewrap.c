/* A rotated storage key: everything that lies under an old epoch is sealed again, whatever happens meanwhile,
 * and the old key is needless only then. */
#include "store_scene.h"

#include "epochs.h"
#include "proto/age_file.h"

#include <event2/event.h>
#include <sqlite3.h>
#include <sys/socket.h>

#define MAILBOX  "00112233445566778899aabbccddeeff"
#define MANY     20
#define KEY      "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define DEADLINE 10000 /* turns of the loop */

/* As the daemon does it: the keyring first, then the seal. */
static void take_keyring(struct scene *scene)
{
	struct fault fault;

	seal_free(scene->store.seal);
	assert_int_equal(seal_new(scene->keyring, &scene->store.seal, &fault), 0);
}

static void rotate(struct scene *scene)
{
	struct keyring *keyring = scene->keyring;
	struct storage_key *key = &keyring->storage[keyring->storage_count];

	key->epoch = keyring->storage[keyring->storage_count - 1].epoch + 1;
	randombytes_buf(key->key, sizeof key->key);
	keyring->storage_count++;
	take_keyring(scene);
	assert_int_equal(rewrap_begin(&scene->store), 0);
}

/* Only the newest storage key is left. */
static void forget_old_keys(struct scene *scene)
{
	struct keyring *keyring = scene->keyring;

	keyring->storage[0] = keyring->storage[keyring->storage_count - 1];
	keyring->storage_count = 1;
	take_keyring(scene);
}

static struct rewrap_progress progress_of(struct scene *scene)
{
	struct rewrap_progress progress;

	rewrap_progress(&scene->store, &progress);
	return progress;
}

static void run_to_the_end(struct scene *scene)
{
	for (int turn = 0; rewrap_is_running(&scene->store); turn++) {
		assert_true(turn < DEADLINE);
		assert_true(event_base_loop(scene->store.base, EVLOOP_ONCE) >= 0);
	}
}

static uint64_t old_rows(struct scene *scene)
{
	uint64_t old = 0, all = 0;

	assert_int_equal(
		backend_count_old(scene->store.backend, seal_newest_epoch(scene->store.seal), &old, &all), 0);
	assert_true(all >= old);
	return old;
}

static void send_many(struct scene *scene, struct sealed sealed[MANY])
{
	for (size_t i = 0; i < MANY; i++) {
		seal_report(scene, "intake", 1000, 0, &sealed[i]);
		assert_int_equal(scene_send(scene, &sealed[i])->status, 201);
	}
}

static void expect_whole(struct scene *scene, const struct sealed *sealed)
{
	const struct scene_answer *answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_GET, .path = sealed->report, .signer = OLGA });

	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->body.len, sealed->file.len);
	assert_memory_equal(answer->body.data, sealed->file.data, sealed->file.len);
}

static void free_many(struct sealed sealed[MANY])
{
	for (size_t i = 0; i < MANY; i++)
		sealed_free(&sealed[i]);
}

static void post_answer(struct scene *scene)
{
	uint8_t recipient[1][AGE_RECIPIENT_BYTES];
	struct buffer message = buffer_of(4096);

	fixture_recipient(OLGA, recipient[0]);
	assert_int_equal(age_file_seal((const uint8_t(*)[AGE_RECIPIENT_BYTES])recipient, 1,
				 (const uint8_t *)"an answer", 9, &message),
		0);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = "mailboxes/" MAILBOX,
						  .body = message.data,
						  .len = message.len,
						  .signer = MARIA })
				 ->status,
		201);
	buffer_free(&message);
}

static size_t messages_in(struct scene *scene)
{
	uint8_t box[BLIND_INDEX_BYTES];
	struct buffer sealed = buffer_of(4096);
	size_t count = 0;
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;

	/* Read beside the store, because its own call needs the mailbox key: what counts is that each opens.
	 */
	assert_int_equal(sqlite3_open_v2(NAME, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, "SELECT box, data FROM messages", -1, &statement, NULL),
		SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		struct place place = {
			.column = COLUMN_MESSAGE, .identity = box, .identity_len = sizeof box
		};

		assert_int_equal(sqlite3_column_bytes(statement, 0), sizeof box);
		memcpy(box, sqlite3_column_blob(statement, 0), sizeof box);
		buffer_clear(&sealed);
		assert_int_equal(seal_get_row(scene->store.seal, &place, sqlite3_column_blob(statement, 1),
					 (size_t)sqlite3_column_bytes(statement, 1), &sealed),
			0);
		count++;
	}
	sqlite3_finalize(statement);
	sqlite3_close(database);
	buffer_free(&sealed);
	return count;
}

static void test_everything_opens_under_the_new_key_alone(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY], pending;
	struct buffer ack = buffer_of(EVENT_MAX);

	send_many(scene, sealed);
	post_answer(scene);
	seal_report(scene, "intake", 100000, 0, &pending);
	assert_int_equal(scene_ask(scene,
				 &(struct scene_ask){
					 .method = METHOD_POST, .path = pending.upload, .upload_key = KEY })
				 ->status,
		201);
	write_ack(scene, &sealed[3], OLGA, 1, &ack);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_POST,
						  .path = sealed[3].events,
						  .body = ack.data,
						  .len = ack.len,
						  .signer = OLGA })
				 ->status,
		201);
	rotate(scene);
	assert_true(old_rows(scene) >= MANY + 4); /* reports, upload, message, roster, nonces */
	assert_int_equal(progress_of(scene).done, 0);
	assert_int_equal(progress_of(scene).epoch, 2);
	run_to_the_end(scene);
	assert_int_equal(old_rows(scene), 0);
	assert_int_equal(progress_of(scene).done, progress_of(scene).total);
	assert_int_equal(progress_of(scene).failed, 0);
	forget_old_keys(scene);
	scene_restart(scene);
	for (size_t i = 0; i < MANY; i++)
		expect_whole(scene, &sealed[i]);
	assert_int_equal(messages_in(scene), 1);
	assert_int_equal(scene_ask(scene, &(struct scene_ask){ .method = METHOD_PATCH,
						  .path = pending.report,
						  .upload_key = KEY,
						  .upload_offset = "0",
						  .upload_complete = "?1",
						  .body = pending.file.data,
						  .len = pending.file.len })
				 ->status,
		201);
	expect_whole(scene, &pending);
	buffer_free(&ack);
	sealed_free(&pending);
	free_many(sealed);
}

/* The control of the test above: without sealing again, the new key alone opens nothing. */
static void test_without_it_nothing_opens(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed;
	struct report_facts *facts = NULL;
	struct backend_report row;

	seal_report(scene, "intake", 1000, 0, &sealed);
	assert_int_equal(scene_send(scene, &sealed)->status, 201);
	rotate(scene);
	forget_old_keys(scene);
	assert_int_equal(report_find(&scene->store, sealed.id, &facts, &row), -1);
	sealed_free(&sealed);
}

/* A crash between two batches: what was done stays done, the rest follows. */
static void test_it_goes_on_after_a_crash(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY];
	uint64_t before, after;

	send_many(scene, sealed);
	rotate(scene);
	before = old_rows(scene);
	assert_int_equal(group_open(&scene->store), 0);
	assert_int_equal(rewrap_step(&scene->store, 7), 0);
	assert_int_equal(backend_commit(scene->store.backend), 0);
	assert_int_equal(group_open(&scene->store), 0);
	assert_int_equal(rewrap_step(&scene->store, 5), 0);
	assert_int_equal(old_rows(scene), before - 12);
	backend_rollback(scene->store.backend); /* as a kill does: the second batch wasn't committed */
	scene_restart(scene);
	after = old_rows(scene);
	assert_int_equal(after, before - 7);
	assert_true(rewrap_is_running(&scene->store));
	assert_int_equal(progress_of(scene).total - progress_of(scene).done, after);
	run_to_the_end(scene);
	assert_int_equal(old_rows(scene), 0);
	forget_old_keys(scene);
	scene_restart(scene);
	for (size_t i = 0; i < MANY; i++)
		expect_whole(scene, &sealed[i]);
	free_many(sealed);
}

/* A group that could not be written takes its share of the work back. */
static void test_a_failed_group_loses_nothing(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY], late;
	uint64_t before;

	send_many(scene, sealed);
	rotate(scene);
	before = old_rows(scene);
	seal_report(scene, "intake", 1000, 0, &late);
	scene_break_disk(scene, true);
	assert_int_equal(scene_send(scene, &late)->status, 503);
	scene_break_disk(scene, false);
	assert_int_equal(old_rows(scene), before);
	scene->store.chores_paused_until = 0;
	run_to_the_end(scene);
	assert_int_equal(old_rows(scene), 0);
	assert_int_equal(scene_send(scene, &late)->status, 201);
	forget_old_keys(scene);
	expect_whole(scene, &sealed[0]);
	expect_whole(scene, &late);
	sealed_free(&late);
	free_many(sealed);
}

/* Reports that come meanwhile are of the new epoch at once, and each brings the work forward. */
static void test_reports_come_in_meanwhile(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY], late;
	struct report_facts *facts = NULL;
	struct backend_report row;
	uint64_t before;

	send_many(scene, sealed);
	rotate(scene);
	before = old_rows(scene);
	seal_report(scene, "intake", 1000, 0, &late);
	scene->store.rows_earned = 1000; /* as many others would have earned */
	assert_int_equal(scene_send(scene, &late)->status, 201);
	assert_true(old_rows(scene) < before);
	assert_int_equal(report_find(&scene->store, late.id, &facts, &row), 1);
	assert_int_equal(facts->epoch, 2);
	facts_free(facts);
	run_to_the_end(scene);
	rotate(scene); /* and once more, from two epochs */
	run_to_the_end(scene);
	assert_int_equal(old_rows(scene), 0);
	forget_old_keys(scene);
	expect_whole(scene, &late);
	expect_whole(scene, &sealed[0]);
	sealed_free(&late);
	free_many(sealed);
}

static void spoil(const char *sql)
{
	sqlite3 *database = NULL;

	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(database) > 0);
	sqlite3_close(database);
}

/* Rows that don't open, by an unknown epoch or by damage, stay as they are, hold up no other, and keep the
 * old keys from being given up. */
static void test_what_does_not_open_keeps_the_old_keys(void **state)
{
	struct scene *scene = *state;
	struct sealed sealed[MANY];

	send_many(scene, sealed);
	post_answer(scene);
	rotate(scene);
	run_to_the_end(scene);
	spoil("UPDATE reports SET epoch = 1 WHERE body = (SELECT min(body) FROM reports)");
	spoil("UPDATE messages SET data = CAST(x'00000001' || zeroblob(100) AS BLOB)");
	rotate(scene);
	run_to_the_end(scene);
	assert_int_equal(progress_of(scene).failed, 2);
	assert_int_equal(old_rows(scene), 2);
	assert_int_equal(progress_of(scene).total - progress_of(scene).done, 2);
	expect_whole(scene, &sealed[1]);
	free_many(sealed);
}

/* --- epochs in the keyring, with a supervisor that the test plays */

struct keeper {
	struct scene *scene;
	struct channel *channel;
	size_t asked, count; /* times, and the storage keys in the keyring that was handed over last */
	uint32_t oldest, newest;
};

static int on_store(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct keeper *keeper = context;
	struct message_keyring handed;
	struct keyring *keyring = NULL;
	struct fault fault;

	(void)passed_fd;
	assert_int_equal(type, MESSAGE_KEEP_KEYRING);
	assert_int_equal(message_keyring_get(message, &handed), 0);
	assert_int_equal(keyring_parse(handed.data, handed.len, &keyring, &fault), 0);
	keeper->asked++;
	keeper->count = keyring->storage_count;
	keeper->oldest = keyring->storage[0].epoch;
	keeper->newest = keyring_storage_newest(keyring)->epoch;
	keyring_free(keyring);
	return 0;
}

static int on_keeper(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	(void)type;
	(void)passed_fd;
	return keys_kept(context, message);
}

static void on_ended(void *context, const char *reason)
{
	(void)context;
	fail_msg("the channel ended: %s", reason);
}

static void begin_keeper(struct keeper *keeper, struct scene *scene)
{
	int ends[2];
	struct channel_options store = { .base = scene->store.base,
		.me = ROLE_STORE,
		.peer = ROLE_SUPERVISOR,
		.on_message = on_keeper,
		.on_ended = on_ended,
		.context = &scene->store };
	struct channel_options test = { .base = scene->store.base,
		.me = ROLE_SUPERVISOR,
		.peer = ROLE_STORE,
		.on_message = on_store,
		.on_ended = on_ended,
		.context = keeper };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	store.fd = ends[0];
	test.fd = ends[1];
	*keeper = (struct keeper){ .scene = scene };
	scene->store.supervisor = channel_new(&store);
	keeper->channel = channel_new(&test);
	assert_true(scene->store.supervisor != NULL && keeper->channel != NULL);
}

static void end_keeper(struct keeper *keeper)
{
	struct scene *scene = keeper->scene;

	scene->keyring = scene->store.keyring; /* the scene frees it */
	channel_free(keeper->channel);
	channel_free(scene->store.supervisor);
	scene->store.supervisor = NULL;
}

static void say(struct keeper *keeper, bool done)
{
	const struct message_kept kept = { .done = done, .text = done ? "" : "the disk is full: make room" };

	assert_int_equal(message_kept_put(channel_out(keeper->channel), &kept), 0);
	scene_run(keeper->scene);
}

static void on_added(void *context, int result, const struct fault *fault)
{
	(void)fault;
	*(int *)context = result;
}

/* Nothing is sealed under a key that isn't durable, and an old one is given up only where the end of the work
 * has been seen; one that came meanwhile stays. */
static void test_epochs_come_and_go(void **state)
{
	struct scene *scene = *state;
	struct store *store = &scene->store;
	struct sealed sealed[MANY];
	struct keeper keeper;
	int first = 1, second = 1;

	send_many(scene, sealed);
	begin_keeper(&keeper, scene);
	assert_int_equal(epochs_add(store, on_added, &first), 0);
	scene_run(scene);
	assert_int_equal(keeper.newest, 2);
	assert_int_equal(seal_newest_epoch(store->seal), 1);
	say(&keeper, false);
	assert_int_equal(first, -1);
	assert_int_equal(seal_newest_epoch(store->seal), 1);
	assert_int_equal(epochs_add(store, on_added, &first), 0);
	scene_run(scene);
	say(&keeper, true);
	assert_int_equal(first, 0);
	assert_int_equal(seal_newest_epoch(store->seal), 2);
	/* A third one is on its way while the second's work ends: the drop is asked for behind it. */
	assert_int_equal(epochs_add(store, on_added, &second), 0);
	run_to_the_end(scene);
	assert_int_equal(keeper.newest, 3);
	say(&keeper, true);
	assert_int_equal(second, 0);
	assert_int_equal(keeper.count, 2);
	assert_int_equal(keeper.oldest, 2);
	assert_int_equal(keeper.newest, 3);
	say(&keeper, true);
	assert_int_equal(seal_oldest_epoch(store->seal), 2);
	expect_whole(scene, &sealed[0]);
	run_to_the_end(scene);
	scene_run(scene);
	assert_int_equal(keeper.count, 1);
	say(&keeper, false); /* it couldn't be written: both stay, and it is tried again */
	assert_int_equal(seal_oldest_epoch(store->seal), 2);
	rewrap_look(store);
	scene_run(scene);
	say(&keeper, true);
	assert_int_equal(seal_oldest_epoch(store->seal), 3);
	assert_int_equal(store->keyring->storage_count, 1);
	for (size_t i = 0; i < MANY; i++)
		expect_whole(scene, &sealed[i]);
	end_keeper(&keeper);
	free_many(sealed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_SCENE(test_everything_opens_under_the_new_key_alone),
		IN_SCENE(test_without_it_nothing_opens),
		IN_SCENE(test_it_goes_on_after_a_crash),
		IN_SCENE(test_a_failed_group_loses_nothing),
		IN_SCENE(test_reports_come_in_meanwhile),
		IN_SCENE(test_epochs_come_and_go),
		IN_SCENE(test_what_does_not_open_keeps_the_old_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
