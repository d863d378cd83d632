/* notify connects out, and does nothing else that the other roles may not do. */
#include "sandbox_child.h"

#include "build_config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int listen_somewhere(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	return bind(fd, (const struct sockaddr *)&any, sizeof any);
}

/* As far as a machine without a network lets it: a port of its own where nobody listens. */
static int go_out(void)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET, .sin_port = htons(1) };
	nowhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int udp = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp < 0 || (udp < 0 && errno != EAFNOSUPPORT))
		return -1;
	if (connect(tcp, (const struct sockaddr *)&nowhere, sizeof nowhere) != 0 && errno != ECONNREFUSED &&
		errno != EINPROGRESS)
		return -1;
	return close(tcp);
}

/* What a library looks for by the way isn't there, and ends nothing. */
static int notify_finds_no_file(void)
{
	struct stat status;
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
		return -1;
	if (open("clarion.db", O_RDWR) >= 0 || errno != EACCES)
		return -1;
	return stat("/etc/passwd", &status) == 0 || errno != EACCES ? -1 : 0;
}

static void test_out_and_nothing_else(void **state)
{
	(void)state;
	works(sandbox_notify, go_out);
	works(sandbox_notify, notify_finds_no_file);
	if (CLARION_SANITIZED)
		skip();
	kills(sandbox_notify, listen_somewhere);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
