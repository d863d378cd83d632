/* A report from her words to the sealed file in the queue: who opens it, what is in it, what it was sealed
 * for. */
#include "cmocka_all.h"

#include "home_fixture.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/json.h"
#include "proto/report_schema.h"
#include "proto/sealed_report.h"
#include "queue_json.h"
#include "roster_fixture.h"
#include "seal.h"

#include <sodium.h>

#define EVIDENCE_BYTES 300000

struct scene {
	struct home *home;
	struct vault *vault;
	struct queue *queue;
	struct roster *roster;
	struct composed composed;
	struct recipients recipients;
	struct receipt_keys *keys;
	struct sealing sealing;
	char organisation[FINGERPRINT_SIZE];
};

static void begin(struct scene *scene, char *folder, const char *excluded)
{
	struct invocation invocation = { .program = "clarion", .folder = "clarion", .home = folder };
	struct failure failure;
	uint8_t seed[RECEIPT_SEED_BYTES] = { 3 };

	*scene = (struct scene){ .roster = fixture_roster(), .keys = receipt_keys_of(seed) };
	assert_true(scene->roster != NULL && scene->keys != NULL);
	assert_int_equal(home_open(&invocation, HOME_EXISTING, &scene->home, &failure), 0);
	assert_int_equal(vault_create(scene->home, NULL, &scene->vault, &failure), 0);
	assert_int_equal(queue_load(scene->vault, &scene->queue, &failure), 0);
	assert_int_equal(roster_fingerprint(scene->roster, scene->organisation), 0);
	memcpy(scene->roster->desks[0].fallback, "legal", sizeof "legal");
	memcpy(scene->composed.desk, "intake", sizeof "intake");
	scene->composed.urgency = URGENCY_URGENT;
	scene->composed.report = json_pack(
		"{s:i, s:s, s:s}", "schema", 1, "summary", "They wait outside", "urgency", "urgent");
	assert_int_equal(recipients_choose(scene->roster, "intake", URGENCY_URGENT, &excluded,
				 excluded == NULL ? 0 : 1, &scene->recipients, &failure),
		0);
	scene->sealing = (struct sealing){ scene->roster, scene->organisation, &scene->composed,
		&scene->recipients, scene->keys, NULL, NULL, false, NULL, 0, false };
}

static void end(struct scene *scene)
{
	composed_free(&scene->composed);
	receipt_keys_free(scene->keys);
	roster_free(scene->roster);
	queue_free(scene->queue);
	vault_free(scene->vault);
	home_close(scene->home);
}

static void attach(struct scene *scene, char *folder)
{
	uint8_t *bytes = malloc(EVIDENCE_BYTES);
	char path[512];
	struct failure failure;

	assert_non_null(bytes);
	for (size_t at = 0; at < EVIDENCE_BYTES; at++)
		bytes[at] = (uint8_t)(at * 13 + at / 255);
	fixture_write(folder, "photo.jpg", bytes, EVIDENCE_BYTES, path);
	assert_int_equal(
		attachment_add(&scene->composed.attachments, path, scene->composed.report, &failure), 0);
	free(bytes);
}

/* The archive as it comes out, in memory. */
static int collect(void *context, const uint8_t *data, size_t len)
{
	buffer_put(context, data, len);
	return buffer_ok(context);
}

static int open_as(struct scene *scene, const struct queued *entry, uint8_t seed_byte, struct buffer *archive)
{
	uint8_t secret[32], bytes[10000], id[REPORT_ID_BYTES];
	char hex[ID_SIZE];
	struct age_identity *identity;
	struct vault_reader *reader;
	struct report_opener *opener;
	struct failure failure;
	struct fault fault;
	uint64_t total = 0;
	size_t len;
	int rc = 0;

	memset(secret, seed_byte, sizeof secret);
	identity = age_identity_of(secret);
	opener = report_opener_new(identity, collect, archive);
	assert_non_null(opener);
	assert_int_equal(vault_reader_new(scene->vault, entry->payload, &reader, &failure), 0);
	for (;;) {
		assert_int_equal(vault_reader_take(reader, bytes, sizeof bytes, &len, &failure), 0);
		if (len == 0 || rc != 0)
			break;
		rc = report_opener_feed(opener, bytes, len, &fault);
		total += len;
	}
	if (rc == 0 && report_opener_finish(opener, id, &fault) == 0) {
		hex_encode(id, sizeof id, hex);
		assert_string_equal(hex, entry->id);
		assert_int_equal(total, entry->length);
	} else {
		rc = -1;
	}
	vault_reader_free(reader);
	report_opener_free(opener);
	age_identity_free(identity);
	return rc;
}

static void test_officers_open_it(void **state)
{
	struct scene scene;
	const struct queued *entry;
	struct buffer archive = buffer_of(1024 * 1024);
	struct failure failure;
	json_t *report;
	const json_t *envelope;
	struct fault fault;
	char hex[33];

	begin(&scene, *state, NULL);
	attach(&scene, *state);
	assert_int_equal(seal_report(&scene.sealing, scene.vault, scene.queue, &entry, &failure), 0);
	assert_int_equal(open_as(&scene, entry, 2, &archive), 0);
	assert_string_equal((char *)archive.data, ARCHIVE_REPORT);
	assert_int_equal(report_schema_check((char *)archive.data + ARCHIVE_BLOCK,
				 strlen((char *)archive.data + ARCHIVE_BLOCK), &report, &fault),
		0);
	envelope = json_object_get(report, "envelope");
	hex_encode(entry->destination.salt, SALT_BYTES, hex);
	assert_string_equal(json_string_value(json_object_get(envelope, "desk")), "intake");
	assert_string_equal(json_string_value(json_object_get(envelope, "organisation")), scene.organisation);
	assert_string_equal(json_string_value(json_object_get(envelope, "salt")), hex);
	assert_int_equal(json_integer_value(json_object_get(envelope, "roster")), 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(envelope, "mailbox"), "id")),
		scene.keys->mailbox);
	json_decref(report);
	assert_non_null(memmem(archive.data, archive.len, "attachments/001.jpg", 19));
	buffer_clear(&archive);
	assert_int_equal(
		open_as(&scene, entry, 3, &archive), 0); /* the fallback desk's officer: it is urgent */
	buffer_free(&archive);
	end(&scene);
}

static void test_the_excluded_and_strangers_do_not(void **state)
{
	struct scene scene;
	const struct queued *entry;
	struct buffer archive = buffer_of(1024 * 1024);
	struct failure failure;

	begin(&scene, *state, "maria");
	assert_int_equal(seal_report(&scene.sealing, scene.vault, scene.queue, &entry, &failure), 0);
	assert_int_equal(open_as(&scene, entry, 2, &archive), 0);
	buffer_clear(&archive);
	assert_int_equal(open_as(&scene, entry, 3, &archive), -1);
	assert_int_equal(open_as(&scene, entry, 1, &archive), -1);
	assert_int_equal(archive.len, 0);
	buffer_free(&archive);
	end(&scene);
}

static void test_the_proof_commits_to_the_destination(void **state)
{
	struct scene scene;
	const struct queued *entry;
	struct vault_reader *reader;
	struct age_header *header;
	struct destination other;
	struct failure failure;
	struct fault fault;
	struct proof proof;
	uint8_t bytes[8192];
	bool is_short, found;
	size_t len;

	begin(&scene, *state, NULL);
	assert_int_equal(seal_report(&scene.sealing, scene.vault, scene.queue, &entry, &failure), 0);
	assert_int_equal(vault_reader_new(scene.vault, entry->payload, &reader, &failure), 0);
	assert_int_equal(vault_reader_take(reader, bytes, sizeof bytes, &len, &failure), 0);
	assert_int_equal(age_header_parse(bytes, len, &header, &is_short, &fault), 0);
	assert_int_equal(header->count, 3); /* olga, maria, the proof */
	assert_int_equal(proof_find(header, &proof, &found), 0);
	assert_true(found);
	assert_int_equal(proof_matches(&proof, &entry->destination), 0);
	other = entry->destination;
	other.urgency = URGENCY_IMMEDIATE;
	assert_int_equal(proof_matches(&proof, &other), -1);
	age_header_free(header);
	vault_reader_free(reader);
	end(&scene);
}

/* What the home keeps of a dummy, but for what is random. */
static json_t *kept_of(const struct queued *entry)
{
	static const char *const random[] = { "payload", "id", "salt", "upload_key" };
	json_t *json = queued_to_json(entry);

	assert_non_null(json);
	for (size_t at = 0; at < COUNT_OF(random); at++)
		assert_int_equal(json_object_del(json, random[at]), 0);
	return json;
}

/* A dummy, and the silent alarm that takes its place: with a story, an excluded officer and a mailbox of
 * hers. */
static void test_the_home_knows_no_dummy_from_a_signal(void **state)
{
	struct scene scene;
	const struct queued *dummy, *signal;
	uint8_t other_seed[RECEIPT_SEED_BYTES] = { 4 };
	const char *excluded = "maria";
	json_t *one, *other;
	struct failure failure;

	begin(&scene, *state, NULL);
	scene.sealing.is_cover = true;
	assert_int_equal(seal_report(&scene.sealing, scene.vault, scene.queue, &dummy, &failure), 0);
	receipt_keys_free(scene.keys);
	scene.keys = receipt_keys_of(other_seed);
	scene.sealing.keys = scene.keys;
	scene.composed.excluded[0] = excluded;
	scene.composed.excluded_count = 1;
	assert_int_equal(recipients_choose(scene.roster, "intake", URGENCY_URGENT, &excluded, 1,
				 &scene.recipients, &failure),
		0);
	assert_int_equal(json_object_set_new(scene.composed.report, "duress", json_true()), 0);
	assert_int_equal(
		json_object_set_new(scene.composed.report, "narrative", json_string("They hold me.")), 0);
	assert_int_equal(seal_report(&scene.sealing, scene.vault, scene.queue, &signal, &failure), 0);
	one = kept_of(dummy);
	other = kept_of(signal);
	assert_true(json_equal(one, other));
	json_decref(one);
	json_decref(other);
	end(&scene);
}

static void test_a_changed_attachment_leaves_nothing(void **state)
{
	struct scene scene;
	const struct queued *entry;
	struct failure failure = { 0 };
	char path[512];

	begin(&scene, *state, NULL);
	attach(&scene, *state);
	fixture_write(*state, "photo.jpg", "shorter", 7, path);
	assert_int_equal(seal_report(&scene.sealing, scene.vault, scene.queue, &entry, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	assert_int_equal(queue_count(scene.queue), 0);
	end(&scene);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_HOME(test_officers_open_it),
		WITH_HOME(test_the_excluded_and_strangers_do_not),
		WITH_HOME(test_the_proof_commits_to_the_destination),
		WITH_HOME(test_the_home_knows_no_dummy_from_a_signal),
		WITH_HOME(test_a_changed_attachment_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
