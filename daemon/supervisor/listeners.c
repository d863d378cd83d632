#include "listeners.h"

#include "proto/cursor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG      65535 /* the kernel cuts it to net.core.somaxconn */
#define TRIES        40    /* two seconds: what a killed predecessor's fronts may take to end */
#define TRY_EVERY_NS 50000000L

struct address {
	struct sockaddr_storage storage;
	socklen_t len;
};

/* config.c has checked the form: this is the same text as numbers. */
static int address_of(const char *text, struct address *ret_address)
{
	char host[CONFIG_ADDRESS_SIZE];
	const char *colon = strrchr(text, ':');
	if (colon == NULL || (size_t)(colon - text) >= sizeof host)
		return -1;
	const bool bracketed = text[0] == '[';
	const size_t len = (size_t)(colon - text) - (bracketed ? 2 : 0);
	struct reader digits = reader_of(colon + 1, strlen(colon + 1));
	uint64_t number;
	if (reader_decimal(&digits, &number) != 0)
		return -1;
	const in_port_t port = htons((uint16_t)number);
	memcpy(host, text + (bracketed ? 1 : 0), len);
	host[len] = '\0';
	*ret_address = (struct address){ .len = 0 };
	if (bracketed) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)&ret_address->storage;
		six->sin6_family = AF_INET6;
		six->sin6_port = port;
		ret_address->len = sizeof *six;
		return inet_pton(AF_INET6, host, &six->sin6_addr) == 1 ? 0 : -1;
	}
	struct sockaddr_in *four = (struct sockaddr_in *)&ret_address->storage;
	four->sin_family = AF_INET;
	four->sin_port = port;
	ret_address->len = sizeof *four;
	return inet_pton(AF_INET, host, &four->sin_addr) == 1 ? 0 : -1;
}

static int set_flag(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value);
}

/* A bound socket. [::] takes IPv4 too. -1 with errno. */
static int bound_socket(const struct address *address, bool share)
{
	const int family = address->storage.ss_family;
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
		(share && set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0) ||
		(family == AF_INET6 && set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0) != 0) ||
		bind(fd, (const struct sockaddr *)&address->storage, address->len) != 0) {
		const int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int address_free(const char *text, struct fault *fault)
{
	struct address address;
	const struct timespec pause = { .tv_nsec = TRY_EVERY_NS };
	if (address_of(text, &address) != 0)
		return fault_set(fault, "%s: not an address", text);
	for (unsigned int i = 0; i < TRIES; i++) {
		const int fd = bound_socket(&address, false);
		if (fd >= 0) {
			close(fd);
			return 0;
		}
		if (errno != EADDRINUSE)
			break;
		nanosleep(&pause, NULL);
	}
	if (errno == EADDRINUSE)
		return fault_set(
			fault, "%s: another program listens there: stop it, or choose another port", text);
	return fault_set(fault, "%s: can't listen: %s", text, strerror(errno));
}

int listeners_free_addresses(const struct config *config, struct fault *fault)
{
	for (size_t i = 0; i < config->listen.count; i++)
		if (address_free(config->listen.text[i], fault) != 0)
			return -1;
	for (size_t i = 0; i < config->listen_shared.count; i++)
		if (address_free(config->listen_shared.text[i], fault) != 0)
			return -1;
	return 0;
}

static int open_one(struct listeners *listeners, enum socket_kind kind, const char *text, struct fault *fault)
{
	struct address address;
	if (address_of(text, &address) != 0)
		return fault_set(fault, "%s: not an address", text);
	const int fd = bound_socket(&address, true);
	/* accepted sockets inherit TCP_NODELAY: without it a kept connection waits 40 ms for each answer */
	if (fd < 0 || set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 || listen(fd, BACKLOG) != 0) {
		const int error = errno;
		if (fd >= 0)
			close(fd);
		return fault_set(fault, "%s: can't listen: %s", text, strerror(error));
	}
	listeners->at[listeners->count++] = (struct listener){ .kind = kind, .fd = fd };
	return 0;
}

int listeners_open(const struct config *config, struct listeners *ret_listeners, struct fault *fault)
{
	struct listeners listeners = { .count = 0 };
	for (size_t i = 0; i < config->listen.count; i++)
		if (open_one(&listeners, SOCKET_LISTEN, config->listen.text[i], fault) != 0)
			goto refused;
	for (size_t i = 0; i < config->listen_shared.count; i++)
		if (open_one(&listeners, SOCKET_LISTEN_SHARED, config->listen_shared.text[i], fault) != 0)
			goto refused;
	*ret_listeners = listeners;
	return 0;
refused:
	listeners_close(&listeners);
	return -1;
}

void listeners_close(struct listeners *listeners)
{
	for (size_t i = 0; i < listeners->count; i++)
		close(listeners->at[i].fd);
	listeners->count = 0;
}
