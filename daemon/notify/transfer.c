/* mails and POSTs on their way, by libcurl on libevent's loop */
#include "transfer.h"

#include "base/log.h"
#include "proto/buffer.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX     (16 * 1024) /* of a POST's answer, which nobody reads; as much of its headers */
#define URL_MAX        1400
#define REFUSED_FROM   400
#define REFUSED_TO     499
#define TOO_EARLY      425
#define TIMED_OUT      408
#define TOO_MANY       429
#define PERMANENT_FROM 500 /* of SMTP */
#define PERMANENT_TO   599

struct transfer {
	struct transfer *next;
	struct transfers *all;
	CURL *easy;
	struct curl_slist *headers, *recipients, *resolve;
	struct buffer body;
	size_t sent, received;
	bool is_mail;
	transfer_done *done;
	void *context;
};

struct transfers {
	struct event_base *base;
	const struct notify_settings *settings;
	CURLM *multi;
	struct event *timer;
	struct transfer *first;
};

static void transfer_free(struct transfer *transfer)
{
	struct transfer **at = &transfer->all->first;
	while (*at != NULL && *at != transfer)
		at = &(*at)->next;
	if (*at != NULL) {
		*at = transfer->next;
		curl_multi_remove_handle(transfer->all->multi, transfer->easy);
	}
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	curl_slist_free_all(transfer->recipients);
	curl_slist_free_all(transfer->resolve);
	buffer_free(&transfer->body);
	free(transfer);
}

/* --- what came of it */

/* Of a POST, by the status alone: who says 200 has taken it, whatever follows. */
static enum wake_outcome post_outcome(long status)
{
	if (status >= 200 && status <= 299)
		return WAKE_DELIVERED;
	if (status == TIMED_OUT || status == TOO_EARLY || status == TOO_MANY)
		return WAKE_LATER;
	return (status >= 300 && status <= 399) || (status >= REFUSED_FROM && status <= REFUSED_TO)
		       ? WAKE_REFUSED
		       : WAKE_LATER;
}

/* What a mail server says for good about sender, recipient or mail; its other troubles may pass. */
static enum wake_outcome mail_outcome(CURLcode result, long status)
{
	if (result == CURLE_OK)
		return WAKE_DELIVERED;
	return result == CURLE_SEND_ERROR && status >= PERMANENT_FROM && status <= PERMANENT_TO ? WAKE_REFUSED
												: WAKE_LATER;
}

/* curl's words for its codes hold no address. */
static void finish(struct transfer *transfer, CURLcode result)
{
	long status = 0;
	(void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	const enum wake_outcome outcome =
		transfer->is_mail ? mail_outcome(result, status) : post_outcome(status);
	if (outcome != WAKE_DELIVERED)
		log_event(LOG_WARNING, "wake_failed", "by=%s refused=%s status=%ld reason=\"%s\"",
			transfer->is_mail ? "smtp" : "webhook", outcome == WAKE_REFUSED ? "yes" : "no",
			status, result == CURLE_OK ? "" : curl_easy_strerror(result));
	transfer_done *const done = transfer->done;
	void *const context = transfer->context;
	transfer_free(transfer);
	done(context, outcome);
}

static void take_finished(struct transfers *transfers)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(transfers->multi, &left)) != NULL) {
		struct transfer *transfer = NULL;
		const CURLcode result = message->data.result;
		if (message->msg == CURLMSG_DONE &&
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer) ==
				CURLE_OK &&
			transfer != NULL)
			finish(transfer, result);
	}
}

/* --- curl on libevent's loop */

static void on_socket(evutil_socket_t fd, short what, void *context)
{
	struct transfers *transfers = context;
	const int ready = ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
			  ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);
	int running;
	(void)curl_multi_socket_action(transfers->multi, fd, ready, &running);
	take_finished(transfers);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct transfers *transfers = context;
	int running;
	(void)fd;
	(void)what;
	(void)curl_multi_socket_action(transfers->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	take_finished(transfers);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
	struct transfers *transfers = context;
	struct event *event = socket_context;
	const short wanted = (short)(((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
				     ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0) | EV_PERSIST);
	(void)easy;
	if (event != NULL)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		event = event_new(transfers->base, fd, wanted, on_socket, transfers);
		if (event == NULL || event_add(event, NULL) != 0)
			return -1;
	}
	(void)curl_multi_assign(transfers->multi, fd, event);
	return 0;
}

static int set_timer(CURLM *multi, long in_ms, void *context)
{
	struct transfers *transfers = context;
	const struct timeval delay = { .tv_sec = in_ms / 1000, .tv_usec = in_ms % 1000 * 1000 };
	(void)multi;
	return in_ms < 0 ? event_del(transfers->timer) : event_add(transfers->timer, &delay);
}

struct transfers *transfers_new(struct event_base *base, const struct notify_settings *settings)
{
	struct transfers *transfers = calloc(1, sizeof *transfers);
	if (transfers == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(transfers);
		return NULL;
	}
	transfers->base = base;
	transfers->settings = settings;
	transfers->multi = curl_multi_init();
	transfers->timer = evtimer_new(base, on_timer, transfers);
	if (transfers->multi == NULL || transfers->timer == NULL ||
		curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETFUNCTION, watch_socket) != CURLM_OK ||
		curl_multi_setopt(transfers->multi, CURLMOPT_SOCKETDATA, transfers) != CURLM_OK ||
		curl_multi_setopt(transfers->multi, CURLMOPT_TIMERFUNCTION, set_timer) != CURLM_OK ||
		curl_multi_setopt(transfers->multi, CURLMOPT_TIMERDATA, transfers) != CURLM_OK) {
		transfers_free(transfers);
		return NULL;
	}
	return transfers;
}

void transfers_free(struct transfers *transfers)
{
	if (transfers == NULL)
		return;
	while (transfers->first != NULL)
		transfer_free(transfers->first);
	curl_multi_cleanup(transfers->multi);
	if (transfers->timer != NULL)
		event_free(transfers->timer);
	free(transfers);
}

/* --- one transfer */

static size_t give_body(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	const size_t left = transfer->body.len - transfer->sent;
	const size_t len = left < size * count ? left : size * count;
	memcpy(bytes, transfer->body.data + transfer->sent, len);
	transfer->sent += len;
	return len;
}

/* What is answered is nothing to us but a status. */
static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct transfer *transfer = context;
	(void)bytes;
	transfer->received += size * count;
	return transfer->received <= ANSWER_MAX ? size * count : 0;
}

#define SET(option, value) (code = code != CURLE_OK ? code : curl_easy_setopt(easy, option, value))

static CURLcode set_common(const struct transfer *transfer)
{
	const struct notify_settings *settings = transfer->all->settings;
	struct curl_blob ca = { .data = settings->ca, .len = settings->ca_len, .flags = CURL_BLOB_NOCOPY };
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;
	SET(CURLOPT_PRIVATE, transfer);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT, (long)settings->seconds);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_PROXY, settings->proxy != NULL ? settings->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_CAPATH, (char *)NULL);
	SET(CURLOPT_CAINFO, (char *)NULL);
	if (settings->ca != NULL)
		SET(CURLOPT_CAINFO_BLOB, &ca);
	SET(CURLOPT_RESOLVE, transfer->resolve);
	SET(CURLOPT_WRITEFUNCTION, take_answer);
	SET(CURLOPT_WRITEDATA, transfer);
	SET(CURLOPT_HEADERFUNCTION, take_answer);
	SET(CURLOPT_HEADERDATA, transfer);
	return code;
}

static CURLcode set_mail(const struct transfer *transfer)
{
	const struct notify_settings *settings = transfer->all->settings;
	CURL *easy = transfer->easy;
	char url[URL_MAX];
	CURLcode code = CURLE_OK;
	const bool is_six = strchr(settings->smtp.host, ':') != NULL;
	(void)snprintf(url, sizeof url, "%s://%s%s%s:%u/%s", settings->starttls ? "smtp" : "smtps",
		is_six ? "[" : "", settings->smtp.host, is_six ? "]" : "", (unsigned int)settings->smtp.port,
		settings->ehlo);
	SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(CURLOPT_URL, url);
	SET(CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	SET(CURLOPT_MAIL_FROM, settings->from);
	SET(CURLOPT_MAIL_RCPT, transfer->recipients);
	if (settings->user != NULL) {
		SET(CURLOPT_USERNAME, settings->user);
		SET(CURLOPT_PASSWORD, settings->password);
	}
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_READFUNCTION, give_body);
	SET(CURLOPT_READDATA, transfer);
	SET(CURLOPT_INFILESIZE, (long)transfer->body.len);
	return code;
}

static CURLcode set_post(const struct transfer *transfer, const char *url)
{
	CURL *easy = transfer->easy;
	CURLcode code = CURLE_OK;
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_HTTPHEADER, transfer->headers);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)transfer->body.len);
	SET(CURLOPT_POSTFIELDS, transfer->body.data);
	return code;
}

static int add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);
	if (longer == NULL)
		return -1;
	*list = longer;
	return 0;
}

static int add_headers(struct transfer *transfer, const char *content_type)
{
	char line[128];
	(void)snprintf(line, sizeof line, "Content-Type: %s", content_type);
	/* TTL: RFC 8030 asks a push server to keep it for a day. The rest are those that curl adds by itself.
	 */
	return add(&transfer->headers, line) != 0 || add(&transfer->headers, "TTL: 86400") != 0 ||
			       add(&transfer->headers, "Accept:") != 0 ||
			       add(&transfer->headers, "Expect:") != 0
		       ? -1
		       : 0;
}

static int fill(struct transfer *transfer, const struct transfer_request *request)
{
	char resolve[URL_MAX];
	buffer_put(&transfer->body, request->body, request->len);
	if (buffer_ok(&transfer->body) != 0)
		return -1;
	if (request->addresses != NULL) {
		const int len = snprintf(resolve, sizeof resolve, "%s:%u:%s", request->server.host,
			(unsigned int)request->server.port, request->addresses);
		/* A host that is an address needs none, and one of IPv6 can't be written here. */
		if (len < 0 || (size_t)len >= sizeof resolve ||
			(strchr(request->server.host, ':') == NULL && add(&transfer->resolve, resolve) != 0))
			return -1;
	}
	return request->to != NULL ? add(&transfer->recipients, request->to)
				   : add_headers(transfer, request->content_type);
}

int transfers_start(struct transfers *transfers, const struct transfer_request *request, transfer_done *done,
	void *context)
{
	struct transfer *transfer = calloc(1, sizeof *transfer);
	if (transfer == NULL)
		return -1;
	*transfer = (struct transfer){ .all = transfers,
		.easy = curl_easy_init(),
		.body = buffer_of(request->len),
		.is_mail = request->to != NULL,
		.done = done,
		.context = context };
	if (transfer->easy == NULL || fill(transfer, request) != 0 || set_common(transfer) != CURLE_OK ||
		(transfer->is_mail ? set_mail(transfer) : set_post(transfer, request->url)) != CURLE_OK ||
		curl_multi_add_handle(transfers->multi, transfer->easy) != CURLM_OK) {
		transfer_free(transfer);
		return -1;
	}
	transfer->next = transfers->first;
	transfers->first = transfer;
	return 0;
}
