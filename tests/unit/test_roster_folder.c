/* keys/roster_folder: the newest is found, and no roster is replaced by another. */
#include "scratch_folder.h"

#include "keys/roster_folder.h"
#include "keys/secure_file.h"
#include "roster_fixture.h"

#include <errno.h>
#include <fcntl.h>

/* The fixture as version n, written down and read again. */
static struct roster *roster_of(uint64_t version, const char *organisation)
{
	struct roster *draft = fixture_roster(), *roster = NULL;
	struct buffer note = buffer_of(ROSTER_MAX_BYTES);
	struct fault fault;

	assert_non_null(draft);
	draft->version = version;
	if (version > 1)
		memset(draft->previous, 7, sizeof draft->previous);
	memcpy(draft->organisation, organisation, strlen(organisation) + 1);
	assert_int_equal(roster_write_note(draft, &note), 0);
	assert_int_equal(roster_parse(note.data, note.len, &roster, &fault), 0);
	buffer_free(&note);
	roster_free(draft);
	return roster;
}

static void put(void **state, uint64_t version, const char *organisation, int wished)
{
	struct roster *roster = roster_of(version, organisation);
	struct fault fault;

	assert_int_equal(roster_folder_put(*state, roster, &fault), wished);
	if (wished != 0)
		assert_int_equal(errno, EEXIST);
	roster_free(roster);
}

static void test_newest(void **state)
{
	struct roster *roster = NULL;
	struct fault fault;

	assert_int_equal(roster_folder_newest(*state, &roster, &fault), -1);
	assert_int_equal(errno, ENOENT);
	put(state, 2, "A", 0);
	put(state, 10, "A", 0);
	put(state, 9, "A", 0);
	assert_int_equal(
		secure_file_create(AT_FDCWD, scratch_path(state, "011.note"), "none of ours", 12, &fault), 0);
	assert_int_equal(
		secure_file_create(AT_FDCWD, scratch_path(state, "99.txt"), "nor this", 8, &fault), 0);
	assert_int_equal(roster_folder_newest(*state, &roster, &fault), 0);
	assert_int_equal(roster->version, 10);
	roster_free(roster);
	assert_int_equal(roster_folder_get(*state, 9, &roster, &fault), 0);
	assert_int_equal(roster->version, 9);
	roster_free(roster);
	assert_int_equal(roster_folder_get(*state, 3, &roster, &fault), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_no_other_body(void **state)
{
	struct roster *roster = NULL;
	struct fault fault;

	put(state, 1, "A", 0);
	put(state, 1, "A", 0);
	put(state, 1, "B", -1);
	assert_int_equal(roster_folder_get(*state, 1, &roster, &fault), 0);
	assert_string_equal(roster->organisation, "A");
	roster_free(roster);
}

static void test_a_file_that_is_none(void **state)
{
	struct roster *roster = NULL;
	struct fault fault;

	put(state, 1, "A", 0);
	assert_int_equal(rename(scratch_path(state, "1.note"), scratch_path(state, "2.note")), 0);
	assert_int_equal(roster_folder_newest(*state, &roster, &fault), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(secure_file_create(AT_FDCWD, scratch_path(state, "3.note"), "x\n", 2, &fault), 0);
	assert_int_equal(roster_folder_newest(*state, &roster, &fault), -1);
	assert_int_equal(errno, EBADMSG);
	assert_null(roster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(test_newest),
		SCRATCH_TEST(test_no_other_body),
		SCRATCH_TEST(test_a_file_that_is_none),
	};

	if (proto_init() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
