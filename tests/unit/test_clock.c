/* keys/clock: time moves forward, in agreement with the system's clocks; the default build ignores the
 * environment. */
#include "cmocka_all.h"

#include "build_config.h"
#include "keys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLACK_MS 5000
#define SHIFT_MS INT64_C(86400000)

static int64_t system_ms(clockid_t clock)
{
	struct timespec now;

	assert_int_equal(clock_gettime(clock, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_offset(int fd, int64_t offset)
{
	uint8_t bytes[8];

	for (int at = 0; at < 8; at++)
		bytes[at] = (uint8_t)((uint64_t)offset >> (8 * at));
	assert_int_equal(pwrite(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
}

/* One test, because the environment is looked at once in a process. */
static void test_clock(void **state)
{
	char path[] = "/tmp/clarion-clock-XXXXXX";
	int fd = mkstemp(path);
	int64_t shift = CLARION_TEST_CLOCK_BUILD ? SHIFT_MS : 0;
	struct fault fault;

	(void)state;
	assert_true(fd >= 0);
	write_offset(fd, SHIFT_MS);
	assert_int_equal(setenv("CLARION_TEST_CLOCK", path, 1), 0);
	assert_int_equal(clock_open(&fault), 0);
	assert_true(llabs(clock_wall_ms() - system_ms(CLOCK_REALTIME) - shift) < SLACK_MS);
	assert_true(
		llabs(clock_wall_seconds() - (system_ms(CLOCK_REALTIME) + shift) / 1000) <= SLACK_MS / 1000);
	assert_true(llabs(clock_boot_ms() - system_ms(CLOCK_BOOTTIME) - shift) < SLACK_MS);
	write_offset(fd, -SHIFT_MS);
	assert_true(llabs(clock_wall_ms() - system_ms(CLOCK_REALTIME) + shift) < SLACK_MS);
	(void)unlink(path);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_clock) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
