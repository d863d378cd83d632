#include "link_internal.h"

#include "proto/cursor.h"
#include "proto/encode.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define PROXY_LOGIN_BYTES  16
#define TRANSFER_BUFFER    (256L * 1024) /* fewer wake-ups for evidence than curl's 16 and 64 KiB */
#define REQUEST_URL_MAX    4096
#define REQUEST_HEADER_MAX 1024

int link_proxy_check(const char *proxy, struct failure *failure)
{
	static const char *const schemes[] = { "socks5h://", "http://" };

	for (size_t at = 0; at < COUNT_OF(schemes); at++) {
		size_t scheme_len = strlen(schemes[at]), len = strlen(proxy);
		const char *host = proxy + scheme_len, *colon;
		struct reader port;
		uint64_t number;

		if (strncmp(proxy, schemes[at], scheme_len) != 0 || len > PROXY_MAX)
			continue;
		colon = strrchr(host, ':');
		if (colon == NULL || colon == host ||
			strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789.-_[]:") != strlen(host))
			continue;
		port = reader_of(colon + 1, strlen(colon + 1));
		if (reader_decimal(&port, &number) == 0 && reader_end(&port) == 0 && number >= 1 &&
			number <= 65535)
			return 0;
	}
	return failure_set(
		failure, EX_USAGE, "the proxy isn't one: write socks5h://HOST:PORT, or http://HOST:PORT");
}

static size_t give_body(char *bytes, size_t size, size_t count, void *owner)
{
	struct link *link = owner;
	const struct link_request *request = link->request;
	size_t room = size * count, left = request->body_len - link->body_sent,
	       len = left < room ? left : room;

	if (request->source != NULL && len > 0 &&
		(request->source(request->source_owner, (uint8_t *)bytes, len, &len, &link->failure) != 0 ||
			len == 0)) {
		link->has_failed = true;
		return CURL_READFUNC_ABORT;
	}
	if (request->source == NULL && len > 0)
		memcpy(bytes, request->body + link->body_sent, len);
	link->body_sent += len;
	return len;
}

/* A kept-alive connection that died under a request: curl asks for the body from its start again. */
static int rewind_body(void *owner, curl_off_t offset, int origin)
{
	struct link *link = owner;

	if (link->request->source != NULL || origin != SEEK_SET || offset != 0)
		return CURL_SEEKFUNC_CANTSEEK;
	link->body_sent = 0;
	return CURL_SEEKFUNC_OK;
}

/* Each connection comes with a login of its own: Tor gives each login a circuit of its own, and a proxy
 * without logins chooses to go without. */
static CURLcode set_proxy(struct link *link)
{
	uint8_t random[PROXY_LOGIN_BYTES];
	char login[BASE64_CHARS(PROXY_LOGIN_BYTES) + 1];
	CURLcode code = curl_easy_setopt(link->curl, CURLOPT_PROXY, link->target.proxy);

	if (code != CURLE_OK || strncmp(link->target.proxy, "socks5h://", 10) != 0)
		return code;
	randombytes_buf(random, sizeof random);
	base64_encode(BASE64_URL, random, sizeof random, login);
	code = curl_easy_setopt(link->curl, CURLOPT_PROXYUSERNAME, login);
	return code != CURLE_OK ? code : curl_easy_setopt(link->curl, CURLOPT_PROXYPASSWORD, login);
}

static CURLcode set_tls(struct link *link)
{
	CURL *curl = link->curl;
	CURLcode code;

	if ((code = curl_easy_setopt(curl, CURLOPT_SSLVERSION,
		     (long)(CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3))) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_SSL_ENABLE_ALPN, 0L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L)) != CURLE_OK ||
		/* No authorities are asked: link_tls.c puts the pin check in their place. */
		(code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, link_tls_set_up)) != CURLE_OK)
		return code;
	return curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, link);
}

static CURLcode set_http(struct link *link)
{
	CURL *curl = link->curl;
	CURLcode code;

	if ((code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https")) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1)) !=
			CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_NOPROXY, "")) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)LINK_STALL_SECONDS)) !=
			CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, TRANSFER_BUFFER)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, TRANSFER_BUFFER)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, link_take_header)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_HEADERDATA, link)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, link_take_body)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_WRITEDATA, link)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_READDATA, link)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body)) != CURLE_OK)
		return code;
	return curl_easy_setopt(curl, CURLOPT_SEEKDATA, link);
}

int link_open(const struct link_target *target, struct link **ret_link, struct failure *failure)
{
	static bool is_started;
	struct link *link;

	if (!is_started && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return failure_memory(failure);
	is_started = true;
	link = calloc(1, sizeof *link);
	if (link == NULL)
		return failure_memory(failure);
	link->target = *target;
	link->curl = curl_easy_init();
	if (link->curl == NULL || set_http(link) != CURLE_OK || set_tls(link) != CURLE_OK ||
		set_proxy(link) != CURLE_OK) {
		link_close(link);
		return failure_set(failure, EX_SOFTWARE,
			"libcurl lacks TLS 1.3 by OpenSSL: install the system's libcurl4");
	}
	*ret_link = link;
	return 0;
}

void link_close(struct link *link)
{
	if (link == NULL)
		return;
	link_finish(link);
	curl_easy_cleanup(link->curl);
	free(link);
}

bool link_met_wrong_key(const struct link *link)
{
	return link->is_wrong_key;
}

bool link_met_next_key(const struct link *link)
{
	return link->is_next_key;
}

const struct link_target *link_target(const struct link *link)
{
	return &link->target;
}

void link_finish(struct link *link)
{
	curl_slist_free_all(link->headers);
	link->headers = NULL;
	link_answer_free(&link->answer);
	sha256_free(link->digest);
	link->digest = NULL;
	link->request = NULL;
}

static int add_header(struct link *link, const char *name, const char *value)
{
	char line[REQUEST_HEADER_MAX];
	int len = value == NULL ? snprintf(line, sizeof line, "%s:", name)
				: snprintf(line, sizeof line, "%s: %s", name, value);
	struct curl_slist *longer;

	if (len < 0 || (size_t)len >= sizeof line)
		return -1;
	longer = curl_slist_append(link->headers, line);
	sodium_memzero(line, sizeof line);
	if (longer == NULL)
		return -1;
	link->headers = longer;
	return 0;
}

/* Besides the request's own: the two that curl would add by itself are taken away. */
static int set_headers(struct link *link, const struct link_request *request)
{
	if (add_header(link, "Accept", NULL) != 0 || add_header(link, "Expect", NULL) != 0)
		return -1;
	for (size_t at = 0; at < request->header_count; at++)
		if (add_header(link, request->headers[at].name, request->headers[at].value) != 0)
			return -1;
	return curl_easy_setopt(link->curl, CURLOPT_HTTPHEADER, link->headers) == CURLE_OK ? 0 : -1;
}

/* POST, PUT and PATCH always say how long their body is, also when it is empty. */
static CURLcode set_method(struct link *link, const struct link_request *request)
{
	bool has_body = request->method[0] == 'P';
	CURL *curl = link->curl;
	CURLcode code;

	if ((code = curl_easy_setopt(curl, CURLOPT_NOBODY, 0L)) != CURLE_OK ||
		(code = curl_easy_setopt(curl, CURLOPT_UPLOAD, has_body ? 1L : 0L)) != CURLE_OK ||
		(!has_body && (code = curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L)) != CURLE_OK))
		return code;
	if (strcmp(request->method, "HEAD") == 0)
		return curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (has_body && (code = curl_easy_setopt(
				 curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_len)) != CURLE_OK)
		return code;
	return curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

int link_prepare(struct link *link, const struct link_request *request, struct failure *failure)
{
	char url[REQUEST_URL_MAX], server[SERVER_URL_SIZE];
	int len;

	link_finish(link);
	server_url_format(&link->target.url, server);
	len = snprintf(url, sizeof url, "%s/v1/%s", server, request->path);
	link->request = request;
	link->body_sent = link->body_got = 0;
	link->has_length = link->is_lying = link->is_wrong_key = link->has_failed = false;
	link->answer.body = buffer_of(
		request->sink == NULL && request->answer_max != 0 ? request->answer_max : LINK_ANSWER_MAX);
	link->digest = sha256_new();
	if (link->digest == NULL || len < 0 || (size_t)len >= sizeof url ||
		curl_easy_setopt(link->curl, CURLOPT_CUSTOMREQUEST, (char *)NULL) != CURLE_OK ||
		set_method(link, request) != CURLE_OK || set_headers(link, request) != 0 ||
		curl_easy_setopt(link->curl, CURLOPT_LOW_SPEED_TIME,
			(long)(LINK_STALL_SECONDS + request->wait_seconds)) != CURLE_OK ||
		curl_easy_setopt(link->curl, CURLOPT_URL, url) != CURLE_OK) {
		link_finish(link);
		return failure_memory(failure);
	}
	return 0;
}

int link_call(struct link *link, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure)
{
	int rc;

	if (link_prepare(link, request, failure) != 0)
		return -1;
	rc = link_judge(link, curl_easy_perform(link->curl), ret_answer, failure);
	link_finish(link);
	return rc;
}
