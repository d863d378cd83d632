/* The strangers of front_scene.h: blocking TLS clients. */
#include "front_scene.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_SECONDS 10
#define ANSWER_MAX       (512 * 1024)

int scene_connect(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	/* A request doesn't wait for the handshake's acknowledgement. */
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

SSL *scene_tls(int port, int highest_version)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_max_proto_version(context, highest_version);
	static const unsigned char protocols[] = "\x08http/1.1";
	SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1);
	SSL *ssl = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_fd(ssl, scene_connect(port));
	if (SSL_connect(ssl) == 1)
		return ssl;
	scene_leave(ssl);
	return NULL;
}

SSL *scene_stranger(struct scene *scene)
{
	SSL *ssl = scene_tls(scene->port, TLS1_3_VERSION);
	assert_non_null(ssl);
	return ssl;
}

void scene_starts_with(const char *text, const char *start)
{
	assert_true(strlen(text) >= strlen(start));
	assert_memory_equal(text, start, strlen(start));
}

void scene_send(SSL *ssl, const char *text)
{
	assert_int_equal(SSL_write(ssl, text, (int)strlen(text)), (int)strlen(text));
}

const char *scene_receive(SSL *ssl, bool head_only)
{
	static char text[ANSWER_MAX + 1];
	size_t len = 0;
	size_t whole = 0;
	while (whole == 0 || len < whole) {
		int got = SSL_read(ssl, text + len, (int)(ANSWER_MAX - len));
		if (got <= 0)
			break;
		len += (size_t)got;
		text[len] = '\0';
		const char *end = strstr(text, "\r\n\r\n");
		const char *field = strcasestr(text, "\r\nContent-Length: ");
		if (end == NULL)
			continue;
		whole = (size_t)(end - text) + 4;
		if (!head_only && field != NULL && field < end)
			whole += strtoul(field + strlen("\r\nContent-Length: "), NULL, 10);
	}
	text[len] = '\0';
	assert_int_equal(len, whole);
	return text;
}

bool scene_ends(SSL *ssl, int ms)
{
	struct pollfd wait = { .fd = SSL_get_fd(ssl), .events = POLLIN };
	char byte = 0;
	return poll(&wait, 1, ms) == 1 && SSL_read(ssl, &byte, 1) <= 0;
}

void scene_leave(SSL *ssl)
{
	close(SSL_get_fd(ssl));
	SSL_free(ssl);
}
