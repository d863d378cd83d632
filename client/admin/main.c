/* clarion-admin: who the officers are, and who is invited. Start reading at the verbs. */
#include "verbs.h"

static const struct program_option init_options[] = {
	{ "org", "TEXT", "what people call the organisation", false },
	{ "url", "https://HOST:PORT", "where its server will be reached", false },
	{ "admin", "NAME", "your name in the roster (admin)", false },
	{ "card", "NAME", "only make an identity, for another organisation's `admin add'", false },
};
static const struct program_option audit_options[] = {
	{ "verify", NULL, "check the whole log, and say only whether it is whole", false },
	{ "officer", "NAME", "what this officer can have read, instead", false },
	{ "out", "FILE", "with --officer: a new file, for her colleagues' `clarion-officer exposed'", false },
};
static const struct program_option restore_options[] = {
	{ "destroyed", "FILE", "what another admin's or an officer's home knows to be destroyed", true },
};
static const struct program_option desk_add_options[] = {
	{ "title", "TEXT", "what people call the desk", false },
	{ "admission", "open|token", "who may report: anybody invited, or only with a token (token)", false },
	{ "ack-minutes", "I,U,P,R", "acknowledge within: immediate,urgent,priority,record (15,120,1440,4320)",
		false },
	{ "retention-days", "N", "how long closed reports are kept (90)", false },
	{ "fallback", "DESK", "the desk that is alerted when nobody answers", false },
};
static const struct program_option desk_change_options[] = {
	{ "title", "TEXT", "what people call the desk", false },
	{ "admission", "open|token", "who may report", false },
	{ "ack-minutes", "I,U,P,R", "acknowledge within: immediate,urgent,priority,record", false },
	{ "retention-days", "N", "how long closed reports are kept", false },
	{ "fallback", "DESK|-", "the desk that is alerted when nobody answers; - for none", false },
};
static const struct program_option officer_add_options[] = {
	{ "desk", "DESK[,DESK]", "the desks that she serves", false },
	{ "tier", "N", "1 is alerted first (1)", false },
	{ "title", "TEXT", "what people call her (her name)", false },
};
static const struct program_option destroy_options[] = {
	{ "reason", "TEXT", "why, in one line: kept for good", false },
	{ "out", "FILE", "write the signed request there, for further admins, and send nothing", false },
	{ "request", "FILE", "sign and send what another admin wrote with --out", false },
};
static const struct program_option invite_options[] = {
	{ "desk", "DESK", "for a defender of this desk", false },
	{ "officer", NULL, "for an officer", false },
	{ "count", "N", "how many (1)", false },
	{ "qr", NULL, "draw a QR code too", false },
};

#define TEST_OPTIONS                                                                                         \
	{ "desk", "DESK", "the desk (may be left out where there is one)", false },                          \
		{ "urgency", "URGENCY", "immediate, urgent (as without this), priority, record or withheld", \
			false },                                                                             \
	{                                                                                                    \
		"client", "FILE", "the defender's client, which sends it", false                             \
	}
static const struct program_option canary_options[] = {
	TEST_OPTIONS,
	{ "exec", "CMD", "run CMD where a test report doesn't come out", false },
};
static const struct program_option drill_options[] = {
	TEST_OPTIONS,
};
static const struct program_option check_options[] = {
	{ "client", "FILE", "the defender's client, which reads the answers", false },
	{ "exec", "CMD", "run CMD where a test report doesn't come out", false },
};
/* Only the first of them. */
#define DRILL_CHECK_OPTIONS check_options, 1

#define OPTIONS(options) options, COUNT_OF(options)
#define NO_OPTIONS       NULL, 0

static const struct program_option partner_options[] = {
	{ "name", "NAME", "how the roster will call it: a-z, 0-9 and -, at most 32", false },
	{ "title", "TEXT", "what people call it", false },
};

static const struct verb verbs[] = {
	{ "init", "", "make an organisation, or an admin's card", verb_init, OPTIONS(init_options), 0, 0,
		true },
	{ "join", "INVITATION|-", "pin the organisation whose rosters you will sign", verb_join, NO_OPTIONS,
		1, 1, false },
	{ "desk add", "DESK", "add a desk to the draft", verb_desk_add, OPTIONS(desk_add_options), 1, 1,
		false },
	{ "server add", "URL", "add an address of the same daemon to the draft: clients try the next",
		verb_server_add, NO_OPTIONS, 1, 1, false },
	{ "server remove", "URL", "remove an address in the draft", verb_server_remove, NO_OPTIONS, 1, 1,
		false },
	{ "desk change", "DESK", "change a desk, in the draft: what isn't said stays", verb_desk_change,
		OPTIONS(desk_change_options), 1, 1, false },
	{ "officer add", "CARD|-", "add an officer to the draft, or change what she serves", verb_officer_add,
		OPTIONS(officer_add_options), 1, 1, false },
	{ "officer remove", "NAME", "remove an officer in the draft", verb_officer_remove, NO_OPTIONS, 1, 1,
		false },
	{ "partner add", "INVITATION|-",
		"add another organisation that reports may be referred to, to the draft", verb_partner_add,
		OPTIONS(partner_options), 1, 1, false },
	{ "partner remove", "NAME", "remove a partner in the draft", verb_partner_remove, NO_OPTIONS, 1, 1,
		false },
	{ "admin add", "CARD|-", "add an admin to the draft", verb_admin_add, NO_OPTIONS, 1, 1, false },
	{ "admin remove", "NAME", "remove an admin in the draft", verb_admin_remove, NO_OPTIONS, 1, 1,
		false },
	{ "threshold", "K", "how many admins must sign, in the draft", verb_threshold, NO_OPTIONS, 1, 1,
		false },
	{ "roster show", "", "show the newest roster, and what the draft changes", verb_roster_show,
		NO_OPTIONS, 0, 0, false },
	{ "roster sign", "[FILE|-]", "sign the draft, or another admin's draft", verb_roster_sign, NO_OPTIONS,
		0, 1, false },
	{ "roster drop", "", "forget the draft", verb_roster_drop, NO_OPTIONS, 0, 0, false },
	{ "roster publish", "", "put the draft in force; without one, renew the roster", verb_roster_publish,
		NO_OPTIONS, 0, 0, false },
	{ "roster verify", "FILE|-", "check a roster as a client would", verb_roster_verify, NO_OPTIONS, 1, 1,
		false },
	{ "rotate tls", "", "make the server's next TLS key, in the draft; once published, switch to it",
		verb_rotate_tls, NO_OPTIONS, 0, 0, false },
	{ "rotate admin", "", "make your next key, in the draft", verb_rotate_admin, NO_OPTIONS, 0, 0,
		false },
	{ "rotate receipt", "", "make the daemon's next receipt key, in the draft", verb_rotate_receipt,
		NO_OPTIONS, 0, 0, false },
	{ "rotate storage", "", "make a new storage key, and seal everything again under it",
		verb_rotate_storage, NO_OPTIONS, 0, 0, false },
	{ "rotate token", "", "begin a new token key, in the draft; older tokens stay good until their end",
		verb_rotate_token, NO_OPTIONS, 0, 0, false },
	{ "rotate status", "", "show how far the rotations of the daemon's keys are", verb_rotate_status,
		NO_OPTIONS, 0, 0, false },
	{ "destroy", "[REPORT]", "destroy a report for good", verb_destroy, OPTIONS(destroy_options), 0, 1,
		false },
	{ "invite", "", "print invitations, one a line", verb_invite, OPTIONS(invite_options), 0, 0, false },
	{ "canary status", "", "whether the test reports came out", verb_canary_status,
		OPTIONS(check_options), 0, 0, false },
	{ "canary", "", "send a test report through the whole path; an alarm where the last didn't come out",
		verb_canary, OPTIONS(canary_options), 0, 0, false },
	{ "drill status", "", "how long officers took to acknowledge each drill", verb_drill_status,
		DRILL_CHECK_OPTIONS, 0, 0, false },
	{ "drill", "", "send a report that officers take for real until they open it", verb_drill,
		OPTIONS(drill_options), 0, 0, false },
	{ "status", "", "show how the organisation and its server are", verb_status, NO_OPTIONS, 0, 0,
		false },
	{ "audit", "", "show who did what with keys, rosters and reports, and check that nothing is missing",
		verb_audit, OPTIONS(audit_options), 0, 0, false },
	{ "backup", "FILE", "everything that an empty machine needs to go on, sealed to the admins",
		verb_backup, NO_OPTIONS, 1, 1, false },
	{ "restore", "FILE", "fill an empty daemon/store/ from a backup", verb_restore,
		OPTIONS(restore_options), 1, 1, false },
};

static const struct program program = {
	.folder = "clarion-admin",
	.summary = "Says who an organisation's officers are, and invites its defenders.",
	.verbs = verbs,
	.verb_count = COUNT_OF(verbs),
};

int main(int argc, char **argv)
{
	return program_main(&program, argc, argv);
}
