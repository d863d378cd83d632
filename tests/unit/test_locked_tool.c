/* A tool that hangs, fails, says too much, is missing, or wants out: it ends, and what it leaves is nothing.
 */
#include "cmocka_all.h"

#include "keys/clock.h"
#include "locked_tool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define SHORT_MS    300

static bool run(const char *script, uint64_t most_bytes, int patience_ms, char ret_said[64])
{
	const struct locked_tool tool = { .words = { "/usr/bin/sh", "-c", script, NULL },
		.writes_files = true,
		.most_bytes = most_bytes,
		.patience_ms = patience_ms };
	int from = memfd_create("", MFD_CLOEXEC), into = memfd_create("", MFD_CLOEXEC);
	uint64_t size = 0;
	ssize_t got;
	bool good;

	assert_int_equal(write(from, "evidence", 8), 8);
	assert_int_equal(lseek(from, 0, SEEK_SET), 0);
	good = locked_tool_run(&tool, from, into, &size);
	got = pread(into, ret_said, 63, 0);
	assert_true(got >= 0);
	ret_said[got] = '\0';
	if (good)
		assert_int_equal(size, got);
	(void)close(from);
	(void)close(into);
	return good;
}

static void test_works(void **state)
{
	char said[64];

	(void)state;
	assert_true(run("cat >file && tr e E <file", 64, PATIENCE_MS, said));
	assert_string_equal(said, "EvidEncE");
}

static void test_fails(void **state)
{
	char said[64];

	(void)state;
	assert_false(run("cat; exit 1", 64, PATIENCE_MS, said));
	assert_false(run("cat; kill -9 $$", 64, PATIENCE_MS, said));
	assert_false(run("exec /usr/bin/no-such-tool", 64, PATIENCE_MS, said));
	assert_false(run("cat; cat /usr/bin/sh", 64, PATIENCE_MS, said));
	assert_false(run("cat /usr/bin/sh >file", 64, PATIENCE_MS, said));
}

static void test_hangs(void **state)
{
	int64_t before = clock_boot_ms();
	char said[64];

	(void)state;
	/* Helpers that it leaves behind hold its pipe open. */
	assert_false(run("cat; sleep 1000 & sleep 1000", 64, SHORT_MS, said));
	assert_true(clock_boot_ms() - before < PATIENCE_MS);
}

static void test_sees_nothing(void **state)
{
	char said[64];

	(void)state;
	assert_int_equal(setenv("HOME_OF_HERS", "/home/nadia", 1), 0);
	assert_true(
		run("ls -d /home /root /var/tmp /etc/passwd /proc/1 /sys 2>/dev/null; "
		    "cat /proc/net/dev 2>/dev/null; env | grep HOME_OF_HERS; bwrap --version 2>/dev/null; "
		    "echo x 2>/dev/null >/usr/bin/x; : ",
			64, PATIENCE_MS, said));
	assert_string_equal(said, "");
	/* Its folder is memory, and gone. */
	assert_int_equal(access("/tmp/left-by-a-tool", F_OK), -1);
}

/* Without bubblewrap who writes files isn't run; this device's is there. */
static void test_has_sandbox(void **state)
{
	(void)state;
	assert_true(locked_tool_has_sandbox());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has_sandbox),
		cmocka_unit_test(test_works),
		cmocka_unit_test(test_fails),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_sees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
