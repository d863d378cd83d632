#include "family_internal.h"

#include "base/log.h"
#include "build_config.h"

#include <stdlib.h>

#define DELAY_FIRST_MS  10
#define DELAY_MAX_MS    1000
#define DELAY_DOUBLINGS 7 /* from the first to more than the most */
#define LEAVING_LAST_MS                                                                                      \
	(600 * 1000) /* a drained front that still isn't done, an upload over a slow line included */

const struct generation *member_generation(const struct member *member)
{
	return member->standing == MEMBER_INCOMING ? member->family->incoming : member->family->current;
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct member *member = context;
	(void)fd;
	(void)what;
	if (member->standing == MEMBER_LEAVING)
		member_kill(member);
	else if (member->child == NULL)
		member_start(member);
}

struct member *member_add(struct family *family, enum role role, enum standing standing, unsigned int slot)
{
	struct member *member = calloc(1, sizeof *member);
	if (member == NULL || (member->timer = evtimer_new(family->base, on_timer, member)) == NULL) {
		free(member);
		return NULL;
	}
	member->family = family;
	member->role = role;
	member->standing = standing;
	member->slot = slot;
	member->next = family->members;
	family->members = member;
	return member;
}

void member_remove(struct member *member)
{
	struct member **link = &member->family->members;
	while (*link != member)
		link = &(*link)->next;
	*link = member->next;
	event_free(member->timer);
	child_free(member->child);
	free(member);
}

int member_timer(struct member *member, unsigned int milliseconds)
{
	const struct timeval delay = { .tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 };
	return event_add(member->timer, &delay);
}

/* A pair of channels between this member and each sibling that it talks to and that runs. Where one is ending
 * its next start wires again; where neither is, this member is to be started anew: without its sibling it
 * would be there and of no use. */
static int wire_siblings(struct member *member)
{
	int failed = 0;

	for (struct member *other = member->family->members; other != NULL; other = other->next) {
		int rc = 0;
		if (other == member || other->child == NULL)
			continue;
		if (member->role == ROLE_STORE && other->role == ROLE_FRONT)
			rc = child_wire(member->child, SOCKET_FRONT, other->child, SOCKET_STORE);
		else if (member->role == ROLE_STORE && other->role == ROLE_NOTIFY)
			rc = child_wire(member->child, SOCKET_NOTIFY, other->child, SOCKET_STORE);
		else if (member->role == ROLE_FRONT && other->role == ROLE_STORE)
			rc = child_wire(member->child, SOCKET_STORE, other->child, SOCKET_FRONT);
		else if (member->role == ROLE_NOTIFY && other->role == ROLE_STORE)
			rc = child_wire(member->child, SOCKET_STORE, other->child, SOCKET_NOTIFY);
		if (rc != 0)
			log_event(LOG_WARNING, "wire_failed", "one=%s other=%s", role_name(member->role),
				role_name(other->role));
		if (rc != 0 && child_channel(member->child) != NULL && child_channel(other->child) != NULL)
			failed = -1;
	}
	return failed;
}

static const char *user_of(const struct config *config, enum role role)
{
	if (role == ROLE_FRONT)
		return config->user_front;
	return role == ROLE_NOTIFY ? config->user_notify : config->user_store;
}

static int send_settings(const struct member *member, struct channel *channel)
{
	static const unsigned int settings_for[] = { [ROLE_FRONT] = SETTING_FOR_FRONT,
		[ROLE_STORE] = SETTING_FOR_STORE,
		[ROLE_NOTIFY] = SETTING_FOR_NOTIFY,
		[ROLE_CHECKPOINT] = SETTING_FOR_CHECKPOINT };
	const struct generation *generation = member_generation(member);
	if (settings_send(generation->config, settings_for[member->role], channel) != 0 ||
		setting_send(channel, "version", CLARION_VERSION) != 0 ||
		setting_send_number(channel, "generation", generation->number) != 0)
		return -1;
	if (member->family->root &&
		setting_send(channel, "user", user_of(generation->config, member->role)) != 0)
		return -1;
	if (member->role == ROLE_STORE)
		return setting_send_ways(generation->config, channel);
	if (member->role != ROLE_FRONT)
		return 0;
	return setting_send_number(channel, "front", member->slot) != 0
		       ? -1
		       : setting_send_number(channel, "fronts", generation_fronts(generation));
}

static int send_control(const struct member *member, struct channel *channel)
{
	const struct message_socket message = { .kind = SOCKET_CONTROL };
	return channel_send_fd(channel, &message, member->family->control);
}

static int send_listeners(const struct member *member, struct channel *channel)
{
	const struct listeners *listeners = &member->family->listeners[member->slot];
	for (size_t i = 0; i < listeners->count; i++) {
		const struct message_socket message = { .kind = listeners->at[i].kind };
		if (channel_send_fd(channel, &message, listeners->at[i].fd) != 0)
			return -1;
	}
	return 0;
}

/* Each role gets what its row in DESIGN's table says, and nothing else. */
static int send_materials(const struct member *member, struct channel *channel)
{
	const struct materials *materials = member_generation(member)->materials;
	switch (member->role) {
	case ROLE_FRONT:
		if (materials_send(materials, FILE_TLS_KEY, channel) != 0 ||
			materials_send(materials, FILE_TLS_CERTIFICATE, channel) != 0 ||
			materials_send(materials, FILE_DECOY, channel) != 0)
			return -1;
		return send_listeners(member, channel);
	case ROLE_STORE:
		if (materials_send(materials, FILE_KEYRING, channel) != 0)
			return -1;
		if (materials_send(materials, FILE_ROSTER, channel) != 0)
			return -1;
		return send_control(member, channel);
	case ROLE_NOTIFY:
		return materials_send(materials, FILE_WAKE_CA, channel) != 0
			       ? -1
			       : materials_send(materials, FILE_WAKE_CREDENTIALS, channel);
	default:
		return 0;
	}
}

static unsigned int restart_delay(unsigned int failures)
{
	if (failures <= 1)
		return 0;
	const unsigned int doublings = failures - 2 < DELAY_DOUBLINGS ? failures - 2 : DELAY_DOUBLINGS;
	const unsigned int delay = (unsigned int)DELAY_FIRST_MS << doublings;
	return delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS;
}

void member_start_later(struct member *member)
{
	if (member_timer(member, restart_delay(++member->failures)) != 0)
		log_fatal("no_timer");
}

void member_start(struct member *member)
{
	const struct child_options options = { .base = member->family->base,
		.role = member->role,
		.events = &member->family->events,
		.owner = member };
	member->drained = false;
	member->child = child_start(&options);
	if (member->child == NULL) {
		log_event(LOG_ERROR, "role_not_started", "child=%s", role_name(member->role));
		member_start_later(member);
		return;
	}
	log_event(LOG_INFO, "role_started", "child=%s pid=%d", role_name(member->role),
		(int)child_pid(member->child));
	struct channel *channel = child_channel(member->child);
	int rc = send_settings(member, channel) != 0 ? -1 : send_materials(member, channel);
	if (wire_siblings(member) != 0)
		rc = -1;
	if (rc == 0)
		rc = message_empty_put(channel_out(channel), MESSAGE_START);
	if (rc != 0) {
		log_event(LOG_ERROR, "role_not_set_up", "child=%s", role_name(member->role));
		member_kill(member);
	}
}

void member_drain(struct member *member)
{
	if (member->child == NULL || member->drained)
		return;
	member->drained = true;
	if (child_drain(member->child,
		    member->standing == MEMBER_LEAVING || member->family->state == FAMILY_STOPPING) != 0)
		member_kill(member);
	if (member->standing == MEMBER_LEAVING && member_timer(member, LEAVING_LAST_MS) != 0)
		member_kill(member);
}

void member_kill(const struct member *member)
{
	if (member->child != NULL)
		child_kill(member->child);
}
