#include "readers.h"

#include <string.h>

bool is_excluded(const json_t *report, const struct roster_officer *officer)
{
	const json_t *name;
	size_t at;

	json_array_foreach(json_object_get(report, "exclude"), at, name)
	{
		const char *text = json_string_value(name);

		if (text != NULL && (strcmp(text, officer->name) == 0 || officer_serves(officer, text)))
			return true;
	}
	return false;
}

/* The desk of a report that stock age sealed stands nowhere inside it: hers must do. */
static bool serves_report(struct officer *officer, const char *desk, const struct roster_officer *named)
{
	const struct roster_officer *me = roster_officer_by_key(
		organisation_roster(officer->organisation), officer->identity->public_key);

	if (desk[0] != '\0')
		return officer_serves(named, desk);
	for (size_t at = 0; me != NULL && at < me->desk_count; at++)
		if (officer_serves(named, me->desks[at]))
			return true;
	return false;
}

int check_named_officer(struct officer *officer, const struct report *report, const struct step *step,
	struct failure *failure)
{
	const char *name = json_string_value(json_object_get(step->content, "officer"));
	const struct roster_officer *named;
	struct history history;

	/* It may have been transferred. */
	if (history_fetch(officer, report, &history, failure) != 0)
		return -1;
	named = roster_officer(organisation_roster(officer->organisation), name);
	/* She may be newer than the roster that is known here. */
	if (named == NULL) {
		if (organisation_refresh(officer->organisation, NULL, failure) != 0)
			return -1;
		named = roster_officer(organisation_roster(officer->organisation), name);
	}
	if (named == NULL || !serves_report(officer, history.desk, named))
		return failure_set(failure, EX_DATAERR,
			"no officer of the report's desk has that name: check how it is written");
	if (is_excluded(report->json, named))
		return failure_set(failure, EX_DATAERR,
			"the report's sender excluded that officer from it: choose another");
	return 0;
}

/* Less urgent ones go to the desk alone. */
static enum urgency urgency_for(
	const struct roster *roster, const json_t *agreed, const struct destination *to)
{
	const struct roster_desk *desk = roster_desk(roster, to->desk);
	const json_t *name;
	size_t at;

	if (json_array_size(agreed) == 0 || desk == NULL)
		return to->urgency;
	json_array_foreach(agreed, at, name)
	{
		const char *text = json_string_value(name);

		if (text != NULL && strcmp(text, desk->fallback) == 0)
			return to->urgency;
	}
	return URGENCY_PRIORITY;
}

int readers_choose(const struct roster *roster, const json_t *report, const json_t *agreed,
	const struct destination *to, struct recipients *ret_recipients, struct failure *failure)
{
	const char *excluded[EXCLUDED_MAX];
	size_t count = 0, at;
	const json_t *each;

	json_array_foreach(json_object_get(report, "exclude"), at, each)
	{
		const char *name = json_string_value(each);

		if (name != NULL && count < EXCLUDED_MAX &&
			(roster_desk(roster, name) != NULL || roster_officer(roster, name) != NULL))
			excluded[count++] = name;
	}
	return recipients_choose(
		roster, to->desk, urgency_for(roster, agreed, to), excluded, count, ret_recipients, failure);
}
