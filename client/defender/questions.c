/* The questions of a report, one after the other, until she says that it may go. */
#include "compose.h"

#include "ask.h"
#include "client/terminal.h"
#include "foresee.h"
#include "proto/personal.h"
#include "proto/report_schema.h"
#include "report_complete.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define INSTEAD "give the report with --file"
#define STOPPED "stopped: nothing was sent and nothing is kept"

static const struct question_choice endings[] = {
	{ "go", N_("Yes, seal it") },
	{ "change", N_("Change an answer") },
	{ "more", N_("Answer more questions first") },
	{ "stop", N_("No: stop, and keep nothing") },
};
static const struct question ask_ending = { .id = "ending",
	.kind = QUESTION_CHOICE,
	.words = N_("Is that right?"),
	.choices = endings,
	.count = COUNT_OF(endings) };

static const struct question_choice second_thoughts[] = {
	{ "change", N_("Change it") },
	{ "keep", N_("Leave it as it is") },
};
static const struct question ask_second_thought = { .id = "second-thought",
	.kind = QUESTION_CHOICE,
	.words = N_("Officers don't need it, and it may point to somebody. What shall become of it?"),
	.choices = second_thoughts,
	.count = COUNT_OF(second_thoughts) };

struct interview {
	struct asking asking;
	struct questionnaire *questionnaire;
	const struct interview_wish *wish;
	struct question_choice *officers; /* who can be excluded */
	struct reply reply;
};

static int put(struct interview *interview, const struct posed *posed, struct failure *failure)
{
	interview->reply.text[0] = '\0';
	if (interview->asking.screen != NULL)
		return ask_on_screen(&interview->asking, posed, &interview->reply, failure);
	return ask_in_lines(&interview->asking, posed, &interview->reply, failure);
}

/* A question of the program's own, until one of its choices is taken. */
static int ask_aside(struct interview *interview, const struct question *question, const char **ret_code,
	struct failure *failure)
{
	struct posed posed = { .question = question, .count = question->count, .answer = { .text = "" } };
	int rc;

	for (size_t at = 0; at < question->count; at++)
		posed.choices[at] = question->choices[at];
	*ret_code = NULL;
	interview->asking.is_aside = true;
	interview->asking.note = NULL;
	do {
		rc = put(interview, &posed, failure);
		for (size_t at = 0; rc == 0 && at < question->count; at++)
			if (strcmp(interview->reply.text, question->choices[at].code) == 0)
				*ret_code = question->choices[at].code;
		interview->asking.note = N_("Please choose one of the numbers.");
	} while (rc == 0 && *ret_code == NULL);
	interview->asking.is_aside = false;
	interview->asking.note = NULL;
	return rc;
}

static const char *what_it_takes(const struct question *question)
{
	switch (question->kind) {
	case QUESTION_CHOICE:
		return N_("Please choose one of the numbers.");
	case QUESTION_MANY:
		return N_("Please choose among the numbers, not more of them than the question says.");
	case QUESTION_DATE:
		return N_("Please write it like 2026-11-24, 2026-11 or 2026.");
	case QUESTION_COUNTRY:
		return N_("Please write the two capital letters of the country, such as KE.");
	case QUESTION_LINE:
	case QUESTION_STORY:
		break;
	}
	return N_("Please make it shorter; details have their place in a later answer.");
}

static void tell_personal(const struct asking *asking, const void *owner)
{
	const unsigned *found = owner;

	if (*found & PERSONAL_EMAIL)
		tell(asking, "There seems to be an e-mail address in it.\n");
	if (*found & PERSONAL_PHONE)
		tell(asking, "There seems to be a phone number in it.\n");
	if (*found & PERSONAL_NUMBER)
		tell(asking, "There seems to be a number of a document in it.\n");
	tell(asking, "\n");
}

/* *ret_change: she wants to write it again. */
static int warn(struct interview *interview, const struct question *question, bool *ret_change,
	struct failure *failure)
{
	const char *text = interview->reply.text, *code = NULL;
	unsigned found = question->is_watched && interview->reply.state == ANSWER_GIVEN
				 ? personal_find(text, strlen(text))
				 : 0;
	int rc = 0;

	*ret_change = false;
	if (found == 0)
		return 0;
	interview->asking.intro = tell_personal;
	interview->asking.intro_owner = &found;
	rc = ask_aside(interview, &ask_second_thought, &code, failure);
	interview->asking.intro = NULL;
	if (rc == 0)
		*ret_change = strcmp(code, "change") == 0;
	return rc;
}

/* An answer is taken, or a note says why not. */
static int take(
	struct interview *interview, const struct posed *posed, bool *ret_more, struct failure *failure)
{
	bool change = false;

	if (posed->question->must_answer && interview->reply.state == ANSWER_NONE) {
		interview->asking.note = N_("This one needs an answer.");
		return 0;
	}
	if (questionnaire_answer(interview->questionnaire, interview->reply.state, interview->reply.text) !=
		0) {
		interview->asking.note = what_it_takes(posed->question);
		return 0;
	}
	if (warn(interview, posed->question, &change, failure) != 0)
		return -1;
	if (!change)
		*ret_more = questionnaire_forward(interview->questionnaire);
	return 0;
}

/* One question: asked, answered, and on or back. *ret_more false: enough of them. */
static int one_question(
	struct interview *interview, const struct posed *posed, bool *ret_more, struct failure *failure)
{
	if (put(interview, posed, failure) != 0)
		return -1;
	interview->asking.note = NULL;
	switch (interview->reply.asked) {
	case ASKED_ANSWERED:
		return take(interview, posed, ret_more, failure);
	case ASKED_ON:
		if (posed->question->must_answer && posed->answer.state == ANSWER_NONE)
			interview->asking.note = N_("This one needs an answer.");
		else
			*ret_more = questionnaire_forward(interview->questionnaire);
		return 0;
	case ASKED_BACK:
		(void)questionnaire_back(interview->questionnaire);
		return 0;
	case ASKED_END:
		break;
	}
	*ret_more = questionnaire_lacks(interview->questionnaire);
	if (*ret_more)
		interview->asking.note = N_("This one needs an answer.");
	return 0;
}

static int ask_questions(struct interview *interview, struct failure *failure)
{
	struct posed *posed = calloc(1, sizeof *posed);
	bool more = true;
	int rc = posed == NULL ? failure_memory(failure) : 0;

	while (rc == 0 && more && questionnaire_now(interview->questionnaire, posed))
		rc = one_question(interview, posed, &more, failure);
	free(posed);
	return rc;
}

/* What was answered, on top of what the report has without questions. */
static int build(const struct interview *interview, json_t **ret_report, struct failure *failure)
{
	json_t *report = json_deep_copy(interview->wish->report);

	if (report != NULL && questionnaire_report(interview->questionnaire, report) == 0 &&
		report_complete(report) == 0) {
		*ret_report = report;
		return 0;
	}
	json_decref(report);
	return failure_memory(failure);
}

/* Who would be able to read this report: its exclusions, and what was excluded before. */
static int choose_readers(const struct interview *interview, const json_t *report,
	struct recipients *recipients, struct foresight *foresight, struct failure *failure)
{
	const struct interview_wish *wish = interview->wish;
	const char *urgency = json_string_value(json_object_get(report, "urgency")), *names[EXCLUDED_MAX];
	const json_t *list = json_object_get(report, "exclude");
	size_t count = 0;

	*foresight = (struct foresight){ .recipients = recipients,
		.desk = wish->desk,
		.urgency = URGENCY_IMMEDIATE,
		.size = foresee_size(
			json_dumpb(report, NULL, 0, JSON_COMPACT), wish->sizes, wish->size_count) };
	if (urgency != NULL && urgency_of(urgency, strlen(urgency), &foresight->urgency) != 0)
		foresight->urgency = URGENCY_IMMEDIATE;
	for (; count < EXCLUDED_MAX && count < json_array_size(list); count++)
		names[count] = json_string_value(json_array_get(list, count));
	return recipients_choose(
		wish->roster, wish->desk, foresight->urgency, names, count, recipients, failure);
}

static void tell_foresight(const struct asking *asking, const void *owner)
{
	foresee_tell(asking, owner);
	tell(asking, "\n");
}

/* Shows what would become true, and asks. *ret_code as in endings. */
static int review(
	struct interview *interview, const json_t *report, const char **ret_code, struct failure *failure)
{
	struct recipients *recipients = calloc(1, sizeof *recipients);
	struct foresight foresight;
	int rc;

	if (recipients == NULL)
		return failure_memory(failure);
	rc = choose_readers(interview, report, recipients, &foresight, failure);
	if (rc == 0) {
		interview->asking.intro = tell_foresight;
		interview->asking.intro_owner = &foresight;
		rc = ask_aside(interview, &ask_ending, ret_code, failure);
		interview->asking.intro = NULL;
	} else if (failure->exit_code == EX_DATAERR) {
		/* Nobody is left to read it: she sees why, and changes it. */
		interview->asking.note = failure->fault.text;
		*ret_code = "change";
		rc = 0;
	}
	free(recipients);
	return rc;
}

/* Until it may go, or is stopped. */
static int interview_her(struct interview *interview, json_t **ret_report, struct failure *failure)
{
	for (;;) {
		json_t *report = NULL;
		const char *code = NULL;

		if (ask_questions(interview, failure) != 0 || build(interview, &report, failure) != 0)
			return -1;
		if (review(interview, report, &code, failure) != 0) {
			json_decref(report);
			return -1;
		}
		if (strcmp(code, "go") == 0) {
			*ret_report = report;
			return 0;
		}
		json_decref(report);
		if (strcmp(code, "stop") == 0)
			return failure_set(failure, EX_DATAERR, STOPPED);
		if (strcmp(code, "more") == 0)
			questionnaire_ask_more(interview->questionnaire);
		else
			questionnaire_rewind(interview->questionnaire);
	}
}

/* The officers of the desk and of its fallback, to choose among. */
static int offer_officers(struct interview *interview, struct failure *failure)
{
	const struct roster *roster = interview->wish->roster;
	const struct roster_desk *desk = roster_desk(roster, interview->wish->desk);
	size_t count = 0;

	interview->officers = calloc(QUESTION_CHOICES_MAX, sizeof *interview->officers);
	if (interview->officers == NULL)
		return failure_memory(failure);
	for (size_t at = 0; desk != NULL && at < roster->officer_count && count < QUESTION_CHOICES_MAX;
		at++) {
		const struct roster_officer *officer = &roster->officers[at];

		if (officer_serves(officer, desk->name) || officer_serves(officer, desk->fallback))
			interview->officers[count++] =
				(struct question_choice){ officer->name, officer->name };
	}
	questionnaire_choices(interview->questionnaire, QUESTION_EXCLUDE, interview->officers, count);
	return 0;
}

static int begin(struct interview *interview, struct failure *failure)
{
	const struct arguments *arguments = interview->asking.invocation->arguments;
	bool is_plain = (arguments_knows(arguments, "plain") && arguments_flag(arguments, "plain")) ||
			!screen_is_possible();

	interview->questionnaire = questionnaire_new(question_table, question_count);
	interview->reply.text = sodium_malloc(ANSWER_MAX + 1);
	if (interview->questionnaire == NULL || interview->reply.text == NULL)
		return failure_memory(failure);
	if (offer_officers(interview, failure) != 0)
		return -1;
	if (json_object_get(interview->wish->report, "urgency") != NULL)
		questionnaire_leave_out(interview->questionnaire, "urgency");
	return is_plain ? 0 : screen_open(INSTEAD, &interview->asking.screen, failure);
}

int ask_report(const struct invocation *invocation, const struct interview_wish *wish, json_t **ret_report,
	struct failure *failure)
{
	struct interview interview = { .asking = { .invocation = invocation }, .wish = wish };
	int rc = begin(&interview, failure);

	if (rc == 0)
		rc = interview_her(&interview, ret_report, failure);
	screen_close(interview.asking.screen);
	sodium_free(interview.reply.text);
	questionnaire_free(interview.questionnaire);
	free(interview.officers);
	return rc;
}
