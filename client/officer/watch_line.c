#include "watch_line.h"

#include "client/output.h"
#include "keys/clock.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define REMIND_FIRST_MS 60000

int64_t watch_line_pause(int64_t before_ms)
{
	int64_t pause = before_ms == 0 ? RETRY_FIRST_MS : before_ms * 2;

	if (pause > RETRY_LAST_MS)
		pause = RETRY_LAST_MS;
	return pause - randombytes_uniform((uint32_t)pause / 4);
}

int64_t watch_line_lost(
	struct watch_line *line, const struct invocation *invocation, const struct failure *reason)
{
	/* An alarm is said though the line was lost before for something else. */
	if (line->is_lost && invocation != NULL && reason->exit_code == EX_PROTOCOL &&
		strcmp(line->reason, reason->fault.text) != 0)
		say_aside(invocation, "%s", reason->fault.text);
	(void)snprintf(line->reason, sizeof line->reason, "%s", reason->fault.text);
	if (!line->is_lost) {
		line->is_lost = true;
		line->lost_ms = clock_boot_ms();
		line->remind_ms = line->lost_ms + REMIND_FIRST_MS;
		if (invocation != NULL)
			say_aside(invocation, "no connection, alerts don't come through: %s",
				reason->fault.text);
	}
	line->retry_ms = watch_line_pause(line->retry_ms);
	return line->retry_ms;
}

void watch_line_works(struct watch_line *line, const struct invocation *invocation)
{
	if (line->is_lost && invocation != NULL)
		say_aside(invocation, "the connection is back after %" PRId64 " s",
			(clock_boot_ms() - line->lost_ms) / 1000);
	*line = (struct watch_line){ 0 };
}

void watch_line_remind(struct watch_line *line, const struct invocation *invocation)
{
	int64_t now = clock_boot_ms();

	if (invocation == NULL || !line->is_lost || now < line->remind_ms)
		return;
	say_aside(invocation, "still no connection after %" PRId64 " min: alerts don't come through",
		(now - line->lost_ms) / 60000);
	line->remind_ms = now + (now - line->lost_ms);
}
