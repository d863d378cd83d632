/* Cuts the power while a file is replaced as keyrings, rosters, queues and homes replace theirs
 * (secure_file.c): the old content or the new one is there, whole, and the new one once the call has
 * returned. file_loss STATES */
#include "cmocka_all.h"

#include "disk.h"
#include "keys/secure_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME     "keyring"
#define OLD_LEN  1300
#define NEW_LEN  9000
#define REPLACED 3 /* times in a row */

static unsigned long states_wanted = 200;
static uint8_t contents[REPLACED + 1][NEW_LEN];
static size_t lengths[REPLACED + 1];

static void empty_folder(void)
{
	DIR *here = opendir(".");

	assert_non_null(here);
	for (struct dirent *entry = readdir(here); entry != NULL; entry = readdir(here))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			assert_int_equal(unlink(entry->d_name), 0);
	closedir(here);
}

/* Which of the contents lies there. */
static size_t look(void)
{
	uint8_t *data = NULL;
	size_t len = 0, found = 0;
	struct fault fault;

	assert_int_equal(secure_file_read(AT_FDCWD, NAME, NEW_LEN, &data, &len, &fault), 0);
	while (found <= REPLACED && (len != lengths[found] || !bytes_equal(data, contents[found], len)))
		found++;
	sodium_free(data);
	assert_true(found <= REPLACED);
	return found;
}

static void test_a_file_is_old_or_new(void **state)
{
	const struct record *records;
	size_t promised[REPLACED + 1] = { 0 }, count, first = 0;
	struct fault fault;
	uint64_t chance = 1;

	(void)state;
	for (size_t i = 0; i <= REPLACED; i++) {
		lengths[i] = i == 0 ? OLD_LEN : NEW_LEN - 700 * i;
		memset(contents[i], (int)('a' + i), lengths[i]);
	}
	assert_int_equal(secure_file_create(AT_FDCWD, NAME, contents[0], lengths[0], &fault), 0);
	record_begin();
	for (size_t i = 1; i <= REPLACED; i++) {
		assert_int_equal(secure_file_replace(AT_FDCWD, NAME, contents[i], lengths[i], &fault), 0);
		promised[i] = record_mark();
	}
	count = record_end(&records);
	while (records[first].deed != DEED_SYNC_FOLDER)
		first++;
	for (unsigned long i = 0; i < states_wanted; i++) {
		size_t cut = first + 1 + (size_t)(chance_next(&chance) % (count - first)), least = 0;
		struct disk *disk = disk_new(records, count);

		while (least < REPLACED && promised[least + 1] < cut)
			least++;
		empty_folder();
		disk_go(disk, cut);
		disk_cut(disk, chance_next(&chance));
		disk_free(disk);
		assert_true(look() >= least);
	}
	print_message("%lu crash states of a replaced file, whole in each\n", states_wanted);
}

static int enter(void **state)
{
	static char folder[] = "/tmp/test-file-loss-XXXXXX";

	*state = folder;
	return mkdtemp(folder) != NULL && sodium_init() >= 0 ? chdir(folder) : -1;
}

static int leave(void **state)
{
	empty_folder();
	return chdir("/") == 0 ? rmdir(*state) : -1;
}

int main(int argument_count, char **arguments)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_file_is_old_or_new) };

	if (argument_count > 1)
		states_wanted = strtoul(arguments[1], NULL, 10);
	return cmocka_run_group_tests(tests, enter, leave);
}
