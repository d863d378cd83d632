/* The defender's client: which verbs there are and what they take. */
#include "verbs.h"

#include "client/catalogues.h"

/* Without a home: what `join' would have kept is given each time. */
#define MEMORY_OPTIONS                                                                                       \
	{ "memory", "INVITATION|-", "keep no home, whatever happens: everything is gone at the end",         \
		false },                                                                                     \
	{                                                                                                    \
		"proxy", "URL", "with --memory, as for `join'", false                                        \
	}

#define WORKING_COPY_OPTION                                                                                  \
	{                                                                                                    \
		"working-copy", "HOW",                                                                       \
			"a copy without metadata beside each attachment: auto (as without this), none or "   \
			"require",                                                                           \
			false                                                                                \
	}
#define PLAIN_OPTION                                                                                         \
	{                                                                                                    \
		"plain", NULL, "ask line by line, one label a line, for a screen reader", false              \
	}

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
	WORKING_COPY_OPTION,
	{ "out", "FILE", "seal into FILE, with FILE.to beside it, and send nothing", false },
	PLAIN_OPTION,
	{ "delay", "TIME", "send it later, at a moment by chance within TIME: 90m, 6h, 2d", false },
	MEMORY_OPTIONS,
	{ "receipt-file", "FILE", "read the receipt number from FILE, - for standard input", false },
	{ "report", "ID", "the first report's id, where this home doesn't know it (may be left out)", false },
};
static const struct program_option alarm_set_options[] = {
	{ "desk", "DESK", "the desk to alarm (may be left out where there is one)", false },
	{ "exclude", "NAME", "an officer or desk that must not read it", true },
	{ "file", "FILE", "take the report from this JSON file, - for standard input", false },
	{ "attach", "FILE", "send this file along as evidence", true },
	WORKING_COPY_OPTION,
	PLAIN_OPTION,
};
static const struct program_option checkin_options[] = {
	{ "every", "MINUTES", "within how many minutes you check in, at most a week", false },
	{ "desk", "DESK", "the desk that gets it (may be left out where there is one)", false },
	{ "urgency", "URGENCY", "immediate (as without this), urgent, priority, record or withheld", false },
	{ "exclude", "NAME", "an officer or desk that must not read it", true },
	{ "file", "FILE", "take the report from this JSON file, - for standard input", false },
	PLAIN_OPTION,
};
static const struct program_option cover_set_options[] = {
	{ "every", "HOURS", "how often `cover send' sends one, on average (24)", false },
	{ "desk", "DESK", "the desk that gets them (may be left out where there is one)", false },
};
static const struct program_option cover_send_options[] = {
	{ "now", NULL, "whether it is time for one or not", false },
};
static const struct program_option duress_set_options[] = {
	{ "duress-passphrase-file", "FILE", "read the second passphrase from FILE, - for standard input",
		false },
	{ "file", "FILE", "what officers shall know then, as a report in JSON", false },
	{ "exclude", "NAME", "an officer or desk that must not read it", true },
};
static const struct program_option send_options[] = {
	{ "wait", NULL, "stay until nothing is left: delayed reports too", false },
	PLAIN_OPTION,
};
static const struct program_option carry_options[] = {
	PLAIN_OPTION,
	MEMORY_OPTIONS,
};
static const struct program_option inbox_options[] = {
	MEMORY_OPTIONS,
	{ "receipt-file", "FILE", "read the receipt number from FILE, - for standard input", false },
};

static const struct verb verbs[] = {
	{ "join", "INVITATION|-", "get to know an organisation by its invitation", run_join, join_options,
		COUNT_OF(join_options), 1, 1, true },
	{ "report", "", "seal a report and send it", run_report, follow_up_options,
		COUNT_OF(follow_up_options) - FOLLOW_UP_MORE, 0, 0, false },
	{ "follow-up", "", "seal and send a further report, by the hand of an earlier one", run_follow_up,
		follow_up_options, COUNT_OF(follow_up_options), 0, 0, false },
	{ "alarm set", "", "prepare an alarm: everything but the network is done", run_alarm_set,
		alarm_set_options, COUNT_OF(alarm_set_options), 0, 0, false },
	{ "alarm cancel", "", "call off the alarm that was sent", run_alarm_cancel, NULL, 0, 0, 0, false },
	{ "alarm", "", "send the prepared alarm, in one step", run_alarm, NULL, 0, 0, 0, false },
	{ "checkin start", "", "hold a report that officers get unless you check in", run_checkin_start,
		checkin_options, COUNT_OF(checkin_options), 0, 0, false },
	{ "checkin ok", "", "check in: the held report is put off", run_checkin_ok, NULL, 0, 0, 0, false },
	{ "checkin cancel", "", "end the check-in: nothing is held any more", run_checkin_cancel, NULL, 0, 0,
		0, false },
	{ "checkin status", "", "when the held report would be released", run_checkin_status, NULL, 0, 0, 0,
		false },
	{ "cover set", "", "send a dummy report with every session from now on", run_cover_set,
		cover_set_options, COUNT_OF(cover_set_options), 0, 0, false },
	{ "cover send", "", "send a dummy report if it is time for one", run_cover_send, cover_send_options,
		COUNT_OF(cover_send_options), 0, 0, false },
	{ "cover off", "", "send no dummy reports any more", run_cover_off, NULL, 0, 0, 0, false },
	{ "cover status", "", "whether dummy reports are sent, and when the next is due", run_cover_status,
		NULL, 0, 0, 0, false },
	{ "duress set", "", "a second passphrase opens a harmless home, and tells officers silently",
		run_duress_set, duress_set_options, COUNT_OF(duress_set_options), 0, 0, false },
	{ "duress off", "", "destroy the harmless home", run_duress_off, NULL, 0, 0, 0, false },
	{ "carry", "FILE", "send a sealed report that somebody gave you", run_carry, carry_options,
		COUNT_OF(carry_options), 1, 1, false },
	{ "send", "", "send what is queued", run_send, send_options, COUNT_OF(send_options), 0, 0, false },
	{ "inbox", "", "read the answers to a report, with its receipt number", run_inbox, inbox_options,
		COUNT_OF(inbox_options), 0, 0, false },
	{ "proof", "DIR", "write out the rosters of a fork, for an admin to judge", run_proof, NULL, 0, 1, 1,
		false },
	{ "wipe", "", "destroy the home, its keys first; it doesn't ask", run_wipe, NULL, 0, 0, 0, false },
};

int main(int argc, char **argv)
{
	static const struct program program = { "clarion",
		"Reports to an organisation that protects women human rights defenders, sealed on this "
		"device.",
		verbs, COUNT_OF(verbs) };

	languages_offer(catalogues, catalogue_count);
	return program_main(&program, argc, argv);
}
