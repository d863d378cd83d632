/* The defender's client: which verbs there are and what they take. */
#include "verbs.h"

static const struct program_option join_options[] = {
	{ "proxy", "URL", "connect through socks5h://HOST:PORT or http://HOST:PORT, and never without it",
		false },
};
/* Those of `report`, then those that only `follow-up` takes. */
#define FOLLOW_UP_MORE 2
static const struct program_option follow_up_options[] = {
	{ "desk", "DESK", "the desk to report to (may be left out where there is one)", false },
	{ "urgency", "URGENCY", "immediate, urgent, priority, record or withheld", false },
	{ "exclude", "NAME", "an officer or desk that must not read it", true },
	{ "file", "FILE", "take the report from this JSON file, - for standard input", false },
	{ "attach", "FILE", "send this file along as evidence", true },
	{ "out", "FILE", "seal into FILE, with FILE.to beside it, and send nothing", false },
	{ "receipt-file", "FILE", "read the receipt number from FILE, - for standard input", false },
	{ "report", "ID", "the first report's id, where this home doesn't know it (may be left out)", false },
};
static const struct program_option inbox_options[] = {
	{ "receipt-file", "FILE", "read the receipt number from FILE, - for standard input", false },
};

static const struct verb verbs[] = {
	{ "join", "INVITATION|-", "get to know an organisation by its invitation", run_join, join_options,
		COUNT_OF(join_options), 1, 1, true },
	{ "report", "", "seal a report and send it", run_report, follow_up_options,
		COUNT_OF(follow_up_options) - FOLLOW_UP_MORE, 0, 0, false },
	{ "follow-up", "", "seal and send a further report, by the hand of an earlier one", run_follow_up,
		follow_up_options, COUNT_OF(follow_up_options), 0, 0, false },
	{ "carry", "FILE", "send a sealed report that somebody gave you", run_carry, NULL, 0, 1, 1, false },
	{ "send", "", "send what is queued", run_send, NULL, 0, 0, 0, false },
	{ "inbox", "", "read the answers to a report, with its receipt number", run_inbox, inbox_options,
		COUNT_OF(inbox_options), 0, 0, false },
	{ "wipe", "", "destroy the home, its keys first; it doesn't ask", run_wipe, NULL, 0, 0, 0, false },
};

int main(int argc, char **argv)
{
	static const struct program program = { "clarion",
		"Reports to an organisation that protects women human rights defenders, sealed on this "
		"device.",
		verbs, COUNT_OF(verbs) };

	return program_main(&program, argc, argv);
}
