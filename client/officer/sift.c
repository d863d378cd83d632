#include "sift.h"

#include "alerts.h"
#include "duty.h"

#include "client/output.h"
#include "keys/clock.h"

#include <string.h>

/* One report: what is known, or a look. */
static const struct known *know(struct officer *officer, const struct sift_wish *wish, struct kinds *kinds,
	const struct alert *alert, int64_t until_ms)
{
	struct known *known = kinds_find(kinds, alert->report);
	struct failure ignored;

	if (known == NULL && wish->looks && clock_boot_ms() < until_ms) {
		if (kinds_look(officer, kinds, alert, &known, &ignored) != 0)
			known = NULL;
	}
	/* Also where it was looked into while nobody was on duty. */
	if (known != NULL && wish->plans && kind_is_left_out(known->kind) && !known->is_planned &&
		alert->state == STATE_NEW)
		duty_plan(officer, kinds, alert, known);
	return known;
}

static void sift_with(struct officer *officer, const struct sift_wish *wish, struct kinds *kinds,
	struct alert *alerts, bool *is_duress, size_t *count)
{
	const int64_t until_ms = clock_boot_ms() + SIFT_MS;
	size_t kept = 0;

	for (size_t at = 0; at < *count; at++) {
		const struct known *known = know(officer, wish, kinds, &alerts[at], until_ms);

		if (known != NULL && kind_is_left_out(known->kind))
			continue;
		is_duress[kept] = known != NULL && known->kind == REPORT_DURESS;
		alerts[kept++] = alerts[at];
	}
	*count = kept;
}

void sift(struct officer *officer, const struct sift_wish *wish, struct alert *alerts, bool *is_duress,
	size_t *count)
{
	struct kinds kinds = { 0 };
	struct failure ignored;
	bool is_locked = !wish->locks || home_lock(officer->home, &ignored) == 0;

	memset(is_duress, 0, *count * sizeof *is_duress);
	if (is_locked && kinds_load(officer, &kinds, &ignored) == 0) {
		sift_with(officer, wish, &kinds, alerts, is_duress, count);
		if (kinds_save(officer, &kinds, &ignored) != 0)
			say_aside(officer->invocation, "what was looked into can't be remembered: %s",
				ignored.fault.text);
	}
	if (wish->locks && is_locked)
		home_unlock(officer->home);
	kinds_free(&kinds);
}

json_t *sifted_json(const struct alert *alert, bool is_duress)
{
	json_t *json = alert_json(alert);

	if (json != NULL && is_duress && json_object_set_new(json, "duress", json_true()) != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

void sifted_say(const struct invocation *invocation, const struct alert *alert, bool is_duress, int64_t now)
{
	if (is_duress)
		say(invocation,
			"*** DURESS *** She was made to open her home, and somebody may be beside her. Open "
			"this "
			"report now; nothing of it shows on her device.\n");
	alert_say(invocation, alert, now);
}
