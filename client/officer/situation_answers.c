/* More of the desks' work: when somebody tried to reach the sender, how far alerts climbed (both S7), and
 * what other desks made of what they were asked (S8). */
#include "situation_internal.h"

static void rows_by_urgency(struct table *table)
{
	/* Each report stands in one cell, as in S7: their totals are hidden together. */
	table->same_rows = SAME_ALL_REPORTS;
	for (size_t urgency = 0; urgency < URGENCIES; urgency++)
		table_row(table, urgency_word((enum urgency)urgency));
}

/* From the acknowledgement to the first contact, since both are known to the second. Of a record nobody
 * promises one: whenever it comes it is in time. */
void add_contacts(struct counting *counting)
{
	struct table *table = table_begin(
		counting, "S7-contact", "When somebody tried to reach the sender", N_("all reports"), true);

	rows_by_urgency(table);
	table_column(table, "in time");
	table_column(table, "later");
	table_column(table, "not yet");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];
		bool in_time = extract->contact_waited <= counting->target->contact[extract->urgency];

		if (is_in_period(counting, extract))
			table_count(table, extract->urgency,
				!extract->is_contacted ? 2
				: in_time              ? 0
						       : 1,
				(uint32_t)at, 1);
	}
}

void add_climbs(struct counting *counting)
{
	static const char *const levels[LEVEL_COUNT] = { N_("nobody"), N_("first tier"), N_("second tier"),
		N_("third tier"), N_("fallback desk") };
	struct table *table = table_begin(
		counting, "S7-tiers", "Who was alerted until somebody acknowledged", N_("all reports"), true);

	rows_by_urgency(table);
	table_columns(table, levels, COUNT_OF(levels));
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];

		if (is_in_period(counting, extract))
			table_count(table, extract->urgency, extract->tier, (uint32_t)at, 1);
	}
}

/* A referral is accepted once the other desk says that it is handled; closed without that it was rejected. */
static void count_referrals(struct table *table, const struct extract *extract, uint32_t report)
{
	for (size_t at = 0; at < extract->referral_count; at++) {
		const struct referral_extract *referral = &extract->referrals[at];

		table_count(table, 0, referral->is_handled ? 0 : referral->is_closed ? 1 : 2, report, 1);
	}
}

void add_referrals(struct counting *counting)
{
	struct table *table = table_begin(counting, "S8-referrals",
		"Referrals and transfers, and what came of them", N_("referrals and transfers"), true);

	table_row(table, N_("referrals"));
	table_row(table, N_("transfers"));
	table_column(table, "accepted");
	table_column(table, "rejected");
	table_column(table, "no answer");
	for (size_t at = 0; at < counting->count; at++) {
		const struct extract *extract = &counting->extracts[at];
		uint32_t answered = extract->accepted + extract->rejected;

		if (!counts(counting, extract))
			continue;
		count_referrals(table, extract, (uint32_t)at);
		table_count(table, 1, 0, (uint32_t)at, extract->accepted);
		table_count(table, 1, 1, (uint32_t)at, extract->rejected);
		table_count(table, 1, 2, (uint32_t)at,
			extract->transfers > answered ? extract->transfers - answered : 0);
	}
}
