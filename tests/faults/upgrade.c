/* Databases as earlier programs left them, brought to the schema of today: upgrade STATES FIXTURE…
 *
 * A fixture is the SQL of such a database, with its keyring and what lies in it named in the comments before:
 * a report that was acknowledged, an open one, a held one, and an upload of which 700 bytes are here. The
 * power is cut at every step of the first start on it, each call that writes is made to fail, and each time
 * all of it is there. */
#include "disk.h"
#include "store_scene.h"

#include "keys/clock.h"
#include "proto/digest.h"
#include "proto/encode.h"

#include <dirent.h>
#include <sqlite3.h>

#define UPLOAD_KEY   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define UPLOADED     700
#define FIXTURE_MAX  (1024 * 1024)
#define FIXTURES_MAX 8

struct fixture {
	char *sql;
	int64_t now, release;
	struct keyring *keyring;
	char acknowledged[ID_SIZE], open[ID_SIZE], held[ID_SIZE], upload_id[ID_SIZE];
	uint8_t *upload;
	size_t upload_len;
};

static unsigned long states_of_a_cut, cuts_done, failures_done;
static struct fixture fixtures[FIXTURES_MAX];
static size_t fixture_count;
static bool is_done;

/* --- what an earlier program left */

/* The word behind `-- NAME `. */
static char *value_of(const char *sql, const char *name)
{
	char mark[32];
	const char *at;

	(void)snprintf(mark, sizeof mark, "-- %s ", name);
	at = strstr(sql, mark);
	assert_non_null(at);
	at += strlen(mark);
	return strndup(at, strcspn(at, "\n"));
}

static uint8_t *bytes_of(const char *sql, const char *name, size_t *ret_len)
{
	char *hex = value_of(sql, name);
	size_t len = strlen(hex) / 2;
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	assert_int_equal(hex_decode(hex, 2 * len, bytes, len), 0);
	free(hex);
	*ret_len = len;
	return bytes;
}

static void id_of(const char *sql, const char *name, char ret_id[ID_SIZE])
{
	char *id = value_of(sql, name);

	assert_int_equal(strlen(id), ID_SIZE - 1);
	memcpy(ret_id, id, ID_SIZE);
	free(id);
}

static int64_t time_of(const char *sql, const char *name)
{
	char *number = value_of(sql, name);
	int64_t seconds = strtoll(number, NULL, 10);

	free(number);
	return seconds;
}

static struct fixture read_fixture(const char *path)
{
	struct fixture fixture = { .sql = calloc(1, FIXTURE_MAX) };
	FILE *file = fopen(path, "rb");
	uint8_t *keyring, digest[SHA256_BYTES];
	struct fault fault;
	size_t len;

	assert_true(file != NULL && fixture.sql != NULL);
	len = fread(fixture.sql, 1, FIXTURE_MAX, file);
	assert_in_range(len, 1, FIXTURE_MAX - 1);
	(void)fclose(file);
	fixture.now = time_of(fixture.sql, "now");
	fixture.release = time_of(fixture.sql, "release");
	keyring = bytes_of(fixture.sql, "keyring", &len);
	assert_int_equal(keyring_parse(keyring, len, &fixture.keyring, &fault), 0);
	free(keyring);
	id_of(fixture.sql, "acknowledged", fixture.acknowledged);
	id_of(fixture.sql, "open", fixture.open);
	id_of(fixture.sql, "held", fixture.held);
	fixture.upload = bytes_of(fixture.sql, "upload", &fixture.upload_len);
	assert_int_equal(sha256_once(fixture.upload, fixture.upload_len, digest), 0);
	hex_encode(digest, sizeof digest, fixture.upload_id);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	free(fixture->sql);
	free(fixture->upload);
	keyring_free(fixture->keyring);
}

static void empty_folder(void)
{
	DIR *here = opendir(".");

	assert_non_null(here);
	for (struct dirent *entry = readdir(here); entry != NULL; entry = readdir(here))
		if (entry->d_name[0] != '.')
			assert_int_equal(unlink(entry->d_name), 0);
	closedir(here);
}

static void lay_out(const struct fixture *fixture)
{
	sqlite3 *database = NULL;

	empty_folder();
	assert_int_equal(sqlite3_open(NAME, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, fixture->sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* --- what must be there afterwards */

static void forget_answers(struct scene *scene)
{
	for (size_t i = 0; i < SCENE_ANSWERS; i++) {
		struct buffer body = scene->answers[i].body;

		body.len = 0;
		scene->answers[i] = (struct scene_answer){ .body = body };
	}
	scene->next = 0;
}

static const struct scene_answer *get(struct scene *scene, const char *kind, const char *id, const char *part)
{
	char path[160];

	(void)snprintf(path, sizeof path, "%s/%s%s", kind, id, part);
	return scene_ask(scene, &(struct scene_ask){ .method = METHOD_GET, .path = path, .signer = OLGA });
}

static bool says(const struct scene_answer *answer, const char *text)
{
	assert_int_equal(answer->status, 200);
	return memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

/* A report's id is the digest of its bytes. */
static void expect_report(struct scene *scene, const char *id)
{
	const struct scene_answer *answer = get(scene, "reports", id, "");
	uint8_t digest[SHA256_BYTES];
	char hex[ID_SIZE];

	assert_int_equal(answer->status, 200);
	assert_int_equal(answer->body.len, answer->content_length);
	assert_int_equal(sha256_once(answer->body.data, answer->body.len, digest), 0);
	hex_encode(digest, sizeof digest, hex);
	assert_string_equal(hex, id);
}

static void expect_upload_goes_on(struct scene *scene, const struct fixture *fixture)
{
	char path[160];
	const struct scene_answer *answer;

	(void)snprintf(path, sizeof path, "reports/%s", fixture->upload_id);
	answer = scene_ask(
		scene, &(struct scene_ask){ .method = METHOD_HEAD, .path = path, .upload_key = UPLOAD_KEY });
	assert_int_equal(answer->status, 204);
	assert_string_equal(answer->offset, "700");
	answer = scene_ask(scene, &(struct scene_ask){ .method = METHOD_PATCH,
					  .path = path,
					  .upload_key = UPLOAD_KEY,
					  .upload_offset = "700",
					  .upload_complete = "?1",
					  .body = fixture->upload + UPLOADED,
					  .len = fixture->upload_len - UPLOADED });
	assert_int_equal(answer->status, 201);
	expect_report(scene, fixture->upload_id);
}

static void expect_all(struct scene *scene, const struct fixture *fixture)
{
	const struct scene_answer *list;

	forget_answers(scene);
	scene_start(scene);
	expect_report(scene, fixture->acknowledged);
	expect_report(scene, fixture->open);
	assert_true(says(get(scene, "reports", fixture->acknowledged, "/events"), "\"ack\""));
	list = get(scene, "desks/intake", "alerts", "");
	assert_true(says(list, fixture->open) && says(list, fixture->acknowledged));
	assert_false(says(list, fixture->held));
	expect_upload_goes_on(scene, fixture);
}

static void expect_release(struct scene *scene, const struct fixture *fixture)
{
	assert_int_equal(get(scene, "reports", fixture->held, "")->status, 403);
	scene_set_now(scene, fixture->release + 60);
	scene_restart(scene);
	expect_report(scene, fixture->held);
}

/* --- each fixture */

/* The scene's own database makes room for the fixture's. */
static void enter_fixture(struct scene *scene, const struct fixture *fixture)
{
	scene_stop(scene);
	keyring_free(scene->keyring);
	scene->keyring = keyring_copy(fixture->keyring);
	assert_non_null(scene->keyring);
	scene->ahead = fixture->now - clock_wall_seconds();
	lay_out(fixture);
}

static void cut_everywhere(struct scene *scene, const struct fixture *fixture)
{
	const struct record *records;
	uint64_t chance = 1;
	size_t count, first = 0;

	record_begin();
	forget_answers(scene);
	scene_start(scene);
	scene_stop(scene);
	count = record_end(&records);
	while (records[first].deed != DEED_SYNC_FOLDER)
		first++;
	for (size_t cut = first + 1; cut <= count; cut++) {
		struct disk *disk = disk_new(records, count);

		disk_go(disk, cut);
		for (unsigned long i = 0; i < states_of_a_cut; i++) {
			empty_folder();
			disk_cut(disk, chance_next(&chance));
			expect_all(scene, fixture);
			scene_stop(scene);
			cuts_done++;
		}
		disk_free(disk);
	}
}

/* The start fails or not; the next one finds everything. */
static void fail_everywhere(struct scene *scene, const struct fixture *fixture)
{
	const struct record *records;
	bool failed = true;

	for (size_t number = 1; failed; number++) {
		struct backend *backend = NULL;
		struct fault fault = { .text = "" };
		int rc;

		lay_out(fixture);
		record_begin();
		record_fail(number);
		rc = backend_open(NAME, &backend, &fault);
		failed = record_has_failed();
		record_fail(0);
		backend_close(backend);
		(void)record_end(&records);
		assert_true(rc == 0 || (failed && fault.text[0] != '\0'));
		expect_all(scene, fixture);
		scene_stop(scene);
		failures_done += failed;
	}
}

static void test_an_upgrade_keeps_every_report(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < fixture_count; i++) {
		const struct fixture *fixture = &fixtures[i];

		enter_fixture(scene, fixture);
		cut_everywhere(scene, fixture);
		fail_everywhere(scene, fixture);
		lay_out(fixture);
		expect_all(scene, fixture);
		expect_release(scene, fixture);
	}
	is_done = true;
	print_message("%zu earlier databases upgraded, %lu crash states, %lu failing calls, 0 reports lost\n",
		fixture_count, cuts_done, failures_done);
}

/* After a failure the store may be half open. */
static int end(void **state)
{
	return is_done ? scene_end(state) : 0;
}

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_an_upgrade_keeps_every_report, scene_begin, end),
	};
	int rc;

	if (argument_count < 3 || argument_count > FIXTURES_MAX + 2 || proto_init() != 0)
		return 2;
	states_of_a_cut = strtoul(arguments[1], NULL, 10);
	fixture_count = (size_t)argument_count - 2;
	for (size_t i = 0; i < fixture_count; i++)
		fixtures[i] = read_fixture(arguments[2 + i]);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < fixture_count; i++)
		fixture_free(&fixtures[i]);
	return rc;
}
