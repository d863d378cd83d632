/* What a stranger says on one connection, heard by front's own code, which asks the store's own code over
 * their channel; all in one process, on a database on the disk. Whatever she says, her connection ends with
 * her, and the roster in force is the one from before. */
#include "fuzz.h"
#include "session_store.h"

#include "connection.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 8000 /* said at a time, so that heads and bodies also come in parts */
#define TURNS 12   /* of the loop for each piece */
#define MANY  1000000

static bool has_begun;
static struct front front;
static struct front_settings settings;
static struct limits *limits;

static void on_room(void *context)
{
	(void)context;
}

static void on_alone(void *context)
{
	(void)context;
	must(0);
}

static void end(void)
{
	connections_stop(&front);
	store_link_free(front.store);
	limits_free(limits);
	decoy_free(front.decoy);
	session_store_end();
}

static void begin(void)
{
	const struct limits_options open_options = {
		.total = MANY, .per_group = MANY, .new_per_second = MANY, .new_burst = MANY
	};
	int fd = -1;

	fuzz_start();
	front = (struct front){ .base = session_store_begin(&fd), .settings = &settings, .on_room = on_room };
	settings = (struct front_settings){ .handshake_seconds = 60,
		.headers_seconds = 60,
		.body_seconds = 60,
		.answer_seconds = 60,
		.minimum_bytes_per_second = 1,
		.idle_seconds = 60,
		.requests_per_connection = 100 };
	(void)snprintf(settings.prefix, sizeof settings.prefix, "%s", session_store_prefix());
	limits = limits_new(&open_options);
	front.decoy = decoy_new();
	must(limits != NULL && front.decoy != NULL && connections_start(&front) == 0);
	front.store = store_link_new(front.base, on_alone, NULL);
	must(front.store != NULL && store_link_attach(front.store, fd) == 0);
	must(atexit(end) == 0);
	has_begun = true;
}

static void work(int her_end)
{
	static uint8_t heard[64 * 1024];

	for (int i = 0; i < TURNS; i++) {
		must(event_base_loop(front.base, EVLOOP_NONBLOCK) >= 0);
		while (recv(her_end, heard, sizeof heard, MSG_DONTWAIT) > 0)
			continue;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct connection_place place = { .limits = limits };
	int ends[2];

	if (!has_begun)
		begin();
	place.limits = limits;
	must(limits_admit(limits, (const struct sockaddr *)&address, 0, &place.group) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	must(connection_accept(&front, ends[0], &place) == 0);
	work(ends[1]);
	while (size > 0) {
		size_t piece = size < PIECE ? size : PIECE;
		ssize_t sent = send(ends[1], data, piece, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent <= 0)
			break; /* she isn't listened to any more */
		data += sent;
		size -= (size_t)sent;
		work(ends[1]);
	}
	close(ends[1]);
	work(-1);
	must(!connections_any(&front));
	must(session_store_roster() == 1);
	return 0;
}
