/* What a report was sealed for: the `proof` stanza, which the server checked, against report.json, which only
 * its readers see. */
#include "report_internal.h"

#include "proto/json.h"

#include <stdio.h>
#include <string.h>

#define ALARM                                                                                                \
	"ALARM: this report was sealed for something else than the server was told (%s): tell your admin"

/* Text of an object, or "" for null; -1 where it is neither or doesn't fit. */
static int copy_text(const json_t *object, const char *name, char *ret_text, size_t size)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_is_null(value) ? "" : json_string_value(value);

	if (text == NULL || strlen(text) >= size)
		return -1;
	memcpy(ret_text, text, strlen(text) + 1);
	return 0;
}

static int read_mailbox(const json_t *envelope, struct report *report)
{
	const json_t *mailbox = json_object_get(envelope, "mailbox");
	const char *recipient = json_string_value(json_object_get(mailbox, "recipient"));

	if (recipient == NULL || copy_text(mailbox, "id", report->mailbox, sizeof report->mailbox) != 0)
		return -1;
	return age_recipient_parse(recipient, strlen(recipient), report->mailbox_recipient);
}

static int read_envelope(const json_t *envelope, struct report *report)
{
	struct destination *to = &report->destination;
	const char *urgency = json_string_value(json_object_get(envelope, "urgency"));

	if (copy_text(envelope, "organisation", to->organisation, sizeof to->organisation) != 0 ||
		copy_text(envelope, "desk", to->desk, sizeof to->desk) != 0 ||
		copy_text(envelope, "release", to->release, sizeof to->release) != 0 ||
		copy_text(envelope, "hold_key", to->hold_key, sizeof to->hold_key) != 0 ||
		member_hex(envelope, "salt", to->salt, sizeof to->salt) != 0 ||
		member_number(envelope, "roster", &report->roster) != 0 || urgency == NULL ||
		urgency_of(urgency, strlen(urgency), &to->urgency) != 0)
		return -1;
	return read_mailbox(envelope, report);
}

/* The roster it names must be ours, with this desk in it. */
static int check_roster(struct officer *officer, const struct report *report, struct failure *failure)
{
	char fingerprint[FINGERPRINT_SIZE];
	const struct roster *roster = NULL;

	if (officer_roster_at(officer, report->roster, &roster, failure) != 0)
		return failure->exit_code == EX_DATAERR ? failure_set(failure, EX_PROTOCOL, ALARM, "roster")
							: -1;
	if (roster_fingerprint(roster, fingerprint) != 0)
		return failure_memory(failure);
	if (strcmp(fingerprint, report->destination.organisation) != 0)
		return failure_set(failure, EX_PROTOCOL, ALARM, "organisation");
	if (roster_desk(roster, report->destination.desk) == NULL)
		return failure_set(failure, EX_PROTOCOL, ALARM, "desk");
	return 0;
}

int report_check_envelope(struct officer *officer, struct report *report, struct failure *failure)
{
	const json_t *envelope = json_object_get(report->json, "envelope");
	struct proof proof;

	if (proof_find(report->header, &proof, &report->has_proof) != 0)
		return failure_set(failure, EX_PROTOCOL, ALARM, "proof");
	if (!report->has_proof)
		return envelope == NULL ? 0 : failure_set(failure, EX_PROTOCOL, ALARM, "no proof");
	if (envelope == NULL || read_envelope(envelope, report) != 0)
		return failure_set(failure, EX_PROTOCOL, ALARM, "envelope");
	if (proof_matches(&proof, &report->destination) != 0)
		return failure_set(failure, EX_PROTOCOL, ALARM, "commitment");
	return check_roster(officer, report, failure);
}
