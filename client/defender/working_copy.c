#include "working_copy.h"

#include "ask.h"
#include "client/output.h"
#include "client/terminal.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define WARNING "no-working-copy"

enum wish { WISH_AUTO, WISH_NONE, WISH_REQUIRE };

static const char *const wishes[] = { "auto", "none", "require" };

static enum wish wish_of(const struct arguments *arguments)
{
	const char *word = arguments_knows(arguments, "working-copy")
				   ? arguments_option(arguments, "working-copy")
				   : NULL;

	for (size_t at = 0; word != NULL && at < COUNT_OF(wishes); at++)
		if (strcmp(wishes[at], word) == 0)
			return (enum wish)at;
	return WISH_AUTO;
}

int working_copy_check(const struct arguments *arguments, struct failure *failure)
{
	const char *word = arguments_knows(arguments, "working-copy")
				   ? arguments_option(arguments, "working-copy")
				   : NULL;

	if (word == NULL || strcmp(wishes[wish_of(arguments)], word) == 0)
		return 0;
	return failure_set(failure, EX_USAGE, "--working-copy isn't one: give auto, none or require");
}

static const char *why_not(enum stripped stripped)
{
	switch (stripped) {
	case STRIPPED_NO_FORMAT:
		return N_("there is no tool that can be trusted with this kind of file");
	case STRIPPED_NO_EXIFTOOL:
		return N_("exiftool isn't installed");
	case STRIPPED_NO_MAT2:
		return N_("mat2 isn't installed");
	case STRIPPED_NO_FFMPEG:
		return N_("ffmpeg isn't installed");
	case STRIPPED_NO_SANDBOX:
		return N_("bubblewrap isn't installed or can't work here");
	case STRIPPED_TOO_LARGE:
		return N_("the file is too large");
	case STRIPPED_NO_ROOM:
		return N_("with a copy of it the report would be larger than most servers take");
	case STRIPPED_MADE:
	case STRIPPED_FAILED:
		break;
	}
	return N_("not everything could be taken out of it");
}

struct trouble {
	const char *path;
	enum stripped stripped;
};

static void tell_trouble(const struct asking *asking, const void *owner)
{
	const struct trouble *trouble = owner;
	struct buffer path = buffer_of(VALUE_MAX);

	terminal_safe(trouble->path, strlen(trouble->path), &path);
	if (buffer_text(&path) != NULL)
		tell(asking, "%s\n", buffer_text(&path));
	buffer_free(&path);
	tell(asking, "No copy without metadata can be made of it here: %s.\n",
		translated(why_not(trouble->stripped)));
	tell(asking, "The original may tell where and when it was made, and with which device.\n");
}

static const struct question_choice decisions[] = {
	{ "send", N_("Send the original: only those who can read the report can open it") },
	{ "leave", N_("Leave this file out") },
	{ "stop", N_("Stop, and keep nothing") },
};
static const struct question ask_decision = { .id = "decision",
	.kind = QUESTION_CHOICE,
	.words = N_("What shall become of it?"),
	.choices = decisions,
	.count = COUNT_OF(decisions) };

/* She decides. */
static int decide(const struct invocation *invocation, const struct trouble *trouble,
	struct composed *composed, struct failure *failure)
{
	struct asking asking = {
		.invocation = invocation, .intro = tell_trouble, .intro_owner = trouble, .is_aside = true
	};
	struct posed posed = {
		.question = &ask_decision, .count = COUNT_OF(decisions), .answer = { .text = "" }
	};
	struct reply reply = { .text = sodium_malloc(ANSWER_MAX + 1) };
	int rc = reply.text == NULL ? failure_memory(failure) : 0;

	memcpy(posed.choices, decisions, sizeof decisions);
	do {
		if (rc == 0)
			rc = ask_in_lines(&asking, &posed, &reply, failure);
		asking.note = N_("Please choose one of the numbers.");
	} while (rc == 0 && strcmp(reply.text, "send") != 0 && strcmp(reply.text, "leave") != 0 &&
		 strcmp(reply.text, "stop") != 0);
	if (rc == 0 && strcmp(reply.text, "leave") == 0)
		attachment_drop(&composed->attachments, composed->report);
	else if (rc == 0 && strcmp(reply.text, "stop") == 0)
		rc = failure_set(failure, EX_DATAERR, "stopped: nothing was sent and nothing is kept");
	sodium_free(reply.text);
	return rc;
}

static int without(const struct invocation *invocation, const struct trouble *trouble, bool may_ask,
	struct composed *composed, struct failure *failure)
{
	if (wish_of(invocation->arguments) == WISH_REQUIRE)
		return failure_set(failure, EX_DATAERR,
			"an attachment has no copy without metadata (%s): leave it out, or give "
			"--working-copy=auto",
			translated(why_not(trouble->stripped)));
	if (may_ask)
		return decide(invocation, trouble, composed, failure);
	say_aside(invocation,
		"an attachment goes along as it is, with all that it tells about place, time and device: %s",
		translated(why_not(trouble->stripped)));
	return composed_warn(composed, WARNING, failure);
}

int attach(const struct invocation *invocation, const char *path, bool may_ask, struct composed *composed,
	struct failure *failure)
{
	struct attachments *attachments = &composed->attachments;
	struct trouble trouble = { .path = path };
	struct stripped_copy copy;
	const struct attachment *original;
	const char *dot;

	if (attachment_add(attachments, path, composed->report, failure) != 0)
		return -1;
	if (wish_of(invocation->arguments) == WISH_NONE)
		return 0;
	original = &attachments->list[attachments->count - 1];
	dot = strrchr(original->name, '.');
	if (strip_metadata(original->fd, original->size, dot == NULL ? "" : dot + 1, &trouble.stripped, &copy,
		    failure) != 0)
		return -1;
	if (trouble.stripped == STRIPPED_MADE &&
		attachments_size(attachments) + copy.size <= ATTACHMENTS_WITH_COPIES_MAX)
		return attachment_add_working(attachments, &copy, composed->report, failure);
	if (trouble.stripped == STRIPPED_MADE) {
		(void)close(copy.fd);
		trouble.stripped = STRIPPED_NO_ROOM;
	}
	return without(invocation, &trouble, may_ask, composed, failure);
}
