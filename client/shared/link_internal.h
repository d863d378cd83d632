/* Between link.c, link_answer.c, link_tls.c and link_multi.c. */
#ifndef CLIENT_LINK_INTERNAL_H
#define CLIENT_LINK_INTERNAL_H

#include "client/link.h"
#include "proto/digest.h"

#include <curl/curl.h>

struct link {
	struct link_target target;
	CURL *curl;
	struct curl_slist *headers;
	const struct link_request *request; /* under way; NULL between calls */
	size_t body_sent;
	struct link_answer answer;
	struct sha256 *digest;
	size_t body_got;
	bool has_length;
	bool is_lying;     /* headers that this protocol doesn't have */
	bool is_wrong_key; /* the TLS handshake ended on the pin check */
	bool is_next_key;  /* the server showed another than the first pin's */
	bool has_failed;   /* source, sink or a limit: failure says which */
	struct failure failure;
};

/* link_tls.c: CURLOPT_SSL_CTX_FUNCTION; owner is the link. */
CURLcode link_tls_set_up(CURL *curl, void *ssl_context, void *owner);

/* link_answer.c: curl's callbacks for what comes in, and the judgement at the end. */
size_t link_take_header(char *line, size_t size, size_t count, void *owner);
size_t link_take_body(char *bytes, size_t size, size_t count, void *owner);
MUST_USE int link_judge(
	struct link *link, CURLcode code, struct link_answer *ret_answer, struct failure *failure);

/* link.c: everything before the call, and after link_judge. */
MUST_USE int link_prepare(struct link *link, const struct link_request *request, struct failure *failure);
void link_finish(struct link *link);

#endif
