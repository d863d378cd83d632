#include "related.h"

#include "hand_memory.h"
#include "rewrap_one.h"

#include "keys/clock.h"
#include "proto/time.h"

#include <string.h>

#define SECOND_MS INT64_C(1000)

bool is_threat(const json_t *report)
{
	const json_t *each;
	size_t at;

	json_array_foreach(json_object_get(report, "acts"), at, each)
	{
		const char *kind = json_string_value(json_object_get(each, "kind"));

		/* Threats, and the threat of sexual violence. */
		if (kind != NULL && (strncmp(kind, "THR.", 4) == 0 || strcmp(kind, "SXV.04") == 0))
			return true;
	}
	json_array_foreach(json_object_get(report, "urgency_reason"), at, each)
	{
		if (json_is_string(each) && strcmp(json_string_value(each), "THR") == 0)
			return true;
	}
	return false;
}

int64_t related_time(const json_t *report)
{
	const char *day = json_string_value(json_object_get(report, "occurred_from"));
	char text[TIME_SIZE];
	struct hand_link link;
	int64_t seconds;

	if (hand_link_of(report, &link))
		return (int64_t)link.counter;
	if (day == NULL || strlen(day) != 10)
		return 0;
	memcpy(text, day, 10);
	memcpy(text + 10, "T00:00:00Z", sizeof "T00:00:00Z");
	return time_parse(text, strlen(text), &seconds) == 0 ? seconds * SECOND_MS : 0;
}

bool is_threat_again(const json_t *report, const json_t *earlier, int64_t now_ms)
{
	int64_t then = related_time(earlier), here = related_time(report);

	if (!is_threat(report) || !is_threat(earlier))
		return false;
	then = then == 0 ? now_ms : then;
	here = here == 0 ? now_ms : here;
	return here - then <= THREAT_WINDOW_MILLIS && then - here <= THREAT_WINDOW_MILLIS;
}

static void add(struct related *related, const struct report *report, const char *id, const char *how)
{
	if (id == NULL || strlen(id) != ID_SIZE - 1 || strcmp(id, report->id) == 0)
		return;
	for (size_t at = 0; at < related->count; at++)
		if (strcmp(related->list[at].id, id) == 0)
			return;
	if (related->count == RELATED_MAX) {
		related->more++;
		return;
	}
	memcpy(related->list[related->count].id, id, ID_SIZE);
	related->list[related->count++].how = how;
}

/* What was proven to be by one hand when it was opened, and the first report. */
static int add_by_hand(struct officer *officer, const struct report *report, struct related *related,
	struct failure *failure)
{
	struct hand_link link;
	json_t *memory = NULL;
	const json_t *seen;

	if (!report->has_proof)
		return 0;
	if (hand_recall(officer, report->mailbox, &memory, failure) != 0)
		return -1;
	if (hand_link_of(report->json, &link) && link.report[0] != '\0')
		add(related, report, link.report, "the first report that it names");
	add(related, report, json_string_value(json_object_get(memory, "report")),
		"the first report of this receipt number");
	seen = json_object_get(memory, "seen");
	for (size_t at = json_array_size(seen); at > 0; at--)
		add(related, report, json_string_value(json_array_get(json_array_get(seen, at - 1), 1)),
			"a further report, by the same hand");
	json_decref(memory);
	return 0;
}

static const char *words_of(const char *relation)
{
	static const struct {
		const char *code, *words;
	} relations[] = { { "SAME", "about the same, its sender says" },
		{ "DUPLICATE", "a duplicate, its sender says" }, { "PRECEDES", "before it, its sender says" },
		{ "CAUSES", "its cause, its sender says" },
		{ "CORRECTS", "corrected by it, its sender says" },
		{ "WITHDRAWS", "withdrawn by it, its sender says" } };

	for (size_t at = 0; relation != NULL && at < COUNT_OF(relations); at++)
		if (strcmp(relations[at].code, relation) == 0)
			return relations[at].words;
	return "belongs to it, its sender says";
}

static void add_links(const struct report *report, struct related *related)
{
	const json_t *link;
	size_t at;

	json_array_foreach(json_object_get(report->json, "links"), at, link)
		add(related, report, json_string_value(json_object_get(link, "report_id")),
			words_of(json_string_value(json_object_get(link, "rel"))));
}

/* One that can't be looked into, because it is another desk's or gone, is named all the same. */
static int look_into(struct officer *officer, const struct report *report, struct related *related,
	struct related_report *one, struct failure *failure)
{
	json_t *json = NULL;
	struct failure why;

	if (report_glance(officer, one->id, &json, &why) != 0) {
		if (why.exit_code == EX_NOPERM || why.exit_code == EX_NOINPUT || why.exit_code == EX_DATAERR)
			return 0;
		*failure = why;
		return -1;
	}
	one->is_open = true;
	one->is_threat = is_threat(json);
	if (related->threat_before[0] == '\0' && is_threat_again(report->json, json, clock_wall_ms()))
		memcpy(related->threat_before, one->id, ID_SIZE);
	json_decref(json);
	return 0;
}

int related_find(struct officer *officer, const struct report *report, struct related *ret_related,
	struct failure *failure)
{
	struct related related = { .count = 0 };

	if (add_by_hand(officer, report, &related, failure) != 0)
		return -1;
	add_links(report, &related);
	for (size_t at = 0; at < related.count; at++)
		if (look_into(officer, report, &related, &related.list[at], failure) != 0)
			return -1;
	*ret_related = related;
	return 0;
}

void related_show(const struct related *related, struct buffer *out)
{
	if (related->threat_before[0] != '\0')
		buffer_put_format(out,
			"REPEATED THREAT: another one within %d days (%.12s...). That makes it urgent.\n",
			THREAT_WINDOW_DAYS, related->threat_before);
	if (related->count > 0)
		buffer_put_string(out, "Belongs together with:\n");
	for (size_t at = 0; at < related->count; at++)
		buffer_put_format(out, "  %s  %s%s%s\n", related->list[at].id, related->list[at].how,
			related->list[at].is_threat ? ", a threat" : "",
			related->list[at].is_open ? "" : "; not yours to open");
	if (related->more > 0)
		buffer_put_format(out, "  and %zu more\n", related->more);
}

const char *related_urgency(const struct related *related, const struct history *history)
{
	return related->threat_before[0] != '\0' && !history->was_urgent ? urgency_word(URGENCY_URGENT)
									 : NULL;
}
