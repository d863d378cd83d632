#include "proto/alert_list.h"

#include "proto/encode.h"
#include "proto/json.h"
#include "proto/time.h"

#include <stdlib.h>
#include <string.h>

int alert_write(const struct alert *alert, struct buffer *out)
{
	char accepted[TIME_SIZE], due[TIME_SIZE];

	time_format(alert->accepted, accepted);
	buffer_put_format(out, "{\"accepted\":\"%s\",\"desk\":\"%s\",\"due\":", accepted, alert->desk);
	if (alert->has_due) {
		time_format(alert->due, due);
		buffer_put_format(out, "\"%s\"", due);
	} else {
		buffer_put_string(out, "null");
	}
	buffer_put_format(out,
		",\"escalation\":\"%s\",\"report\":\"%s\",\"seq\":%llu,\"state\":\"%s\",\"tier\":%u,"
		"\"urgency\":\"%s\"}",
		escalation_word(alert->escalation), alert->report, (unsigned long long)alert->seq,
		state_word(alert->state), alert->tier, urgency_word(alert->urgency));
	return buffer_ok(out);
}

static int put_alerts(const struct alert *alerts, size_t count, struct buffer *out)
{
	if (count > ALERTS_MAX)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_put_string(out, ",");
		if (alert_write(&alerts[i], out) != 0)
			return -1;
	}
	return 0;
}

int alert_list_begin(const struct alert *alerts, size_t count, bool more, struct buffer *out)
{
	buffer_put_string(out, "{\"alerts\":[");
	if (put_alerts(alerts, count, out) != 0)
		return -1;
	buffer_put_format(out, "],\"more\":%s", more ? "true" : "false");
	return buffer_ok(out);
}

int alert_list_end(const struct alert *again, size_t count, uint64_t raised, struct buffer *out)
{
	buffer_put_string(out, ",\"again\":[");
	if (put_alerts(again, count, out) != 0)
		return -1;
	buffer_put_format(out, "],\"raised\":%llu}", (unsigned long long)raised);
	return buffer_ok(out);
}

int alert_page_write(const struct alert *alerts, size_t count, bool more, struct buffer *out)
{
	if (alert_list_begin(alerts, count, more, out) != 0)
		return -1;
	buffer_put_string(out, "}");
	return buffer_ok(out);
}

int report_page_write(const struct alert *alerts, size_t count, uint64_t next, struct buffer *out)
{
	buffer_put_format(out, "{\"next\":%llu,\"reports\":[", (unsigned long long)next);
	if (put_alerts(alerts, count, out) != 0)
		return -1;
	buffer_put_string(out, "]}");
	return buffer_ok(out);
}

static int take_due(const json_t *object, struct alert *alert)
{
	alert->has_due = !json_is_null(json_object_get(object, "due"));
	return alert->has_due ? member_time(object, "due", &alert->due) : 0;
}

static int take_alert(const json_t *object, struct alert *alert)
{
	static const char *const members[] = { "accepted", "desk", "due", "escalation", "report", "seq",
		"state", "tier", "urgency" };
	uint8_t report[ID_BYTES];
	const char *text = NULL;
	uint64_t tier = 0;
	size_t len = 0;

	if (members_are(object, members, COUNT_OF(members)) != 0 ||
		member_number(object, "seq", &alert->seq) != 0 || alert->seq < 1 ||
		member_hex(object, "report", report, sizeof(report)) != 0 ||
		member_time(object, "accepted", &alert->accepted) != 0 || take_due(object, alert) != 0)
		return -1;
	hex_encode(report, sizeof(report), alert->report);
	if (member_text(object, "escalation", &text, &len) != 0 ||
		escalation_of(text, len, &alert->escalation) != 0 ||
		member_number(object, "tier", &tier) != 0 || tier > LEVEL_FALLBACK)
		return -1;
	alert->tier = (unsigned)tier;
	if (member_text(object, "desk", &text, &len) != 0 || name_of(text, len, alert->desk) != 0)
		return -1;
	if (member_text(object, "state", &text, &len) != 0 || state_of(text, len, &alert->state) != 0)
		return -1;
	return member_text(object, "urgency", &text, &len) == 0 ? urgency_of(text, len, &alert->urgency) : -1;
}

static int take_list(const json_t *list, struct alert *alerts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (take_alert(json_array_get(list, i), &alerts[i]) != 0)
			return -1;
	}
	return 0;
}

static bool rises(const struct alert *alerts, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (alerts[i].seq <= alerts[i - 1].seq)
			return false;
	}
	return true;
}

/* *ret_alerts has room for one more than there are, so that it is never NULL. */
static int take_alerts(const json_t *list, struct alert **ret_alerts, size_t *ret_count)
{
	size_t count = json_array_size(list);
	struct alert *alerts;

	if (!json_is_array(list) || count > ALERTS_MAX)
		return -1;
	alerts = calloc(count + 1, sizeof(*alerts));
	if (alerts == NULL || take_list(list, alerts, count) != 0) {
		free(alerts);
		return -1;
	}
	*ret_alerts = alerts;
	*ret_count = count;
	return 0;
}

void alert_list_free(struct alert_list *list)
{
	free(list->alerts);
	free(list->again);
	*list = (struct alert_list){ .alerts = NULL };
}

static int take_answer(const json_t *object, struct alert_list *list)
{
	static const char *const page[] = { "alerts", "more" };
	static const char *const whole[] = { "again", "alerts", "more", "raised" };
	const json_t *more = json_object_get(object, "more");
	bool is_page = json_object_get(object, "raised") == NULL;

	if (members_are(object, is_page ? page : whole, is_page ? COUNT_OF(page) : COUNT_OF(whole)) != 0 ||
		!json_is_boolean(more) ||
		take_alerts(json_object_get(object, "alerts"), &list->alerts, &list->count) != 0 ||
		!rises(list->alerts, list->count))
		return -1;
	list->more = json_is_true(more);
	if (is_page)
		return 0;
	return member_number(object, "raised", &list->raised) != 0
		       ? -1
		       : take_alerts(json_object_get(object, "again"), &list->again, &list->again_count);
}

int alert_list_parse(const char *json, size_t len, struct alert_list *ret_list, struct fault *fault)
{
	struct alert_list list = { .alerts = NULL };
	json_t *object = NULL;
	int rc;

	if (json_parse(json, len, ALERT_LIST_MAX, &object, fault) != 0)
		return -1;
	rc = take_answer(object, &list);
	if (rc == 0)
		*ret_list = list;
	else
		alert_list_free(&list);
	json_decref(object);
	return rc == 0 ? 0 : fault_set(fault, "the server's list of alerts is malformed");
}

int report_page_parse(const char *json, size_t len, struct alert **ret_alerts, size_t *ret_count,
	uint64_t *ret_next, struct fault *fault)
{
	static const char *const members[] = { "next", "reports" };
	struct alert *alerts = NULL;
	const json_t *list;
	json_t *object = NULL;
	uint64_t next = 0;
	size_t count;
	int rc = -1;

	if (json_parse(json, len, ALERT_LIST_MAX, &object, fault) != 0)
		return -1;
	list = json_object_get(object, "reports");
	count = json_array_size(list);
	alerts = calloc(count + 1, sizeof(*alerts));
	if (alerts == NULL || members_are(object, members, COUNT_OF(members)) != 0 || !json_is_array(list) ||
		member_number(object, "next", &next) != 0 || count > ALERTS_MAX ||
		take_list(list, alerts, count) != 0) {
		rc = fault_set(fault, "the server's list of reports is malformed");
		goto cleanup;
	}
	*ret_alerts = alerts;
	*ret_count = count;
	*ret_next = next;
	alerts = NULL;
	rc = 0;
cleanup:
	free(alerts);
	json_decref(object);
	return rc;
}
