/* Alerts as an officer shall see them: without dummies and canaries, and with an alarm where somebody was
 * made to open her home. */
#ifndef OFFICER_SIFT_H
#define OFFICER_SIFT_H

#include "kinds.h"

/* Looks into reports that aren't known yet end after so much time, on a slow line: the others are shown as
 * they are. */
#define SIFT_MS 3000

struct sift_wish {
	bool looks; /* into what isn't known yet: the server's audit log has that as read by her */
	bool locks; /* the home isn't locked */
	bool plans; /* she is on duty: her tool answers for dummies */
};

/* Filters in place; is_duress has room for as many. What can't be looked into stays. */
void sift(struct officer *officer, const struct sift_wish *wish, struct alert *alerts, bool *is_duress,
	size_t *count);

/* Adds `duress` where it is one. NULL where memory is short. */
MUST_USE json_t *sifted_json(const struct alert *alert, bool is_duress);
void sifted_say(const struct invocation *invocation, const struct alert *alert, bool is_duress, int64_t now);

#endif
