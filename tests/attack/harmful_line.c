#include "harmful_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAIRS_MAX   64
#define CHUNK_BYTES 65536
#define FLIPPED     0x40
#define DELAY_MS    200

const char *const harm_names[HARM_COUNT] = { "none", "cut", "corrupt", "delay" };
const char *const way_names[WAY_COUNT] = { "up", "down" };

/* Shared with the process that passes on. What is armed is written before round rises. */
struct armed {
	atomic_int harm, way;
	atomic_size_t offset, passed[WAY_COUNT];
	atomic_int has_fired;
	atomic_uint round;
};

struct line {
	struct armed *armed;
	pid_t process;
};

/* One connection: ends[WAY_UP] is the client's socket, read for what goes up. */
struct pair {
	int ends[WAY_COUNT]; /* -1: the pair is free */
	bool has_ended[WAY_COUNT];
	unsigned round; /* since which it counts */
};

struct passing {
	struct armed *armed;
	int listener;
	uint16_t server_port;
	struct pair pairs[PAIRS_MAX];
};

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, PAIRS_MAX) != 0) {
		perror("the line can't listen");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	return fd;
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd != -1 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		(void)close(fd);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static void close_pair(struct pair *pair, bool with_reset)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	for (size_t way = 0; way < WAY_COUNT; way++) {
		if (pair->ends[way] == -1)
			continue;
		if (with_reset)
			(void)setsockopt(pair->ends[way], SOL_SOCKET, SO_LINGER, &now, sizeof now);
		(void)close(pair->ends[way]);
		pair->ends[way] = -1;
	}
}

static void take_connection(struct passing *passing)
{
	int on = 1, client = accept4(passing->listener, NULL, NULL, SOCK_CLOEXEC);

	if (client == -1)
		return;
	(void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	for (size_t at = 0; at < PAIRS_MAX; at++) {
		struct pair *pair = &passing->pairs[at];

		if (pair->ends[WAY_UP] != -1)
			continue;
		*pair = (struct pair){ { client, connect_to(passing->server_port) }, { false, false },
			atomic_load(&passing->armed->round) };
		if (pair->ends[WAY_DOWN] == -1)
			close_pair(pair, true);
		return;
	}
	(void)close(client);
}

/* How much of the bytes goes on; true where that is the end. */
static bool do_harm(
	struct armed *armed, const struct pair *pair, enum line_way way, uint8_t *bytes, size_t *len)
{
	size_t before, place;

	if (pair->round != atomic_load(&armed->round))
		return false;
	before = atomic_fetch_add(&armed->passed[way], *len);
	place = atomic_load(&armed->offset) - before;
	if (atomic_load(&armed->has_fired) || atomic_load(&armed->harm) == HARM_NONE ||
		atomic_load(&armed->way) != (int)way || place >= *len)
		return false;
	atomic_store(&armed->has_fired, 1);
	if (atomic_load(&armed->harm) == HARM_CORRUPT)
		bytes[place] ^= FLIPPED;
	else if (atomic_load(&armed->harm) == HARM_DELAY)
		(void)poll(NULL, 0, DELAY_MS);
	else
		*len = place;
	return atomic_load(&armed->harm) == HARM_CUT;
}

static bool send_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

		if (sent == -1 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

static void pass_on(struct passing *passing, struct pair *pair, enum line_way way)
{
	static uint8_t bytes[CHUNK_BYTES];
	int sink = pair->ends[1 - way];
	ssize_t got = recv(pair->ends[way], bytes, sizeof bytes, 0);
	size_t len = got > 0 ? (size_t)got : 0;

	if (got == 0) {
		(void)shutdown(sink, SHUT_WR);
		pair->has_ended[way] = true;
		if (pair->has_ended[1 - way])
			close_pair(pair, false);
	} else if (got == -1) {
		close_pair(pair, true);
	} else {
		bool is_end = do_harm(passing->armed, pair, way, bytes, &len);

		if (!send_all(sink, bytes, len) || is_end)
			close_pair(pair, true);
	}
}

/* Until the process is ended. */
static void pass_all(struct passing *passing)
{
	for (;;) {
		struct pollfd polled[1 + WAY_COUNT * PAIRS_MAX] = { { passing->listener, POLLIN, 0 } };

		for (size_t at = 0; at < PAIRS_MAX; at++)
			for (size_t way = 0; way < WAY_COUNT; way++) {
				const struct pair *pair = &passing->pairs[at];

				polled[1 + WAY_COUNT * at + way] =
					(struct pollfd){ pair->has_ended[way] ? -1 : pair->ends[way], POLLIN,
						0 };
			}
		if (poll(polled, 1 + WAY_COUNT * PAIRS_MAX, -1) == -1)
			continue;
		for (size_t at = 0; at < PAIRS_MAX; at++)
			for (size_t way = 0; way < WAY_COUNT; way++)
				if (polled[1 + WAY_COUNT * at + way].revents != 0 &&
					passing->pairs[at].ends[way] != -1)
					pass_on(passing, &passing->pairs[at], (enum line_way)way);
		if (polled[0].revents != 0)
			take_connection(passing);
	}
}

static void serve(struct armed *armed, int listener, uint16_t server_port, pid_t parent)
{
	struct passing passing = { .armed = armed, .listener = listener, .server_port = server_port };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	for (size_t at = 0; at < PAIRS_MAX; at++)
		passing.pairs[at] = (struct pair){ .ends = { -1, -1 } };
	pass_all(&passing);
}

int line_start(uint16_t listen_port, uint16_t server_port, struct line **ret_line)
{
	struct line *line = calloc(1, sizeof *line);
	pid_t parent = getpid();
	int listener = line == NULL ? -1 : listen_on(listen_port);

	if (listener == -1)
		goto failed;
	line->armed =
		mmap(NULL, sizeof *line->armed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (line->armed == MAP_FAILED)
		goto failed;
	line->process = fork();
	if (line->process == 0)
		serve(line->armed, listener, server_port, parent);
	if (line->process == -1)
		goto failed;
	(void)close(listener);
	*ret_line = line;
	return 0;
failed:
	if (listener != -1)
		(void)close(listener);
	free(line);
	return -1;
}

void line_stop(struct line *line)
{
	if (line == NULL)
		return;
	(void)kill(line->process, SIGKILL);
	(void)waitpid(line->process, NULL, 0);
	(void)munmap(line->armed, sizeof *line->armed);
	free(line);
}

void line_arm(struct line *line, enum harm harm, enum line_way way, size_t offset)
{
	struct armed *armed = line->armed;

	atomic_store(&armed->harm, (int)harm);
	atomic_store(&armed->way, (int)way);
	atomic_store(&armed->offset, offset);
	atomic_store(&armed->passed[WAY_UP], 0);
	atomic_store(&armed->passed[WAY_DOWN], 0);
	atomic_store(&armed->has_fired, 0);
	atomic_fetch_add(&armed->round, 1);
}

size_t line_passed(const struct line *line, enum line_way way)
{
	return atomic_load(&line->armed->passed[way]);
}

bool line_has_fired(const struct line *line)
{
	return atomic_load(&line->armed->has_fired) != 0;
}
