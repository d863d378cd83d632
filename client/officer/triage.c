/* triage: urgency confirmed, risk judged, the first step noted. */
#include "step.h"
#include "verbs.h"
#include "words.h"

#include "proto/cursor.h"

#include <string.h>

/* --risk T,V,C: threats, vulnerabilities, capacities, each from 1 to 5. */
static int take_risk(const struct invocation *invocation, json_t *content, struct failure *failure)
{
	static const char *const names[] = { "threat", "vulnerability", "capacity" };
	const char *given = arguments_option(invocation->arguments, "risk");
	struct reader reader = reader_of(given, given == NULL ? 0 : strlen(given));

	for (size_t at = 0; at < COUNT_OF(names); at++) {
		uint64_t degree = 0;

		if ((at > 0 && reader_literal(&reader, ",") != 0) || reader_decimal(&reader, &degree) != 0 ||
			degree < 1 || degree > 5)
			return failure_set(failure, EX_USAGE,
				"--risk is missing or wrong: give threats, vulnerabilities and capacities, "
				"each from 1 to 5, like 4,3,2");
		if (json_object_set_new(content, names[at], json_integer((json_int_t)degree)) != 0)
			return failure_memory(failure);
	}
	return reader_end(&reader) == 0
		       ? 0
		       : failure_set(failure, EX_USAGE,
				 "--risk has something behind its three numbers: leave it out");
}

static int take_urgency(const struct invocation *invocation, json_t *content, struct failure *failure)
{
	const char *given = arguments_option(invocation->arguments, "urgency");
	enum urgency urgency;

	if (given == NULL)
		return 0;
	if (urgency_of(given, strlen(given), &urgency) != 0 || urgency == URGENCY_WITHHELD)
		return failure_set(
			failure, EX_USAGE, "--urgency isn't one: give immediate, urgent, priority or record");
	return json_object_set_new(content, "urgency", json_string(given)) == 0 ? 0 : failure_memory(failure);
}

int verb_triage(const struct invocation *invocation, struct failure *failure)
{
	struct step step = { .type = EVENT_TRIAGE, .said = "Triaged." };
	json_t *content = json_object();
	int rc = -1;

	step.content = content;
	if (take_risk(invocation, content, failure) == 0 && take_urgency(invocation, content, failure) == 0 &&
		code_member(invocation, "verification", content, failure) == 0 &&
		text_member(invocation, 1, content, failure) == 0)
		rc = step_run(invocation, &step, failure);
	json_decref(content);
	return rc;
}
