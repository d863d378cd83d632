/* A reload: new fronts beside the old ones, on the same listeners, so that no connection is refused
 * meanwhile. */
#include "family_internal.h"

#include "base/log.h"
#include "keeper.h"
#include "service.h"

static void store_told(struct family *family)
{
	const struct member *store = family_member(family, ROLE_STORE);
	struct channel *channel = store->child != NULL ? child_channel(store->child) : NULL;
	if (channel == NULL)
		return; /* the next one is started from the new generation */
	if (settings_send(family->current->config, SETTING_FOR_STORE, channel) != 0 ||
		setting_send_ways(family->current->config, channel) != 0 ||
		materials_send(family->current->materials, FILE_ROSTER, channel) != 0 ||
		message_empty_put(channel_out(channel), MESSAGE_RELOAD) != 0)
		member_kill(store);
}

/* It holds nothing that isn't in the store too: it ends, and the next one has the new settings. */
static void notify_replaced(const struct family *family)
{
	struct member *notify = family_member(family, ROLE_NOTIFY);
	if (notify != NULL)
		member_drain(notify);
}

static void fronts_change(struct family *family, enum standing from, enum standing to)
{
	struct member *next;
	for (struct member *member = family->members; member != NULL; member = next) {
		next = member->next;
		if (member->role != ROLE_FRONT || member->standing != from)
			continue;
		member->standing = to;
		if (to == MEMBER_LEAVING && member->child == NULL)
			member_remove(member);
		else if (to == MEMBER_LEAVING)
			member_drain(member);
	}
}

void reload_progress(struct family *family)
{
	struct fault fault;
	for (const struct member *member = family->members; member != NULL; member = member->next)
		if (member->standing == MEMBER_INCOMING &&
			(member->child == NULL || !child_is_ready(member->child)))
			return;
	fronts_change(family, MEMBER_CURRENT, MEMBER_LEAVING);
	fronts_change(family, MEMBER_INCOMING, MEMBER_CURRENT);
	generation_free(family->current);
	family->current = family->incoming;
	family->incoming = NULL;
	if (family_listeners(family, generation_fronts(family->current), &fault) != 0)
		log_fault(LOG_ERROR, "listeners", &fault);
	store_told(family);
	notify_replaced(family);
	log_event(LOG_INFO, "reloaded", "fronts=%u", family->slots);
	service_ready(family->service, family->slots);
	keeper_reloaded(family, true);
}

/* They have taken connections already, but none that was finished: clients try again and meet an old front. A
 * listener that was opened for them must not stay: connections would wait on it for nobody. */
void reload_cancel(struct family *family)
{
	struct fault fault;
	for (struct member *member = family->members; member != NULL; member = member->next)
		if (member->standing == MEMBER_INCOMING)
			member_kill(member);
	fronts_change(family, MEMBER_INCOMING, MEMBER_LEAVING);
	generation_free(family->incoming);
	family->incoming = NULL;
	if (family_listeners(family, generation_fronts(family->current), &fault) != 0)
		log_fault(LOG_ERROR, "listeners", &fault);
	log_plain(LOG_ERROR, "reload_failed");
	service_ready(family->service, family->slots);
	keeper_reloaded(family, false);
}

void family_reload(struct family *family, struct generation *generation)
{
	struct fault fault;
	if (family->state == FAMILY_STOPPING) {
		generation_free(generation);
		return;
	}
	if (family->state == FAMILY_STARTING) {
		generation_free(family->waiting);
		family->waiting = generation;
		return;
	}
	if (family->incoming != NULL)
		reload_cancel(family);
	family->incoming = generation;
	const unsigned int fronts = generation_fronts(generation);
	if (fronts > family->slots && family_listeners(family, fronts, &fault) != 0) {
		log_fault(LOG_ERROR, "listeners", &fault);
		reload_cancel(family);
		return;
	}
	for (unsigned int slot = 0; slot < fronts; slot++) {
		struct member *member = member_add(family, ROLE_FRONT, MEMBER_INCOMING, slot);
		if (member == NULL)
			log_fatal("no_memory");
		member_start(member);
	}
}

void family_unchanged(const struct family *family)
{
	if (family->state == FAMILY_RUNNING && family->incoming == NULL)
		service_ready(family->service, family->slots);
}
