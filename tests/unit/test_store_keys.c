/* The daemon's keys change only once the supervisor says that they are durable, one change after the other.
 */
#include "store_scene.h"

#include "keys.h"
#include "keys/keyring.h"

#include <event2/event.h>
#include <sys/socket.h>

/* The test plays the supervisor. */
struct supervisor {
	struct scene *scene;
	struct channel *channel;
	unsigned int asked;
	size_t receipts; /* in the keyring that was handed over last */
};

static int on_store(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct supervisor *supervisor = context;
	struct message_keyring handed;
	struct keyring *keyring = NULL;
	struct fault fault;

	(void)passed_fd;
	assert_int_equal(type, MESSAGE_KEEP_KEYRING);
	assert_int_equal(message_keyring_get(message, &handed), 0);
	assert_int_equal(keyring_parse(handed.data, handed.len, &keyring, &fault), 0);
	supervisor->receipts = keyring->receipt_count;
	keyring_free(keyring);
	supervisor->asked++;
	return 0;
}

static int on_supervisor(void *context, enum message_type type, struct reader *message, int passed_fd)
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

static void begin(struct supervisor *supervisor, struct scene *scene)
{
	int ends[2];
	struct channel_options store = { .base = scene->store.base,
		.me = ROLE_STORE,
		.peer = ROLE_SUPERVISOR,
		.on_message = on_supervisor,
		.on_ended = on_ended,
		.context = &scene->store };
	struct channel_options test = { .base = scene->store.base,
		.me = ROLE_SUPERVISOR,
		.peer = ROLE_STORE,
		.on_message = on_store,
		.on_ended = on_ended,
		.context = supervisor };

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	store.fd = ends[0];
	test.fd = ends[1];
	*supervisor = (struct supervisor){ .scene = scene };
	scene->store.supervisor = channel_new(&store);
	supervisor->channel = channel_new(&test);
	assert_non_null(scene->store.supervisor);
	assert_non_null(supervisor->channel);
}

static void end(struct supervisor *supervisor)
{
	struct scene *scene = supervisor->scene;

	scene->keyring = scene->store.keyring; /* the scene frees it */
	channel_free(supervisor->channel);
	channel_free(scene->store.supervisor);
	scene->store.supervisor = NULL;
}

static void say(struct supervisor *supervisor, bool done)
{
	const struct message_kept kept = { .done = done, .text = done ? "" : "the disk is full: make room" };

	assert_int_equal(message_kept_put(channel_out(supervisor->channel), &kept), 0);
	scene_run(supervisor->scene);
}

struct change {
	size_t found; /* receipt keys, by the edit */
	bool refuse;
	int result; /* 1: not yet */
	struct fault fault;
};

static int edit(void *context, struct keyring *keyring, struct fault *fault)
{
	struct change *change = context;

	change->found = keyring->receipt_count;
	if (change->refuse)
		return fault_set(fault, "not now");
	keyring->receipts[keyring->receipt_count - 1].epoch += 10;
	if (keyring->receipt_count < KEYRING_RECEIPTS_MAX)
		keyring->receipts[keyring->receipt_count++] = (struct receipt_seed){ .epoch = 99 };
	return 0;
}

static void done(void *context, int result, const struct fault *fault)
{
	struct change *change = context;

	assert_int_equal(change->result, 1);
	change->result = result;
	change->fault = *fault;
}

static void a_key_is_there_once_it_is_durable(void **state)
{
	struct scene *scene = *state;
	struct supervisor supervisor;
	struct change change = { .result = 1 };

	begin(&supervisor, scene);
	assert_int_equal(keys_change(&scene->store, edit, done, &change), 0);
	scene_run(scene);
	assert_int_equal(supervisor.asked, 1);
	assert_int_equal(supervisor.receipts, 2);
	assert_int_equal(change.result, 1);
	assert_int_equal(scene->store.keyring->receipt_count, 1);
	say(&supervisor, true);
	assert_int_equal(change.result, 0);
	assert_int_equal(scene->store.keyring->receipt_count, 2);
	end(&supervisor);
}

static void what_is_not_kept_has_not_changed(void **state)
{
	struct scene *scene = *state;
	struct supervisor supervisor;
	struct change change = { .result = 1 };

	begin(&supervisor, scene);
	assert_int_equal(keys_change(&scene->store, edit, done, &change), 0);
	scene_run(scene);
	say(&supervisor, false);
	assert_int_equal(change.result, -1);
	assert_string_equal(change.fault.text, "the disk is full: make room");
	assert_int_equal(scene->store.keyring->receipt_count, 1);
	end(&supervisor);
}

static void one_after_the_other(void **state)
{
	struct scene *scene = *state;
	struct supervisor supervisor;
	struct change first = { .result = 1 }, refused = { .result = 1, .refuse = true },
		      last = { .result = 1 };

	begin(&supervisor, scene);
	assert_int_equal(keys_change(&scene->store, edit, done, &first), 0);
	assert_int_equal(keys_change(&scene->store, edit, done, &refused), 0);
	assert_int_equal(keys_change(&scene->store, edit, done, &last), 0);
	scene_run(scene);
	assert_int_equal(supervisor.asked, 1);
	say(&supervisor, true);
	assert_int_equal(first.result, 0);
	assert_int_equal(refused.result, -1);
	assert_string_equal(refused.fault.text, "not now");
	assert_int_equal(supervisor.asked, 2);
	assert_int_equal(last.found, 2); /* it builds on the first */
	assert_int_equal(last.result, 1);
	say(&supervisor, true);
	assert_int_equal(last.result, 0);
	assert_int_equal(scene->store.keyring->receipts[1].epoch, 109);
	end(&supervisor);
}

static void whoever_waits_at_the_end_is_told(void **state)
{
	struct scene *scene = *state;
	struct supervisor supervisor;
	struct change first = { .result = 1 }, second = { .result = 1 };

	begin(&supervisor, scene);
	assert_int_equal(keys_change(&scene->store, edit, done, &first), 0);
	assert_int_equal(keys_change(&scene->store, edit, done, &second), 0);
	end(&supervisor);
	keys_free(&scene->store);
	scene->keyring = NULL; /* it was the store's */
	scene->store.receipt_secret_key = NULL;
	assert_int_equal(first.result, -1);
	assert_int_equal(second.result, -1);
}

static void a_word_that_nobody_asked_for_is_refused(void **state)
{
	struct scene *scene = *state;
	struct buffer frame = buffer_of(CHANNEL_TEXT_MAX);
	const struct message_kept kept = { .done = true, .text = "" };
	struct reader in, message;
	enum message_type type;

	assert_int_equal(message_kept_put(&frame, &kept), 0);
	in = reader_of(frame.data, frame.len);
	assert_int_equal(frame_next(&in, CHANNEL_FRAME_MAX, &type, &message), 1);
	assert_int_equal(keys_kept(&scene->store, &message), -1);
	buffer_free(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_key_is_there_once_it_is_durable),
		IN_SCENE(what_is_not_kept_has_not_changed),
		IN_SCENE(one_after_the_other),
		IN_SCENE(whoever_waits_at_the_end_is_told),
		IN_SCENE(a_word_that_nobody_asked_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
