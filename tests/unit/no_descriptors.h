/* A process that has no descriptor left, for a while. */
#ifndef TESTS_NO_DESCRIPTORS_H
#define TESTS_NO_DESCRIPTORS_H

#include "cmocka_all.h"

#include <event2/event.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#define WATCHED_MS 250

static inline struct rlimit no_descriptors(void)
{
	struct rlimit before, none;
	const int next = dup(STDERR_FILENO);

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	return before;
}

static inline void on_watched(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	*(bool *)context = true;
}

/* How often the loop wakes in a quarter of a second in which only its own timers have reason to wake it. */
static inline unsigned turns_of(struct event_base *base)
{
	const struct timeval wait = { .tv_usec = WATCHED_MS * 1000 };
	bool over = false;
	unsigned turns = 0;
	struct event *end = evtimer_new(base, on_watched, &over);

	assert_non_null(end);
	assert_int_equal(evtimer_add(end, &wait), 0);
	while (!over) {
		assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 0);
		turns++;
	}
	event_free(end);
	return turns;
}

#endif
