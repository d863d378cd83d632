/* The store: database, keys, roster, deadlines. It decides, seals and commits; everything that a stranger
 * says reaches it through a front, and nothing of it is believed. */
#include "store/store.h"

#include "audit.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "build_config.h"
#include "channel/setup.h"
#include "control.h"
#include "escalation.h"
#include "figures.h"
#include "keys.h"
#include "keys/clock.h"
#include "offers.h"
#include "outbox.h"
#include "proto/alert_list.h"
#include "store_state.h"
#include "wake_ways.h"

#include <event2/event.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define DATABASE_NAME "clarion.db"
/* What is looked after each minute; a test's clock jumps without telling a timer. */
#define MINUTE_MS  (CLARION_TEST_CLOCK_BUILD ? 50 : 60000)
#define PRIORITIES 2
#define HEAP_KEPT_BYTES                                                                                      \
	(2 * 1024 * 1024) /* a busy moment's bodies: giving them back each time costs page faults */

static int load_settings(struct store *store, const struct setup *setup, struct fault *fault)
{
	const char *base = setup_setting(setup, "base");

	if (base == NULL || strlen(base) >= sizeof store->base_path)
		return fault_set(fault, "the store was given no base path");
	memcpy(store->base_path, base, strlen(base) + 1);
	return 0;
}

/* What may change while the store runs. */
static void take_limit(struct store *store, const char *name, uint64_t value)
{
	if (strcmp(name, "max_report_bytes") == 0)
		store->max_report_bytes = value;
	else if (strcmp(name, "capacity_bytes") == 0)
		store_set_capacity(store, value);
}

static int load_limits(struct store *store, const struct setup *setup, struct fault *fault)
{
	static const char *const names[] = { "max_report_bytes", "capacity_bytes" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		uint64_t value;

		if (setup_number(setup, names[i], &value) != 0)
			return fault_set(fault, "the store was given no limits");
		take_limit(store, names[i], value);
	}
	return 0;
}

static int take_rosters(struct store *store, const struct setup *setup, struct fault *fault)
{
	const struct setup_file *file;

	for (size_t i = 0; (file = setup_file(setup, FILE_ROSTER, i)) != NULL; i++) {
		if (rosters_take_at_start(store, file->data, file->len, fault) != 0)
			return -1;
	}
	if (store->roster == NULL)
		return fault_set(fault, "there is no roster: publish one with clarion-admin first");
	return rosters_check_receipt_key(store, store->roster, fault);
}

/* All or nothing: a keyring and rosters that don't belong together leave no trace in the database. */
static int offer_rosters(struct store *store, const struct setup *setup, struct fault *fault)
{
	uint64_t before = store->roster == NULL ? 0 : store->roster->version;

	if (backend_begin(store->backend) != 0)
		return fault_set(fault, "the database can't be written: is there room on the disk?");
	if (take_rosters(store, setup, fault) != 0) {
		backend_rollback(store->backend);
		return -1;
	}
	if (audit_before_commit(store) != 0 || backend_commit(store->backend) != 0) {
		backend_rollback(store->backend);
		return fault_set(fault, "the database can't be written: is there room on the disk?");
	}
	audit_committed(store);
	if (store->roster->version != before)
		log_event(LOG_INFO, "roster_in_force", "version=%" PRIu64, store->roster->version);
	return 0;
}

/* Requests are dated to the second, and what was signed before the start is refused: so that nothing can be
 * both, the start of a store that ran before waits for a second of its own. */
static void wait_for_new_second(struct store *store)
{
	const struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };
	int64_t second = clock_wall_seconds();

	while (clock_wall_seconds() == second)
		nanosleep(&step, NULL);
	store_clock_start(store);
}

static int load(struct store *store, struct setup *setup, struct fault *fault)
{
	if (load_settings(store, setup, fault) != 0 || keys_load(store, setup, fault) != 0 ||
		backend_open(DATABASE_NAME, &store->backend, fault) != 0 ||
		load_limits(store, setup, fault) != 0)
		return -1;
	if (store_clock_check(store, fault) != 0)
		return -1;
	indexes_start(store);
	if (rosters_load(store, fault) != 0 || audit_load(store, fault) != 0 || tls_load(store, fault) != 0)
		return -1;
	if (store->roster != NULL)
		wait_for_new_second(store);
	if (offer_rosters(store, setup, fault) != 0)
		return -1;
	if (keys_choose_receipt(store, fault) != 0)
		return -1;
	store->alerts = calloc(ALERTS_MAX, sizeof *store->alerts);
	if (store->alerts == NULL || nonces_load(store) != 0 || group_start(store) != 0 ||
		outbox_load(store) != 0 || offers_load(store) != 0 || escalation_load(store) != 0 ||
		releases_load(store) != 0 || chores_start(store) != 0 || headers_start(store) != 0 ||
		figures_start(store) != 0)
		return fault_set(fault, "the database can't be read: restore a backup");
	if (setup_setting(setup, "wake_ways") != NULL)
		wake_ways_allow(store, setup_setting(setup, "wake_ways"));
	return restored_take(store, fault);
}

static void on_minute(evutil_socket_t fd, short what, void *context)
{
	struct store *store = context;

	(void)fd;
	(void)what;
	store_clock_watch(store);
	roster_watch_expiry(store);
	nonces_expire(store);
	uploads_expire(store);
	retention_look(store);
	invitations_expire(store);
	token_epochs_expire(store);
	rewrap_look(store);
	wake_ways_tidy(store);
	audit_tell_counted(store, false);
}

static void on_notify_ended(void *context, const char *reason)
{
	struct store *store = context;

	log_event(LOG_WARNING, "notify_channel_ended", "reason=\"%s\"", reason);
	channel_free(store->notify);
	store->notify = NULL;
	outbox_notify_changed(store);
}

static int on_notify_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	(void)passed_fd; /* no rule lets notify pass one */
	return type == MESSAGE_WOKEN ? outbox_woken(context, message) : -1;
}

static int take_notify(struct store *store, int fd)
{
	const struct channel_options options = { .base = store->base,
		.fd = fd,
		.me = ROLE_STORE,
		.peer = ROLE_NOTIFY,
		.on_message = on_notify_message,
		.on_ended = on_notify_ended,
		.context = store };

	channel_free(store->notify);
	store->notify = channel_new(&options);
	outbox_notify_changed(store);
	return store->notify != NULL ? 0 : -1;
}

static int take_socket(struct store *store, struct reader *message, int fd)
{
	struct message_socket socket;

	if (message_socket_get(message, &socket) != 0)
		return -1;
	if (socket.kind == SOCKET_FRONT)
		return front_attach(store, fd);
	return socket.kind == SOCKET_NOTIFY ? take_notify(store, fd) : -1;
}

/* What is in flight is committed and answered, those who wait are told, and the loop ends. */
static void drain(struct store *store)
{
	group_commit(store);
	store->draining = true;
	audit_tell_counted(store, true);
	alerts_answer_all(store);
	group_commit(store);
	for (struct front *front = store->fronts; front != NULL; front = front->next)
		channel_flush(front->channel);
	event_base_loopexit(store->base, NULL);
}

static void take_roster_file(struct store *store, const struct message_file *file)
{
	uint64_t version = store->roster->version;
	struct fault fault;

	if (rosters_offer(store, file->data, file->len, &fault) != 0)
		log_fault(LOG_ERROR, "roster_refused", &fault);
	else if (store->roster->version != version)
		alerts_answer_all(store);
}

static int take_setting(struct store *store, struct reader *message)
{
	struct message_setting setting;
	struct reader number;
	uint64_t value;

	if (message_setting_get(message, &setting) != 0)
		return -1;
	if (strcmp(setting.name, "wake_ways") == 0)
		wake_ways_allow(store, setting.value);
	number = reader_of(setting.value, strlen(setting.value));
	if (reader_decimal(&number, &value) == 0 && reader_end(&number) == 0)
		take_limit(store, setting.name, value);
	return 0;
}

static int on_supervisor_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct store *store = context;
	struct message_file file;

	switch (type) {
	case MESSAGE_SOCKET:
		return take_socket(store, message, passed_fd);
	case MESSAGE_SETTING:
		return take_setting(store, message);
	case MESSAGE_FILE:
		if (message_file_get(message, &file) != 0)
			return -1;
		if (file.kind == FILE_ROSTER)
			take_roster_file(store, &file);
		return 0;
	case MESSAGE_TLS_STATE:
		return tls_answered(store, message);
	case MESSAGE_KEPT:
		return keys_kept(store, message);
	case MESSAGE_RELOAD:
		return message_empty_get(message);
	case MESSAGE_PING:
		return message_empty_get(message) == 0 ? figures_answer(store) : -1;
	case MESSAGE_DRAIN:
		drain(store);
		return message_empty_get(message);
	default:
		return -1;
	}
}

static void on_supervisor_ended(void *context, const char *reason)
{
	struct store *store = context;

	log_event(LOG_INFO, "supervisor_channel_ended", "reason=\"%s\"", reason);
	drain(store);
}

static int take_sockets(struct store *store, struct setup *setup)
{
	int fd;

	while ((fd = setup_socket(setup, SOCKET_FRONT)) >= 0) {
		if (front_attach(store, fd) != 0)
			return -1;
	}
	while ((fd = setup_socket(setup, SOCKET_NOTIFY)) >= 0) {
		if (take_notify(store, fd) != 0)
			return -1;
	}
	fd = setup_socket(setup, SOCKET_CONTROL);
	return fd < 0 ? 0 : control_listen(store, fd);
}

static int run(struct store *store, int supervisor_fd, struct setup *setup)
{
	const struct timeval minute = { .tv_sec = MINUTE_MS / 1000, .tv_usec = MINUTE_MS % 1000 * 1000 };
	const struct channel_options options = { .base = store->base,
		.fd = supervisor_fd,
		.me = ROLE_STORE,
		.peer = ROLE_SUPERVISOR,
		.on_message = on_supervisor_message,
		.on_ended = on_supervisor_ended,
		.context = store };

	store->minute_event = event_new(store->base, -1, EV_PERSIST, on_minute, store);
	store->supervisor = channel_new(&options);
	if (store->minute_event == NULL || event_add(store->minute_event, &minute) != 0 ||
		store->supervisor == NULL || take_sockets(store, setup) != 0 ||
		message_empty_put(channel_out(store->supervisor), MESSAGE_READY) != 0)
		return EX_OSERR;
	keys_tidy(store);
	tls_start(store);
	roster_watch_expiry(store);
	return event_base_dispatch(store->base) < 0 ? EX_SOFTWARE : EX_OK;
}

static void store_free(struct store *store)
{
	control_free(store->control);
	if (store->backend != NULL && store->commit_event != NULL)
		fronts_free(store);
	if (store->backend != NULL && backend_checkpoint(store->backend) != 0)
		log_plain(LOG_WARNING, "checkpoint_failed");
	channel_free(store->notify);
	channel_free(store->supervisor);
	store->supervisor = NULL;
	nonces_free(store);
	audit_free(store);
	chores_end(store);
	outbox_free(store);
	headers_free(store);
	offers_free(store);
	figures_free(store);
	if (store->commit_event != NULL)
		event_free(store->commit_event);
	if (store->minute_event != NULL)
		event_free(store->minute_event);
	escalation_free(store);
	held_free(store->held);
	if (store->release_event != NULL)
		event_free(store->release_event);
	backend_close(store->backend);
	seal_free(store->seal);
	token_epochs_free(store);
	roster_free(store->roster);
	free(store->alerts);
	tls_end(store);
	keys_free(store);
	if (store->base != NULL)
		event_base_free(store->base);
}

static int begin(struct store *store, struct setup *setup, struct fault *fault)
{
	const struct sandbox_options options = { .allow_no_landlock = setup_yes(setup, "allow_no_landlock") };

	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
	store->base = event_base_new();
	if (store->base == NULL || event_base_priority_init(store->base, PRIORITIES) != 0)
		return fault_set(fault, "the store has no event loop");
	store_clock_start(store);
	if (setup_settle(setup, fault) != 0 || load(store, setup, fault) != 0)
		return -1;
	return sandbox_store(&options, fault);
}

int store_main(int supervisor_fd)
{
	struct store store = { 0 };
	struct setup *setup = NULL;
	struct fault fault;
	int exit_code;

	if (setup_receive(supervisor_fd, ROLE_STORE, &setup, &fault) != 0)
		return setup_failed(supervisor_fd, EX_PROTOCOL, &fault);
	if (begin(&store, setup, &fault) != 0)
		exit_code = setup_failed(supervisor_fd, EX_CONFIG, &fault);
	else
		exit_code = run(&store, supervisor_fd, setup);
	setup_free(setup);
	store_free(&store);
	return exit_code;
}
