#include "service.h"

#include "base/log.h"
#include "keys/clock.h"
#include "proto/cursor.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_SIZE 160
#define US_PER_MS  1000

struct service {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un address;
	socklen_t address_len;
	int64_t watchdog_ms;
	bool announced; /* that it can't be told */
};

/* A path, or behind an '@' a name in the abstract space. */
static int address_of(const char *name, struct service *service)
{
	const size_t len = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof service->address.sun_path)
		return -1;
	service->address.sun_family = AF_UNIX;
	memcpy(service->address.sun_path, name, len);
	if (name[0] == '@')
		service->address.sun_path[0] = '\0';
	service->address_len =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '@' ? 0 : 1));
	return 0;
}

static int64_t number_of(const char *text)
{
	struct reader reader = reader_of(text, strlen(text));
	uint64_t value;
	return reader_decimal(&reader, &value) == 0 && reader_end(&reader) == 0 && value <= INT64_MAX
		       ? (int64_t)value
		       : 0;
}

/* The watchdog is another process's where WATCHDOG_PID names another. */
static int64_t watchdog_of_environment(void)
{
	const char *pid = getenv("WATCHDOG_PID"), *microseconds = getenv("WATCHDOG_USEC");
	if (microseconds == NULL || (pid != NULL && number_of(pid) != (int64_t)getpid()))
		return 0;
	return number_of(microseconds) / US_PER_MS;
}

static void open_socket(struct service *service, const char *name)
{
	if (address_of(name, service) == 0)
		service->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (service->fd < 0)
		log_plain(LOG_WARNING, "notify_socket_not_usable");
}

struct service *service_new(void)
{
	struct service *service = calloc(1, sizeof *service);
	const char *name = getenv("NOTIFY_SOCKET");
	if (service == NULL)
		return NULL;
	service->fd = -1;
	if (name != NULL) {
		open_socket(service, name);
		service->watchdog_ms = watchdog_of_environment();
	}
	if (unsetenv("NOTIFY_SOCKET") != 0 || unsetenv("WATCHDOG_USEC") != 0 || unsetenv("WATCHDOG_PID") != 0)
		log_plain(LOG_WARNING, "environment_not_cleared");
	return service;
}

void service_free(struct service *service)
{
	if (service == NULL)
		return;
	if (service->fd >= 0)
		close(service->fd);
	free(service);
}

int64_t service_watchdog_ms(const struct service *service)
{
	return service->watchdog_ms;
}

static void say(struct service *service, const char *words)
{
	if (service->fd < 0 || sendto(service->fd, words, strlen(words), MSG_NOSIGNAL,
				       (const struct sockaddr *)&service->address, service->address_len) >= 0)
		return;
	if (!service->announced)
		log_event(LOG_WARNING, "notify_socket_failed", "errno=%d", errno);
	service->announced = true;
}

void service_ready(struct service *service, unsigned int fronts)
{
	char words[WORDS_SIZE];
	(void)snprintf(words, sizeof words, "READY=1\nSTATUS=Serving, %u fronts", fronts);
	say(service, words);
}

void service_reloading(struct service *service)
{
	char words[WORDS_SIZE];
	(void)snprintf(words, sizeof words, "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=Reloading",
		clock_monotonic_us());
	say(service, words);
}

void service_stopping(struct service *service)
{
	say(service, "STOPPING=1\nSTATUS=Stopping");
}

void service_alive(struct service *service)
{
	if (service->watchdog_ms > 0)
		say(service, "WATCHDOG=1");
}
