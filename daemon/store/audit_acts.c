/* What admins do through the control socket, in the audit log. */
#include "audit.h"
#include "control.h"

#include "proto/encode.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* What changes nothing and gives nothing away. */
static bool only_tells(const char *act)
{
	static const char ending[] = "-status";
	size_t len = strlen(act);

	return len >= sizeof ending - 1 && strcmp(act + len - (sizeof ending - 1), ending) == 0;
}

static void put_subject(const struct control_call *call, struct audit_entry *entry)
{
	const char *report = control_value(call, "report");
	uint8_t id[ID_BYTES];

	if (report == NULL || hex_decode(report, strlen(report), id, sizeof id) != 0 ||
		audit_report_tag(id, entry->subject) != 0)
		entry->subject[0] = '\0';
}

/* As many names as there is room for; the first is the entry's actor. */
static void put_admins(const struct control_call *call, struct audit_entry *entry)
{
	size_t len = 0;

	memcpy(entry->actor, call->admins[0], sizeof entry->actor);
	entry->has_key = true;
	memcpy(entry->key, call->request.signatures[0].keyid, sizeof entry->key);
	for (size_t i = 0; i < call->admin_count; i++) {
		size_t name_len = strlen(call->admins[i]);

		if (len + name_len + 2 > sizeof entry->details)
			break;
		len += (size_t)snprintf(entry->details + len, sizeof entry->details - len, "%s%s",
			i == 0 ? "" : " ", call->admins[i]);
	}
}

int audit_act(struct control_call *call)
{
	struct store *store = call->store;
	struct audit_entry entry;
	uint64_t group;

	if (only_tells(call->request.act))
		return 0;
	entry = audit_entry_by(store, NULL, call->request.act);
	put_subject(call, &entry);
	put_admins(call, &entry);
	/* In a group of its own, so that its failure is known here. */
	group_commit(store);
	if (audit_add(store, &entry) == 0) {
		group = entry.number;
		group_commit(store);
		if (audit_durable(store) >= group)
			return 0;
	} else if (backend_in_group(store->backend)) {
		group_fail(store);
	}
	control_refuse(call, EX_TEMPFAIL, "nothing was done, the database can't be written: try again");
	return -1;
}
