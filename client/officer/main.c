/* clarion-officer: alerts in, answers out. Start reading at the verbs. */
#include "verbs.h"

static const struct program_option init_options[] = {
	{ "name", "NAME", "how the roster will call you: a-z, 0-9 and -, at most 32", false },
};
static const struct program_option pull_options[] = {
	{ "after", "N", "only alerts whose number is above N", false },
};
static const struct program_option watch_options[] = {
	{ "after", "N", "only alerts whose number is above N", false },
	{ "exec", "CMD", "run CMD for each alert: CLARION_SEQ, CLARION_DESK and CLARION_URGENCY say which",
		false },
};
static const struct program_option open_options[] = {
	{ "out", "DIR", "a new folder for report.json and attachments/", false },
	{ "narrative", NULL, "show the whole story too, not only what comes first", false },
};

static const struct verb verbs[] = {
	{ "init", "", "make your identity and print the card that your admin needs", verb_init, init_options,
		COUNT_OF(init_options), 0, 0, true },
	{ "join", "INVITATION|-", "pin your organisation", verb_join, NULL, 0, 1, 1, true },
	{ "pull", "", "show the open alerts of your desks", verb_pull, pull_options, COUNT_OF(pull_options),
		0, 0, false },
	{ "watch", "", "show alerts as they come, until you end it", verb_watch, watch_options,
		COUNT_OF(watch_options), 0, 0, false },
	{ "open", "REPORT", "fetch, decrypt and check a report", verb_open, open_options,
		COUNT_OF(open_options), 1, 1, false },
	{ "fetch", "REPORT FILE", "fetch the sealed file as it is", verb_fetch, NULL, 0, 2, 2, false },
	{ "ack", "REPORT", "acknowledge: a human has opened it, and its sender will know", verb_ack, NULL, 0,
		1, 1, false },
	{ "reply", "REPORT TEXT|-", "answer the sender of a report", verb_reply, NULL, 0, 2, 2, false },
};

static const struct program program = {
	.folder = "clarion-officer",
	.summary = "Receives sealed reports for a protection desk, and answers them.",
	.verbs = verbs,
	.verb_count = COUNT_OF(verbs),
};

int main(int argc, char **argv)
{
	return program_main(&program, argc, argv);
}
