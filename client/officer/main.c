/* clarion-officer: alerts in, answers out. Start reading at the verbs. */
#include "verbs.h"

#include "client/catalogues.h"

static const struct program_option init_options[] = {
	{ "name", "NAME", "how the roster will call you: a-z, 0-9 and -, at most 32", false },
};
static const struct program_option pull_options[] = {
	{ "after", "N", "only alerts whose number is above N", false },
};
static const struct program_option watch_options[] = {
	{ "after", "N", "only alerts whose number is above N", false },
	{ "duty", NULL, "answer for dummy reports and tests of the path, as officers do for others", false },
	{ "plain", NULL, "one line an alert, on a terminal too", false },
	{ "exec", "CMD", "run CMD for each alert: CLARION_SEQ, CLARION_DESK and CLARION_URGENCY say which",
		false },
};
static const struct program_option open_options[] = {
	{ "out", "DIR", "a new folder for report.json and attachments/", false },
	{ "narrative", NULL, "show the whole story too, not only what comes first", false },
	{ "plain", NULL,
		"for a pager or an editor: texts without the marks that hold a terminal's lines apart",
		false },
};
static const struct program_option case_options[] = {
	{ "plain", NULL,
		"for a pager or an editor: texts without the marks that hold a terminal's lines apart",
		false },
};
static const struct program_option note_options[] = {
	{ "verification", "CODE", "how sure it is: UNV, PENDING, CREDIBLE, VERIFIED, INSUFF or REJECTED",
		false },
	{ "need", "CODE", "one of her needs, with --outcome", false },
	{ "outcome", "CODE", "what came of it: REFERRED, OWN, ALREADY, NA, DECLINED or UNAVAILABLE", false },
};
static const struct program_option triage_options[] = {
	{ "risk", "T,V,C", "threats, vulnerabilities, capacities, each from 1 to 5", false },
	{ "urgency", "WORD", "immediate, urgent, priority or record, where it is another one than hers",
		false },
	{ "verification", "CODE", "how sure it is: UNV, PENDING, CREDIBLE, VERIFIED, INSUFF or REJECTED",
		false },
};
static const struct program_option due_options[] = {
	{ "due", "TIME", "when the next step is due: a time in UTC, or like +4h", false },
};
static const struct program_option until_options[] = {
	{ "until", "TIME", "when to look again: a time in UTC, or like +4h", false },
};
static const struct program_option close_options[] = {
	{ "reason", "CODE", "SAFE, REQ, TRF, LOST, DUP, OUT, INSF, DEAD, FALSE, WITHDRAWN or EXP", false },
	{ "confirm", NULL, "sign what another officer has proposed", false },
};
static const struct program_option refer_options[] = {
	{ "desk", "DESK", "the desk that gets a limited view", false },
	{ "partner", "NAME", "another organisation, whose desk it is", false },
};
static const struct program_option transfer_options[] = {
	{ "desk", "DESK", "the desk that is to have it", false },
};
static const struct program_option export_options[] = {
	{ "opened", NULL, "what is inside and what was noted too, not only the sealed report", false },
};

static const struct program_option rewrap_options[] = {
	{ "desk", "DESK", "only the reports of this desk", false },
};
static const struct program_option stats_options[] = {
	{ "from", "DATE", "the first day; the whole quarter counts", false },
	{ "to", "DATE", "the last day; the whole quarter counts", false },
	{ "html", "FILE", "a page to print or send, in a new file", false },
	{ "language", "CODE", "of the page: en, fr, es, ar, ru or zh-Hans; else as the environment says",
		false },
	{ "csv", "FILE", "the numbers, in a new file", false },
	{ "threshold", "N", "counts below N are hidden; 10 at least", false },
};

static const struct program_option shift_choices[] = {
	{ "desk", "DESK", "which of your desks, where you serve several", false },
	{ "from", "HH:MM", "when the shift begins", false },
	{ "to", "HH:MM", "when it ends; where that isn't later than it begins, on the next day", false },
	{ "days", "LIST", "mon,tue,wed,thu,fri,sat,sun or daily, which is meant without it", false },
	{ "zone", "ZONE", "the time zone of these times, like Asia/Manila; UTC without it", false },
};
static const struct program_option away_options[] = {
	{ "desk", "DESK", "which of your desks, where you serve several", false },
	{ "from", "TIME", "since when: a time in UTC, or like +4h; now without it", false },
	{ "until", "TIME", "until when: a time in UTC, or like +4d", false },
};
static const struct program_option duty_options[] = {
	{ "desk", "DESK", "which of your desks, where you serve several", false },
};
static const struct program_option wake_options[] = {
	{ "beat", "MINUTES", "every so many minutes the same message, whether or not something waits",
		false },
};

/* Its page speaks all languages, the tool itself English alone. */
static int stats(const struct invocation *invocation, struct failure *failure)
{
	languages_offer(catalogues, catalogue_count);
	return verb_stats(invocation, failure);
}

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
	{ "case", "REPORT", "show who did what with a report, and when", verb_case, case_options,
		COUNT_OF(case_options), 1, 1, false },
	{ "word", "REPORT WORD|-", "say which of her agreed words, or whose alias, somebody has said",
		verb_word, NULL, 0, 2, 2, false },
	{ "assign", "REPORT NAME", "say whose case it is", verb_assign, NULL, 0, 2, 2, false },
	{ "note", "REPORT TEXT|-", "write a note that only readers of the report can read", verb_note,
		note_options, COUNT_OF(note_options), 2, 2, false },
	{ "triage", "REPORT TEXT|-", "confirm urgency, judge risk, note the first step", verb_triage,
		triage_options, COUNT_OF(triage_options), 2, 2, false },
	{ "activate", "REPORT TEXT|-", "work on it: what is done next, and when it is due", verb_activate,
		due_options, COUNT_OF(due_options), 2, 2, false },
	{ "wait", "REPORT [TEXT|-]", "wait for her or for a partner, until a time", verb_wait, until_options,
		COUNT_OF(until_options), 1, 2, false },
	{ "monitor", "REPORT [TEXT|-]", "keep watch, until a time", verb_monitor, until_options,
		COUNT_OF(until_options), 1, 2, false },
	{ "handover", "REPORT NAME [TEXT|-]", "hand it over to a colleague, who takes it up with `activate'",
		verb_handover, NULL, 0, 2, 3, false },
	{ "refer", "REPORT [TEXT|-]", "show a part of it to another desk, where its sender agreed",
		verb_refer, refer_options, COUNT_OF(refer_options), 1, 2, false },
	{ "answers", "REPORT", "fetch what other desks say of its referrals, and keep it with the case",
		verb_answers, NULL, 0, 1, 1, false },
	{ "transfer", "REPORT [TEXT|-]", "give the case to another desk, once somebody there accepts it",
		verb_transfer, transfer_options, COUNT_OF(transfer_options), 1, 2, false },
	{ "accept", "REPORT [TEXT|-]", "take a case that another desk transfers to yours", verb_accept, NULL,
		0, 1, 2, false },
	{ "reject", "REPORT TEXT|-", "leave it to the desk that would transfer it, and say why", verb_reject,
		NULL, 0, 2, 2, false },
	{ "close", "REPORT [TEXT|-]", "close it, for a reason", verb_close, close_options,
		COUNT_OF(close_options), 1, 2, false },
	{ "reopen", "REPORT [TEXT|-]", "take up a closed one again", verb_reopen, NULL, 0, 1, 2, false },
	{ "export", "REPORT FILE", "write an evidence bundle that anybody can verify", verb_export,
		export_options, COUNT_OF(export_options), 2, 2, false },
	{ "stats", "", "count what happened, to whom, and how fast it was answered", stats, stats_options,
		COUNT_OF(stats_options), 0, 0, false },
	{ "duty set", "", "be on duty in this weekly shift, and no other", verb_duty_set, shift_choices,
		COUNT_OF(shift_choices), 0, 0, false },
	{ "duty add", "", "be on duty in this weekly shift too", verb_duty_add, shift_choices,
		COUNT_OF(shift_choices), 0, 0, false },
	{ "duty clear", "", "be on duty no more", verb_duty_clear, duty_options, COUNT_OF(duty_options), 0, 0,
		false },
	{ "duty away", "", "be away for a time: your shifts in it are nobody's", verb_duty_away, away_options,
		COUNT_OF(away_options), 0, 0, false },
	{ "duty back", "", "be away no more", verb_duty_back, duty_options, COUNT_OF(duty_options), 0, 0,
		false },
	{ "duty renew", "", "write the rota for the next three months, and for today's colleagues",
		verb_duty_renew, duty_options, COUNT_OF(duty_options), 0, 0, false },
	{ "duty show", "", "show who is on duty when", verb_duty_show, duty_options, COUNT_OF(duty_options),
		0, 0, false },
	{ "duty now", "", "show who is on duty now", verb_duty_now, duty_options, COUNT_OF(duty_options), 0,
		0, false },
	{ "wake set", "WAY|-",
		"have the server wake you: smtp:ADDRESS, webhook:URL, ntfy:URL, gotify:URL, unifiedpush:URL, "
		"command",
		verb_wake_set, wake_options, COUNT_OF(wake_options), 1, 1, false },
	{ "wake show", "", "show how the server wakes you", verb_wake_show, NULL, 0, 0, 0, false },
	{ "wake off", "", "have the server wake you no more", verb_wake_off, NULL, 0, 0, 0, false },
	{ "wake test", "", "have the server wake you now", verb_wake_test, NULL, 0, 0, 0, false },
	{ "contact", "REPORT TEXT|-", "say that you have tried to reach its sender, and what came of it",
		verb_contact, NULL, 0, 2, 2, false },
	{ "reply", "REPORT TEXT|-", "answer the sender of a report", verb_reply, NULL, 0, 2, 2, false },
	{ "exposed", "FILE|-", "which reports a colleague whose device is lost has read or could open",
		verb_exposed, NULL, 0, 1, 1, false },
	{ "rotate", "", "make new keys, and the card that tells your admin, signed by the old ones",
		verb_rotate, NULL, 0, 0, 0, false },
	{ "rewrap", "", "give older reports to the officers that your desks have today", verb_rewrap,
		rewrap_options, COUNT_OF(rewrap_options), 0, 0, false },
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
