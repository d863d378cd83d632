/* The end: within 5 s, whatever the roles do. */
#include "family_internal.h"

#include "base/log.h"
#include "service.h"

#include <sysexits.h>

#define FRONTS_LAST_MS 3000 /* to answer what is in flight */
#define ALL_LAST_MS    1500 /* then the store commits and closes */

static void set_timer(struct family *family, unsigned int milliseconds)
{
	const struct timeval delay = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };
	if (event_add(family->stop_timer, &delay) != 0)
		family_kill(family);
}

static void on_stop_timer(evutil_socket_t fd, short what, void *context)
{
	struct family *family = context;
	(void)fd;
	(void)what;
	if (family->stop_late) {
		log_plain(LOG_WARNING, "roles_killed");
		family_kill(family);
		return;
	}
	family->stop_late = true;
	set_timer(family, ALL_LAST_MS);
	stop_progress(family);
}

static bool fronts_left(const struct family *family)
{
	return family_member(family, ROLE_FRONT) != NULL;
}

void stop_progress(struct family *family)
{
	if (family->state != FAMILY_STOPPING)
		return;
	if (family->members == NULL)
		event_base_loopbreak(family->base);
	else if (!fronts_left(family) || family->stop_late)
		for (struct member *member = family->members; member != NULL; member = member->next)
			member_drain(member);
}

void family_stop(struct family *family, int exit_code)
{
	struct member *next;
	if (family->state == FAMILY_STOPPING) {
		family_kill(family);
		return;
	}
	family->state = FAMILY_STOPPING;
	family->exit_code = exit_code;
	log_plain(LOG_INFO, "stopping");
	service_stopping(family->service);
	for (struct member *member = family->members; member != NULL; member = next) {
		next = member->next;
		evtimer_del(member->timer);
		if (member->child == NULL)
			member_remove(member);
		else if (member->role == ROLE_FRONT)
			member_drain(member);
	}
	family->stop_timer = evtimer_new(family->base, on_stop_timer, family);
	if (family->stop_timer == NULL)
		family_kill(family);
	else
		set_timer(family, FRONTS_LAST_MS);
	stop_progress(family);
}

void family_kill(struct family *family)
{
	for (const struct member *member = family->members; member != NULL; member = member->next)
		member_kill(member);
}
