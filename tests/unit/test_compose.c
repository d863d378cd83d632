/* What becomes of options, a report's file and attachments before anything is sealed. */
#include "cmocka_all.h"

#include "compose.h"
#include "home_fixture.h"
#include "proto/digest.h"
#include "proto/encode.h"
#include "proto/report_schema.h"
#include "roster_fixture.h"

#define REPORT        "{\"schema\":1,\"summary\":\"They wait outside\",\"urgency\":\"record\"}"
#define ARGUMENTS_MAX 20

static int run_nothing(const struct invocation *invocation, struct failure *failure)
{
	(void)invocation;
	(void)failure;
	return 0;
}

static const struct program_option options[] = {
	{ "desk", "DESK", "", false },
	{ "urgency", "URGENCY", "", false },
	{ "exclude", "NAME", "", true },
	{ "file", "FILE", "", false },
	{ "attach", "FILE", "", true },
};
static const struct verb verbs[] = { { "report", "", "", run_nothing, options, COUNT_OF(options), 0, 0,
	false } };
static const struct program program = { "clarion", "", verbs, 1 };

struct run {
	struct roster *roster;
	struct invocation invocation;
	struct composed composed;
	struct failure failure;
	int rc;
};

/* Composes as `clarion report --file FILE …` would; more ends with NULL. */
static struct run compose_with(char *folder, const char *json, const char *const *more)
{
	static char path[512];
	static char words[ARGUMENTS_MAX][64];
	char *argv[ARGUMENTS_MAX + 5] = { words[0], words[1], words[2], path };
	struct run run = { .roster = fixture_roster() };
	const struct verb *verb;
	int argc = 4;

	(void)snprintf(words[0], 64, "clarion");
	(void)snprintf(words[1], 64, "report");
	(void)snprintf(words[2], 64, "--file");
	fixture_write(folder, "report.json", json, strlen(json), path);
	for (size_t at = 0; more != NULL && more[at] != NULL; at++, argc++) {
		(void)snprintf(words[argc], 64, "%s", more[at]);
		argv[argc] = words[argc];
	}
	assert_non_null(run.roster);
	assert_int_equal(program_parse(&program, argc, argv, &verb, &run.invocation, &run.failure), 0);
	run.rc = compose(&run.invocation, run.roster, &(struct compose_wish){ .desk = NULL }, &run.composed,
		&run.failure);
	return run;
}

static void end(struct run *run)
{
	composed_free(&run->composed);
	invocation_free(&run->invocation);
	roster_free(run->roster);
}

static void refuses(char *folder, const char *json, const char *const *more, int exit_code, const char *names)
{
	struct run run = compose_with(folder, json, more);

	assert_int_equal(run.rc, -1);
	assert_int_equal(run.failure.exit_code, exit_code);
	assert_non_null(strstr(run.failure.fault.text, names));
	end(&run);
}

static void test_file_and_options(void **state)
{
	static const char *const more[] = { "--desk", "intake", NULL };
	static const char *const urgent[] = { "--desk", "legal", "--urgency", "urgent", NULL };
	struct run run = compose_with(*state, REPORT, more);

	assert_int_equal(run.rc, 0);
	assert_string_equal(run.composed.desk, "intake");
	assert_int_equal(run.composed.urgency, URGENCY_RECORD);
	end(&run);
	run = compose_with(*state, REPORT, urgent);
	assert_int_equal(run.rc, 0);
	assert_int_equal(run.composed.urgency, URGENCY_URGENT);
	assert_string_equal(json_string_value(json_object_get(run.composed.report, "urgency")), "urgent");
	end(&run);
}

static void test_one_of_several_desks_must_be_named(void **state)
{
	refuses(*state, REPORT, NULL, EX_USAGE, "--desk");
}

static void test_refusals(void **state)
{
	static const char *const desk[] = { "--desk", "intake", NULL };
	static const char *const nowhere[] = { "--desk", "nowhere", NULL };
	static const char *const hasty[] = { "--desk", "intake", "--urgency", "hasty", NULL };

	refuses(*state, REPORT, nowhere, EX_DATAERR, "desk");
	refuses(*state, REPORT, hasty, EX_USAGE, "--urgency");
	refuses(*state, "{\"schema\":1,\"summary\":\"x\"}", desk, EX_DATAERR, "urgency");
	refuses(*state, "{\"schema\":1,\"urgency\":\"urgent\"}", desk, EX_DATAERR, "summary");
	refuses(*state, "{\"schema\":1,\"summary\":\"x\",\"urgency\":\"U1\"}", desk, EX_DATAERR, "urgency");
	refuses(*state, "[1]", desk, EX_DATAERR, "");
	refuses(*state, "not json", desk, EX_DATAERR, "");
	refuses(*state, "{\"schema\":1,\"summary\":\"x\",\"urgency\":\"urgent\",\"envelope\":{}}", desk,
		EX_DATAERR, "envelope");
	refuses(*state, "{\"schema\":1,\"summary\":\"x\",\"urgency\":\"urgent\",\"exclude\":\"olga\"}", desk,
		EX_DATAERR, "exclude");
}

static void test_urgency_by_option_alone(void **state)
{
	static const char *const more[] = { "--desk", "intake", "--urgency", "withheld", NULL };
	struct run run = compose_with(*state, "{\"schema\":1,\"summary\":\"x\"}", more);

	assert_int_equal(run.rc, 0);
	assert_int_equal(run.composed.urgency, URGENCY_WITHHELD);
	end(&run);
}

static void test_exclusions_add_up(void **state)
{
	static const char *const more[] = { "--desk", "intake", "--exclude", "maria", "--exclude", "legal",
		NULL };
	struct run run = compose_with(*state,
		"{\"schema\":1,\"summary\":\"x\",\"urgency\":\"urgent\",\"exclude\":[\"olga\"]}", more);

	assert_int_equal(run.rc, 0);
	assert_int_equal(run.composed.excluded_count, 3);
	assert_string_equal(run.composed.excluded[0], "olga");
	assert_string_equal(run.composed.excluded[1], "maria");
	assert_string_equal(run.composed.excluded[2], "legal");
	assert_int_equal(json_array_size(json_object_get(run.composed.report, "exclude")), 3);
	end(&run);
}

static void test_attachments_are_named_and_hashed(void **state)
{
	char photo[512], odd[512], sha256[SHA256_HEX_CHARS + 1];
	uint8_t digest[SHA256_BYTES];
	struct run run;
	const json_t *list, *first;
	const char *more[] = { "--desk", "intake", "--attach", photo, "--attach", odd, NULL };

	fixture_write(*state, "Gate photo.JPG", "picture", 7, photo);
	fixture_write(*state, "x.tar.gz2+", "other", 5, odd);
	run = compose_with(*state, REPORT, more);
	assert_int_equal(run.rc, 0);
	assert_int_equal(run.composed.attachments.count, 2);
	assert_string_equal(run.composed.attachments.list[0].name, "attachments/001.jpg");
	assert_string_equal(run.composed.attachments.list[1].name, "attachments/002");
	list = json_object_get(run.composed.report, "evidence");
	first = json_array_get(list, 0);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(sha256_once("picture", 7, digest), 0);
	hex_encode(digest, sizeof digest, sha256);
	assert_string_equal(json_string_value(json_object_get(first, "sha256_original")), sha256);
	assert_string_equal(json_string_value(json_object_get(first, "name")), "Gate photo.JPG");
	assert_string_equal(json_string_value(json_object_get(first, "media_type")), "image/jpeg");
	assert_string_equal(json_string_value(json_object_get(first, "file")), "attachments/001.jpg");
	assert_int_equal(json_integer_value(json_object_get(first, "size")), 7);
	end(&run);
}

static void test_attachments_that_cannot_go(void **state)
{
	const char *folder[] = { "--desk", "intake", "--attach", *state, NULL };
	const char *missing[] = { "--desk", "intake", "--attach", "/nonexistent", NULL };

	refuses(*state, REPORT, folder, EX_DATAERR, "attachment");
	refuses(*state, REPORT, missing, EX_NOINPUT, "attachment");
}

static void test_a_file_that_changes_is_noticed(void **state)
{
	char photo[512];
	uint8_t bytes[16];
	size_t len;
	struct run run;
	struct failure failure = { 0 };
	const struct attachment *attachment;
	const char *more[] = { "--desk", "intake", "--attach", photo, NULL };

	fixture_write(*state, "photo.png", "picture", 7, photo);
	run = compose_with(*state, REPORT, more);
	assert_int_equal(run.rc, 0);
	attachment = &run.composed.attachments.list[0];
	assert_int_equal(attachment_read(attachment, bytes, sizeof bytes, &len, &failure), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(bytes, "picture", 7);
	assert_int_equal(attachment_unchanged(attachment, &failure), 0);
	fixture_write(*state, "photo.png", "pictures", 8, photo);
	assert_int_equal(attachment_unchanged(attachment, &failure), -1);
	assert_int_equal(failure.exit_code, EX_DATAERR);
	end(&run);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_HOME(test_file_and_options),
		WITH_HOME(test_one_of_several_desks_must_be_named),
		WITH_HOME(test_refusals),
		WITH_HOME(test_urgency_by_option_alone),
		WITH_HOME(test_exclusions_add_up),
		WITH_HOME(test_attachments_are_named_and_hashed),
		WITH_HOME(test_attachments_that_cannot_go),
		WITH_HOME(test_a_file_that_changes_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
