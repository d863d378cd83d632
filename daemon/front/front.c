#include "front/front.h"

#include "base/log.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "channel/setup.h"
#include "listener.h"

#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define LISTENERS_MAX      32 /* twice what clariond.conf takes */
#define DRAIN_HELD_SECONDS 2  /* for the store to answer what it holds; clariond as a whole ends within 5 */

struct front_role {
	struct front front;
	struct front_settings settings;
	struct channel *supervisor;
	struct limits *open;
	struct limits *shared;
	struct listener *listeners[LISTENERS_MAX];
	size_t listener_count;
	struct event *give_up;
	int exit_code;
};

static void stop_listening(struct front_role *role)
{
	while (role->listener_count > 0)
		listener_free(role->listeners[--role->listener_count]);
}

static void stop(struct front_role *role, int exit_code)
{
	role->exit_code = exit_code;
	event_base_loopbreak(role->front.base);
}

static void on_room(void *context)
{
	struct front_role *role = context;
	for (size_t i = 0; i < role->listener_count; i++)
		listener_room(role->listeners[i]);
	if (role->front.draining && !connections_any(&role->front))
		stop(role, EX_OK);
}

/* A front without a store serves nobody; the one that is started in its place is wired again. */
static void on_alone(void *context)
{
	struct front_role *role = context;
	log_plain(LOG_WARNING, "no_store");
	stop(role, role->front.draining ? EX_OK : EX_UNAVAILABLE);
}

static void on_give_up(evutil_socket_t fd, short what, void *context)
{
	struct front_role *role = context;
	(void)fd;
	(void)what;
	connections_give_up_waiting(&role->front);
}

static void drain(struct front_role *role)
{
	const struct timeval wait = { .tv_sec = DRAIN_HELD_SECONDS };
	log_plain(LOG_INFO, "drain");
	stop_listening(role);
	connections_drain(&role->front);
	/* Later requests than those that wait now end with their own answers. */
	if (evtimer_add(role->give_up, &wait) != 0)
		connections_give_up_waiting(&role->front);
	if (!connections_any(&role->front))
		stop(role, EX_OK);
}

static int answer_ping(struct front_role *role)
{
	struct message_pong pong = { .count = FRONT_FIGURES };
	pong.figures[FRONT_OPEN] = connections_count(&role->front);
	pong.figures[FRONT_TAKEN] = role->front.taken;
	pong.figures[FRONT_TURNED_AWAY] = role->front.turned_away;
	return message_pong_put(channel_out(role->supervisor), &pong);
}

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct front_role *role = context;
	struct message_socket socket;
	switch (type) {
	case MESSAGE_SOCKET:
		if (message_socket_get(message, &socket) != 0 || socket.kind != SOCKET_STORE) {
			close(passed_fd);
			return -1;
		}
		return store_link_attach(role->front.store, passed_fd);
	case MESSAGE_PING:
		return message_empty_get(message) == 0 ? answer_ping(role) : -1;
	case MESSAGE_DRAIN:
		if (message_empty_get(message) != 0)
			return -1;
		drain(role);
		return 0;
	default:
		return -1;
	}
}

/* Without its supervisor nobody could stop this process. */
static void on_supervisor_ended(void *context, const char *reason)
{
	struct front_role *role = context;
	(void)reason;
	stop(role, role->front.draining ? EX_OK : EX_UNAVAILABLE);
}

static int load_tls(struct front_role *role, struct setup *setup, struct fault *fault)
{
	const struct setup_file *key = setup_file(setup, FILE_TLS_KEY, 0);
	const struct setup_file *certificate = setup_file(setup, FILE_TLS_CERTIFICATE, 0);
	if (key == NULL || certificate == NULL)
		return fault_set(fault, "no TLS key or certificate: check tls_key and tls_certificate");
	if (tls_new(key->data, key->len, certificate->data, certificate->len, &role->front.tls, fault) != 0)
		return -1;
	setup_file_drop(setup, FILE_TLS_KEY, 0);
	return 0;
}

static int load_decoy(struct front_role *role, struct setup *setup, struct fault *fault)
{
	const struct setup_file *file = NULL;
	if ((role->front.decoy = decoy_new()) == NULL)
		return fault_set(fault, "no memory for the decoy site");
	for (size_t i = 0; (file = setup_file(setup, FILE_DECOY, i)) != NULL; i++)
		if (decoy_add(role->front.decoy, file->name, file->data, file->len) != 0)
			return fault_set(fault, "no memory for the decoy site: make it smaller");
	return 0;
}

static int listen_on(
	struct front_role *role, struct setup *setup, enum socket_kind kind, struct limits *limits)
{
	const int on = 1;
	int fd = -1;
	while ((fd = setup_socket(setup, kind)) >= 0) {
		/* Inherited by what is accepted: answers must not wait for an acknowledgement. */
		if (role->listener_count == LISTENERS_MAX ||
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
			close(fd);
			return -1;
		}
		struct listener *listener = listener_new(&role->front, fd, limits);
		if (listener == NULL)
			return -1;
		role->listeners[role->listener_count++] = listener;
	}
	return 0;
}

/* Everything that opens, loads or listens: what comes after it can do none of that any more. */
static int prepare(struct front_role *role, struct setup *setup, struct fault *fault)
{
	struct front *front = &role->front;
	struct event_config *config = event_config_new();
	int rc = -1;
	if (front_settings_of(setup, &role->settings, fault) != 0 || load_tls(role, setup, fault) != 0 ||
		load_decoy(role, setup, fault) != 0)
		goto cleanup;
	if (config == NULL ||
		event_config_set_flag(
			config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) != 0 ||
		(front->base = event_base_new_with_config(config)) == NULL || connections_start(front) != 0 ||
		(front->store = store_link_new(front->base, on_alone, role)) == NULL ||
		(role->give_up = evtimer_new(front->base, on_give_up, role)) == NULL ||
		(role->open = limits_new(&role->settings.open)) == NULL ||
		(role->shared = limits_new(&role->settings.shared)) == NULL) {
		rc = fault_set(fault, "no memory to start with");
		goto cleanup;
	}
	if (listen_on(role, setup, SOCKET_LISTEN, role->open) != 0 ||
		listen_on(role, setup, SOCKET_LISTEN_SHARED, role->shared) != 0 ||
		role->listener_count == 0) {
		rc = fault_set(fault, "a listening socket can't be used: check listen and listen_shared");
		goto cleanup;
	}
	rc = 0;
cleanup:
	if (config != NULL)
		event_config_free(config);
	return rc;
}

static int lock_in(const struct setup *setup, struct fault *fault)
{
	const struct sandbox_options options = { .allow_no_landlock = setup_yes(setup, "allow_no_landlock") };
	process_raise_descriptors();
	/* The peer may be gone when something is written. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return fault_set(fault, "signals can't be set");
	if (setup_settle(setup, fault) != 0)
		return -1;
	return sandbox_front(&options, fault);
}

/* The first bytes of others are read from here on. */
static int open_channels(struct front_role *role, struct setup *setup, int supervisor_fd)
{
	const struct channel_options options = {
		.base = role->front.base,
		.fd = supervisor_fd,
		.me = ROLE_FRONT,
		.peer = ROLE_SUPERVISOR,
		.on_message = on_message,
		.on_ended = on_supervisor_ended,
		.context = role,
	};
	const int store_fd = setup_socket(setup, SOCKET_STORE);
	if (store_fd >= 0 && store_link_attach(role->front.store, store_fd) != 0)
		return -1;
	if ((role->supervisor = channel_new(&options)) == NULL)
		return -1;
	if (message_empty_put(channel_out(role->supervisor), MESSAGE_READY) != 0)
		return -1;
	channel_flush(role->supervisor);
	return 0;
}

static void role_free(struct front_role *role)
{
	stop_listening(role);
	connections_stop(&role->front);
	store_link_free(role->front.store);
	channel_free(role->supervisor);
	if (role->give_up != NULL)
		event_free(role->give_up);
	if (role->front.base != NULL) {
		/* libevent frees a connection's buffers from the loop. */
		event_base_loop(role->front.base, EVLOOP_NONBLOCK);
		event_base_free(role->front.base);
	}
	limits_free(role->open);
	limits_free(role->shared);
	decoy_free(role->front.decoy);
	tls_free(role->front.tls);
}

int front_main(int supervisor_fd)
{
	struct front_role role = { .exit_code = EX_SOFTWARE };
	struct setup *setup = NULL;
	struct fault fault = { "" };
	role.front.settings = &role.settings;
	role.front.on_room = on_room;
	role.front.context = &role;
	log_role("front");
	if (setup_receive(supervisor_fd, ROLE_FRONT, &setup, &fault) != 0 ||
		prepare(&role, setup, &fault) != 0 || lock_in(setup, &fault) != 0) {
		role.exit_code = setup_failed(supervisor_fd, EX_CONFIG, &fault);
		goto cleanup;
	}
	if (open_channels(&role, setup, supervisor_fd) != 0)
		goto cleanup;
	setup_free(setup);
	setup = NULL;
	if (event_base_dispatch(role.front.base) != 0)
		role.exit_code = EX_SOFTWARE;
cleanup:
	setup_free(setup);
	role_free(&role);
	return role.exit_code;
}
