/* A defender's home: encrypted, whole, and telling nothing by names and sizes. */
#include "cmocka_all.h"

#include "container.h"
#include "home_fixture.h"
#include "vault_internal.h"

#include <sodium.h>

#define WORDS "the summary that nobody else may read"

struct opened {
	struct home *home;
	struct vault *vault;
	struct items items;
};

static struct invocation invocation_of(char *folder, const char *passphrase_file)
{
	return (struct invocation){
		.program = "clarion", .folder = "clarion", .home = folder, .passphrase_file = passphrase_file
	};
}

/* Beside the home, and not another run's. */
static const char *passphrase_name(void)
{
	static char name[64];

	(void)snprintf(name, sizeof name, "clarion-unit-passphrase-%d", (int)getpid());
	return name;
}

static struct opened open_vault(char *folder, const char *passphrase, bool is_new)
{
	char path[512] = "";
	struct opened opened = { 0 };
	struct failure failure = { 0 };
	struct invocation invocation = invocation_of(folder, path);

	assert_int_equal(home_open(&invocation, HOME_EXISTING, &opened.home, &failure), 0);
	if (is_new)
		assert_int_equal(vault_create(opened.home, passphrase, &opened.vault, &failure), 0);
	else {
		fixture_write("/tmp", passphrase_name(), passphrase, strlen(passphrase), path);
		assert_int_equal(vault_open(opened.home, &invocation, &opened.vault, &failure), 0);
		assert_int_equal(unlink(path), 0);
	}
	opened.items = vault_items(opened.vault);
	return opened;
}

static void close_vault(struct opened *opened)
{
	vault_free(opened->vault);
	home_close(opened->home);
}

static void put(struct opened *opened, const char *name, const char *text)
{
	struct failure failure;

	assert_int_equal(items_put(&opened->items, name, text, strlen(text), &failure), 0);
}

static void holds(struct opened *opened, const char *name, const char *text)
{
	struct buffer out = buffer_of(ITEM_MAX);
	struct failure failure;
	bool found = false;

	assert_int_equal(items_get(&opened->items, name, &out, &found, &failure), 0);
	assert_true(found);
	assert_string_equal(buffer_text(&out), text);
	buffer_free(&out);
}

static void test_items_come_back(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);

	put(&opened, "roster", WORDS);
	put(&opened, "empty", "");
	put(&opened, "roster", WORDS " and more");
	close_vault(&opened);
	opened = open_vault(*state, "not needed", false);
	holds(&opened, "roster", WORDS " and more");
	holds(&opened, "empty", "");
	close_vault(&opened);
}

static void test_what_is_not_there(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);
	struct buffer out = buffer_of(100);
	struct vault_reader *reader = NULL;
	struct failure failure = { 0 };
	bool found = true;

	assert_int_equal(items_get(&opened.items, "roster", &out, &found, &failure), 0);
	assert_false(found);
	assert_int_equal(vault_reader_new(opened.vault, "report", &reader, &failure), -1);
	assert_int_equal(failure.exit_code, EX_NOINPUT);
	assert_int_equal(vault_remove(opened.vault, "report", &failure), 0);
	close_vault(&opened);
}

static void test_passphrase(void **state)
{
	struct opened opened = open_vault(*state, "correct horse", true);
	struct failure failure = { 0 };
	char path[512];
	struct invocation invocation;

	put(&opened, "roster", WORDS);
	close_vault(&opened);
	opened = open_vault(*state, "correct horse", false);
	holds(&opened, "roster", WORDS);
	close_vault(&opened);

	fixture_write("/tmp", passphrase_name(), "wrong horse\n", 12, path);
	invocation = invocation_of(*state, path);
	assert_int_equal(home_open(&invocation, HOME_EXISTING, &opened.home, &failure), 0);
	opened.vault = NULL;
	assert_int_equal(vault_open(opened.home, &invocation, &opened.vault, &failure), -1);
	assert_int_equal(failure.exit_code, EX_NOPERM);
	home_close(opened.home);
	assert_int_equal(unlink(path), 0);
}

static void test_never_joined(void **state)
{
	struct invocation invocation = invocation_of(*state, NULL);
	struct home *home = NULL;
	struct vault *vault = NULL;
	struct failure failure = { 0 };

	assert_int_equal(home_open(&invocation, HOME_EXISTING, &home, &failure), 0);
	assert_false(vault_is_there(home));
	assert_int_equal(vault_open(home, &invocation, &vault, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CONFIG);
	home_close(home);
}

static void test_a_second_vault_is_refused(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);
	struct vault *second = NULL;
	struct failure failure = { 0 };

	assert_int_equal(vault_create(opened.home, NULL, &second, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CANTCREAT);
	close_vault(&opened);
}

static void looks_like_all_others(const char *folder, const char *name)
{
	char path[512];
	struct stat stat_of;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(strlen(name), 32);
	assert_int_equal(strspn(name, "0123456789abcdef"), 32);
	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	assert_int_equal(stat_of.st_size, 2 * 1024 * 1024);
}

static void tells_nothing(const char *folder, const char *name)
{
	static uint8_t bytes[64 * 1024];
	char path[512];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(bytes, 1, sizeof bytes, file);
	assert_int_equal(fclose(file), 0);
	assert_null(memmem(bytes, len, "summary", 7));
	assert_null(memmem(bytes, len, "age-encryption", 14));
}

/* In both slots: nobody can tell which is in use. */
static void flip_in_both(const char *folder, const char *name)
{
	char path[512];
	uint8_t byte;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_RDWR);
	for (off_t at = 500000; at < 2000000; at += 1000000) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(close(fd), 0);
}

static void test_a_changed_home_is_refused(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);
	struct invocation invocation = invocation_of(*state, NULL);
	struct failure failure = { 0 };

	put(&opened, "roster", WORDS);
	close_vault(&opened);
	(void)fixture_files(*state, flip_in_both);
	assert_int_equal(home_open(&invocation, HOME_EXISTING, &opened.home, &failure), 0);
	opened.vault = NULL;
	assert_int_equal(vault_open(opened.home, &invocation, &opened.vault, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	close_vault(&opened);
}

/* What doesn't fit is refused, and changes nothing. */
static void test_a_full_home(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);
	uint8_t *much = calloc(1, CONTAINER_BYTES);
	struct failure failure = { 0 };

	assert_non_null(much);
	put(&opened, "roster", WORDS);
	assert_int_equal(items_put(&opened.items, "roster", much, 1100000, &failure), -1);
	assert_int_equal(failure.exit_code, EX_CANTCREAT);
	holds(&opened, "roster", WORDS);
	assert_int_equal(items_put(&opened.items, "forks", much, 1000000, &failure), 0);
	assert_int_equal(items_put(&opened.items, "queue", much, 100000, &failure), -1);
	close_vault(&opened);
	opened = open_vault(*state, "", false);
	holds(&opened, "roster", WORDS);
	close_vault(&opened);
	free(much);
}

static void fill(uint8_t *bytes, size_t len)
{
	for (size_t at = 0; at < len; at++)
		bytes[at] = (uint8_t)(at * 7 + at / 251);
}

static void write_payload(struct opened *opened, const char *name, size_t len, bool ends)
{
	uint8_t *bytes = malloc(len + 1);
	struct vault_writer *writer = NULL;
	struct failure failure;

	assert_non_null(bytes);
	fill(bytes, len);
	assert_int_equal(vault_writer_new(opened->vault, name, &writer, &failure), 0);
	for (size_t at = 0; at < len; at += 50000)
		assert_int_equal(
			vault_writer_put(writer, bytes + at, len - at < 50000 ? len - at : 50000, &failure),
			0);
	if (ends)
		assert_int_equal(vault_writer_end(writer, &failure), 0);
	vault_writer_free(writer);
	free(bytes);
}

static void test_names_and_sizes_tell_nothing(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);

	put(&opened, "roster", WORDS);
	put(&opened, "queue", "");
	write_payload(&opened, "short", 20000, true);
	assert_int_equal(fixture_files(*state, looks_like_all_others), 1);
	assert_int_equal(fixture_files(*state, tells_nothing), 1);
	close_vault(&opened);
}

static void reads(struct opened *opened, const char *name, size_t len, size_t skip)
{
	uint8_t *expected = malloc(len + 1), *bytes = malloc(len + 1);
	struct vault_reader *reader = NULL;
	struct failure failure;
	size_t got = 0, some;

	assert_true(expected != NULL && bytes != NULL);
	fill(expected, len);
	assert_int_equal(vault_reader_new(opened->vault, name, &reader, &failure), 0);
	assert_int_equal(vault_reader_skip(reader, skip, &failure), 0);
	do {
		assert_int_equal(vault_reader_take(reader, bytes + got,
					 30001 < len + 1 - got ? 30001 : len + 1 - got, &some, &failure),
			0);
		got += some;
	} while (some > 0);
	assert_int_equal(got, len - skip);
	assert_memory_equal(bytes, expected + skip, len - skip);
	vault_reader_free(reader);
	free(expected);
	free(bytes);
}

static void test_payloads_come_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 65531, 65532, 65533, 81920, 81921, 131064, 131065, 200000,
		5 };
	struct opened opened = open_vault(*state, NULL, true);

	for (size_t at = 0; at < COUNT_OF(lengths); at++) {
		write_payload(&opened, "report", lengths[at], true);
		reads(&opened, "report", lengths[at], 0);
		reads(&opened, "report", lengths[at], lengths[at] / 2);
		reads(&opened, "report", lengths[at], lengths[at]);
	}
	(void)fixture_files(*state, tells_nothing);
	close_vault(&opened);
}

static size_t larger_files;

static void is_of_a_common_length(const char *folder, const char *name)
{
	char path[512];
	struct stat stat_of;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(stat(path, &stat_of), 0);
	assert_true(stat_of.st_size == 2 * 1024 * 1024 || stat_of.st_size == 3 * 1024 * 1024);
	larger_files += stat_of.st_size > 2 * 1024 * 1024;
}

/* What waits in files of their own: the home's length as long as that does, else one of a few. */
static void test_waiting_lengths_tell_little(void **state)
{
	static const struct {
		uint64_t needed, mib;
	} lengths[] = { { 0, 2 }, { 2097152, 2 }, { 2097153, 3 }, { 3145728, 3 }, { 3145729, 4 },
		{ 4194305, 6 }, { 6291457, 8 }, { 67108865, 96 } };
	struct opened opened = open_vault(*state, NULL, true);

	for (size_t at = 0; at < COUNT_OF(lengths); at++)
		assert_int_equal(vault_file_length(lengths[at].needed), lengths[at].mib * 1024 * 1024);
	write_payload(&opened, "first", 81921, true);
	write_payload(&opened, "second", 1900000, true);
	write_payload(&opened, "third", 2100000, true);
	larger_files = 0;
	assert_int_equal(fixture_files(*state, is_of_a_common_length), 4);
	assert_int_equal(larger_files, 1);
	reads(&opened, "third", 2100000, 2000000);
	close_vault(&opened);
}

static void test_a_payload_without_end_is_gone(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);
	struct vault_reader *reader = NULL;
	struct failure failure;

	write_payload(&opened, "report", 100000, false);
	assert_int_equal(vault_reader_new(opened.vault, "report", &reader, &failure), -1);
	close_vault(&opened);
}

static void cut_off(const char *folder, const char *name)
{
	char path[512];
	struct stat stat_of;

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_int_equal(stat(path, &stat_of), 0);
	if (stat_of.st_size > 100000)
		assert_int_equal(truncate(path, 24 + 65536 + 17), 0); /* exactly behind the first chunk */
}

static void test_a_cut_payload_is_noticed(void **state)
{
	struct opened opened = open_vault(*state, NULL, true);
	struct vault_reader *reader = NULL;
	struct failure failure = { 0 };
	uint8_t bytes[65536];
	size_t len;

	write_payload(&opened, "report", 200000, true);
	(void)fixture_files(*state, cut_off);
	assert_int_equal(vault_reader_new(opened.vault, "report", &reader, &failure), 0);
	assert_int_equal(vault_reader_take(reader, bytes, 65532, &len, &failure), 0);
	assert_int_equal(vault_reader_take(reader, bytes, 1, &len, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	vault_reader_free(reader);
	close_vault(&opened);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_HOME(test_items_come_back),
		WITH_HOME(test_what_is_not_there),
		WITH_HOME(test_passphrase),
		WITH_HOME(test_never_joined),
		WITH_HOME(test_a_second_vault_is_refused),
		WITH_HOME(test_names_and_sizes_tell_nothing),
		WITH_HOME(test_a_changed_home_is_refused),
		WITH_HOME(test_a_full_home),
		WITH_HOME(test_payloads_come_back),
		WITH_HOME(test_waiting_lengths_tell_little),
		WITH_HOME(test_a_payload_without_end_is_gone),
		WITH_HOME(test_a_cut_payload_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
