#include "pulse.h"

#include "base/log.h"
#include "build_config.h"
#include "family_internal.h"
#include "keys/clock.h"
#include "service.h"

#include <string.h>

#define ASK_MS                                                                                               \
	(CLARION_TEST_CLOCK_BUILD                                                                            \
			? 250                                                                                \
			: 5000) /* between two questions, where no watchdog wants to know more often */
#define ASK_LEAST_MS 100
#define LATE_MS      15000 /* more than a commit on a failing disk should take */
#define US_PER_MS    1000
#define WATCHDOG_SHARE                                                                                       \
	4 /* so often in the watchdog's time: systemd advises two, and an answer takes a turn more */

static int64_t now_ms(void)
{
	return clock_monotonic_us() / US_PER_MS;
}

static bool has_pulse(const struct member *member)
{
	return member->role == ROLE_STORE || member->role == ROLE_FRONT;
}

static int64_t ask_every_ms(const struct family *family)
{
	const int64_t share = service_watchdog_ms(family->service) / WATCHDOG_SHARE;
	if (share == 0 || share > ASK_MS)
		return ASK_MS;
	return share < ASK_LEAST_MS ? ASK_LEAST_MS : share;
}

void pulse_ask(struct member *member)
{
	struct channel *channel = child_channel(member->child);
	if (!has_pulse(member) || channel == NULL || member->drained || member->pulse.asked != 0)
		return;
	member->pulse.asked = now_ms();
	if (message_empty_put(channel_out(channel), MESSAGE_PING) != 0)
		member_kill(member);
}

static int set_timer(struct family *family)
{
	const int64_t every = ask_every_ms(family);
	const struct timeval wait = { .tv_sec = every / 1000, .tv_usec = every % 1000 * 1000 };
	return evtimer_add(family->pulses.timer, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct family *family = context;
	(void)fd;
	(void)what;
	if (pulses_are_well(family))
		service_alive(family->service);
	for (struct member *member = family->members; member != NULL; member = member->next)
		if (member->child != NULL && child_is_ready(member->child))
			pulse_ask(member);
	if (set_timer(family) != 0)
		log_fatal("no_timer");
}

int pulses_start(struct family *family)
{
	family->pulses.timer = evtimer_new(family->base, on_timer, family);
	return family->pulses.timer != NULL ? set_timer(family) : -1;
}

void pulses_end(struct family *family)
{
	if (family->pulses.timer != NULL)
		event_free(family->pulses.timer);
	family->pulses.timer = NULL;
}

int pulse_answered(struct member *member, struct reader *message)
{
	const size_t count = member->role == ROLE_STORE ? STORE_FIGURES : FRONT_FIGURES;
	struct message_pong pong;
	if (!has_pulse(member) || member->pulse.asked == 0 || message_pong_get(message, &pong) != 0 ||
		pong.count != count)
		return -1;
	member->pulse.last = pong;
	member->pulse.asked = 0;
	member->pulse.answered = now_ms();
	return 0;
}

void pulse_ended(struct member *member)
{
	struct family *family = member->family;
	if (member->role == ROLE_FRONT && member->pulse.last.count == FRONT_FIGURES)
		for (size_t i = 0; i < FRONT_FIGURES; i++)
			family->pulses.ended_fronts[i] += i == FRONT_OPEN ? 0 : member->pulse.last.figures[i];
	if (member->standing == MEMBER_CURRENT && family->state != FAMILY_STOPPING)
		family->pulses.restarts[member->role]++;
	memset(&member->pulse, 0, sizeof member->pulse);
}

/* A watchdog that is to bark in time hears nothing of us as soon as half of it is over. */
static int64_t late_ms(const struct family *family)
{
	const int64_t half = service_watchdog_ms(family->service) / 2;
	return half > 0 && half < LATE_MS ? half : LATE_MS;
}

bool pulse_is_well(const struct member *member)
{
	if (member->child == NULL || !child_is_ready(member->child))
		return false;
	return member->pulse.asked == 0 || now_ms() - member->pulse.asked < late_ms(member->family);
}

bool pulses_are_well(const struct family *family)
{
	const struct member *store = family_member(family, ROLE_STORE);
	if (family->state != FAMILY_RUNNING || store == NULL || store->pulse.answered == 0)
		return false;
	for (const struct member *member = family->members; member != NULL; member = member->next)
		if (has_pulse(member) && member->standing == MEMBER_CURRENT && !pulse_is_well(member))
			return false;
	return true;
}
