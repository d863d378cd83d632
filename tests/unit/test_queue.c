/* The queue: whatever a crash leaves behind, a report is there once or not at all. */
#include "cmocka_all.h"

#include "home_fixture.h"
#include "queue.h"

struct opened {
	struct home *home;
	struct vault *vault;
	struct queue *queue;
};

/* As a program that starts: everything comes from the disk. */
static struct opened start(char *folder)
{
	struct invocation invocation = { .program = "clarion", .folder = "clarion", .home = folder };
	struct opened opened = { 0 };
	struct failure failure;

	assert_int_equal(home_open(&invocation, HOME_EXISTING, &opened.home, &failure), 0);
	if (vault_is_there(opened.home))
		assert_int_equal(vault_open(opened.home, &invocation, &opened.vault, &failure), 0);
	else
		assert_int_equal(vault_create(opened.home, NULL, &opened.vault, &failure), 0);
	assert_int_equal(queue_load(opened.vault, &opened.queue, &failure), 0);
	return opened;
}

/* As a program that ends, or is killed: nothing more is written. */
static void stop(struct opened *opened)
{
	queue_free(opened->queue);
	vault_free(opened->vault);
	home_close(opened->home);
}

static void write_payload(struct opened *opened, const struct queued *entry)
{
	struct vault_writer *writer;
	struct failure failure;

	assert_int_equal(vault_writer_new(opened->vault, entry->payload, &writer, &failure), 0);
	assert_int_equal(vault_writer_put(writer, (const uint8_t *)"sealed", 6, &failure), 0);
	assert_int_equal(vault_writer_end(writer, &failure), 0);
	vault_writer_free(writer);
}

static bool has_payload(struct opened *opened, const char *name)
{
	struct vault_reader *reader = NULL;
	struct failure failure;
	bool has = vault_reader_new(opened->vault, name, &reader, &failure) == 0;

	vault_reader_free(reader);
	return has;
}

static struct queued *add_ready(struct opened *opened, char digit)
{
	struct queued *entry = NULL;
	struct failure failure;

	assert_int_equal(queue_add(opened->queue, &entry, &failure), 0);
	memset(entry->id, digit, ID_SIZE - 1);
	memset(entry->mailbox, digit, MAILBOX_ID_SIZE - 1);
	memcpy(entry->destination.desk, "intake", sizeof "intake");
	entry->destination.urgency = URGENCY_URGENT;
	entry->has_salt = true;
	entry->destination.salt[3] = 7;
	entry->length = 6;
	entry->roster = 4;
	write_payload(opened, entry);
	assert_int_equal(queue_ready(opened->queue, entry, &failure), 0);
	return entry;
}

/* What is held would be released as it arrives; an alarm that wasn't given waits, and so does what follows.
 */
static void test_what_is_special_about_an_entry(void **state)
{
	struct opened opened = start(*state);
	struct queued *held = add_ready(&opened, 'a'), *prepared = add_ready(&opened, 'b'),
		      *follower = add_ready(&opened, 'c');
	struct failure failure;
	char id[ID_SIZE];

	memcpy(held->destination.release, "2026-11-25T08:00:00Z", TIME_SIZE);
	prepared->is_prepared = true;
	memcpy(follower->after, prepared->id, sizeof follower->after);
	memcpy(follower->excluded[0], "amina", sizeof "amina");
	memcpy(follower->excluded[1], "legal", sizeof "legal");
	follower->excluded_count = 2;
	memcpy(id, held->id, sizeof id);
	assert_int_equal(queue_save(opened.queue, &failure), 0);
	stop(&opened);
	opened = start(*state);
	assert_int_equal(queue_count(opened.queue), 2);
	assert_null(queue_find(opened.queue, id));
	assert_true(queue_at(opened.queue, 0)->is_prepared);
	assert_false(queue_at(opened.queue, 1)->is_prepared);
	assert_string_equal(queue_at(opened.queue, 1)->after, queue_at(opened.queue, 0)->id);
	assert_false(queue_has_accepted(opened.queue, id));
	assert_int_equal(queue_at(opened.queue, 0)->excluded_count, 0);
	assert_int_equal(queue_at(opened.queue, 1)->excluded_count, 2);
	assert_string_equal(queue_at(opened.queue, 1)->excluded[1], "legal");
	stop(&opened);
}

static void test_ready_reports_stay(void **state)
{
	struct opened opened = start(*state);
	struct queued before = *add_ready(&opened, 'a');
	const struct queued *after;

	stop(&opened);
	opened = start(*state);
	assert_int_equal(queue_count(opened.queue), 1);
	after = queue_at(opened.queue, 0);
	assert_memory_equal(&before, after, sizeof before);
	assert_true(has_payload(&opened, before.payload));
	assert_null(queue_at(opened.queue, 1));
	stop(&opened);
}

static void test_drafts_go_with_their_payload(void **state)
{
	struct opened opened = start(*state);
	struct queued *entry;
	struct failure failure;
	char payload[PAYLOAD_SIZE];

	(void)add_ready(&opened, 'a');
	assert_int_equal(queue_add(opened.queue, &entry, &failure), 0);
	memcpy(payload, entry->payload, sizeof payload);
	write_payload(&opened, entry);
	stop(&opened);
	opened = start(*state);
	assert_int_equal(queue_count(opened.queue), 1);
	assert_false(has_payload(&opened, payload));
	stop(&opened);
}

static const struct acceptance_answer accepted = { .accepted = "2026-11-24T08:00:00Z" };

static void test_accepted_reports_leave(void **state)
{
	struct opened opened = start(*state);
	struct queued first = *add_ready(&opened, 'a');
	struct buffer kept = buffer_of(ITEM_MAX);
	struct known_report known;
	struct failure failure;
	struct items items;
	bool found;

	(void)add_ready(&opened, 'b');
	assert_int_equal(queue_accepted(opened.queue, queue_at(opened.queue, 0), &accepted, 3, &failure), 0);
	assert_int_equal(queue_count(opened.queue), 1);
	assert_false(has_payload(&opened, first.payload));
	stop(&opened);
	opened = start(*state);
	assert_int_equal(queue_count(opened.queue), 1);
	assert_int_equal(queue_at(opened.queue, 0)->id[0], 'b');
	assert_int_equal(queue_find_mailbox(opened.queue, first.mailbox, &known), 0);
	assert_string_equal(known.id, first.id);
	assert_string_equal(known.desk, "intake");
	assert_string_equal(known.accepted, accepted.accepted);
	/* whose key it was: the chain of rosters proves it for ever */
	items = vault_items(opened.vault);
	assert_int_equal(items_get(&items, "accepted", &kept, &found, &failure), 0);
	assert_non_null(strstr(buffer_text(&kept), "\"signed_by\":3"));
	buffer_free(&kept);
	stop(&opened);
}

/* Killed between keeping the acceptance and letting the entry go: the queue's old file is put back. */
static void test_accepted_before_a_crash_is_not_sent_again(void **state)
{
	struct opened opened = start(*state);
	struct queued entry = *add_ready(&opened, 'a');
	struct items items = vault_items(opened.vault);
	struct buffer queue = buffer_of(ITEM_MAX);
	struct failure failure;
	bool found;

	assert_int_equal(items_get(&items, "queue", &queue, &found, &failure), 0);
	assert_true(found);
	assert_int_equal(queue_accepted(opened.queue, queue_at(opened.queue, 0), &accepted, 3, &failure), 0);
	assert_int_equal(items_put(&items, "queue", queue.data, queue.len, &failure), 0);
	write_payload(&opened, &entry);
	buffer_free(&queue);
	stop(&opened);
	opened = start(*state);
	assert_int_equal(queue_count(opened.queue), 0);
	assert_false(has_payload(&opened, entry.payload));
	stop(&opened);
}

static void test_mailboxes_that_wait_or_are_unknown(void **state)
{
	struct opened opened = start(*state);
	struct queued entry = *add_ready(&opened, 'a');
	struct known_report known;

	assert_int_equal(queue_find_mailbox(opened.queue, entry.mailbox, &known), 0);
	assert_string_equal(known.accepted, "");
	assert_int_equal(queue_find_mailbox(opened.queue, "00", &known), -1);
	stop(&opened);
}

static void test_a_receipt_made_ahead_is_given_once(void **state)
{
	struct opened opened = start(*state);
	struct receipt_ahead receipt = { .number = "11111 22222 33333 44444 55555 66666",
		.seed = { 1, 2, 3 } };
	struct receipt_ahead taken = { 0 };
	struct failure failure;

	assert_false(queue_take_receipt(opened.queue, &taken));
	assert_int_equal(queue_put_receipt(opened.queue, &receipt, &failure), 0);
	stop(&opened);
	opened = start(*state);
	assert_true(queue_has_receipt(opened.queue));
	assert_true(queue_take_receipt(opened.queue, &taken));
	assert_memory_equal(&taken, &receipt, sizeof receipt);
	(void)add_ready(&opened, 'a');
	stop(&opened);
	opened = start(*state);
	assert_false(queue_has_receipt(opened.queue));
	stop(&opened);
}

static void test_upload_keys_differ(void **state)
{
	struct opened opened = start(*state);
	struct queued *first = add_ready(&opened, 'a'), *second = add_ready(&opened, 'b');

	assert_memory_not_equal(first->upload_key, second->upload_key, UPLOAD_KEY_BYTES);
	assert_string_not_equal(first->payload, second->payload);
	stop(&opened);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_HOME(test_what_is_special_about_an_entry),
		WITH_HOME(test_ready_reports_stay),
		WITH_HOME(test_drafts_go_with_their_payload),
		WITH_HOME(test_accepted_reports_leave),
		WITH_HOME(test_accepted_before_a_crash_is_not_sent_again),
		WITH_HOME(test_mailboxes_that_wait_or_are_unknown),
		WITH_HOME(test_a_receipt_made_ahead_is_given_once),
		WITH_HOME(test_upload_keys_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
