#include "keys/clock.h"

#include "build_config.h"

#include <time.h>

#define MS_PER_SECOND 1000
#define NS_PER_MS     1000000
#define US_PER_SECOND 1000000
#define NS_PER_US     1000

#if CLARION_TEST_CLOCK_BUILD
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define OFFSET_VARIABLE "CLARION_TEST_CLOCK"
#define OFFSET_BYTES    8

static const volatile uint8_t *offset_bytes;
static bool offset_asked; /* looked at the environment once, whatever came of it */

int clock_open(struct fault *fault)
{
	const char *path = getenv(OFFSET_VARIABLE);
	void *mapped = MAP_FAILED;
	struct stat status;
	int fd = -1;

	if (offset_bytes != NULL || path == NULL) {
		offset_asked = true;
		return 0;
	}
	offset_asked = true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, "the test clock can't be opened: %s", error_words(errno));
	if (fstat(fd, &status) == 0 && status.st_size >= OFFSET_BYTES)
		mapped = mmap(NULL, OFFSET_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (mapped == MAP_FAILED)
		return fault_set(fault, "the test clock can't be mapped: it holds 8 bytes");
	offset_bytes = mapped;
	return 0;
}

static int64_t test_offset_ms(void)
{
	struct fault fault;
	uint64_t value = 0;

	if (!offset_asked && clock_open(&fault) != 0)
		abort(); /* a test that asked for a clock must not run without it */
	if (offset_bytes == NULL)
		return 0;
	for (size_t at = OFFSET_BYTES; at > 0; at--)
		value = value << 8 | offset_bytes[at - 1];
	return (int64_t)value;
}
#else
int clock_open(struct fault *fault)
{
	(void)fault;
	return 0;
}

static int64_t test_offset_ms(void)
{
	return 0;
}
#endif

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)clock_gettime(clock, &now); /* can't fail for these two clocks */
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / NS_PER_MS + test_offset_ms();
}

int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t clock_wall_seconds(void)
{
	return clock_wall_ms() / MS_PER_SECOND;
}

int64_t clock_boot_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

int64_t clock_monotonic_us(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* can't fail for this clock */
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / NS_PER_US;
}
