#include "link_internal.h"

#include <stdlib.h>

struct link_multi {
	CURLM *curl;
	struct link *under_way[256];
	size_t count;
};

int link_multi_new(struct link_multi **ret_multi, struct failure *failure)
{
	struct link_multi *multi = calloc(1, sizeof *multi);

	if (multi == NULL || (multi->curl = curl_multi_init()) == NULL) {
		free(multi);
		return failure_memory(failure);
	}
	*ret_multi = multi;
	return 0;
}

static void remove_at(struct link_multi *multi, size_t at)
{
	(void)curl_multi_remove_handle(multi->curl, multi->under_way[at]->curl);
	multi->under_way[at] = multi->under_way[--multi->count];
}

void link_multi_free(struct link_multi *multi)
{
	if (multi == NULL)
		return;
	while (multi->count > 0)
		remove_at(multi, multi->count - 1);
	(void)curl_multi_cleanup(multi->curl);
	free(multi);
}

int link_multi_start(struct link_multi *multi, struct link *link, const struct link_request *request,
	struct failure *failure)
{
	if (multi->count == COUNT_OF(multi->under_way))
		return failure_set(
			failure, EX_SOFTWARE, "more calls at once than this program makes: report it");
	if (link_prepare(link, request, failure) != 0)
		return -1;
	if (curl_multi_add_handle(multi->curl, link->curl) != CURLM_OK) {
		link_finish(link);
		return failure_memory(failure);
	}
	multi->under_way[multi->count++] = link;
	return 0;
}

static void end_call(struct link_multi *multi, const CURLMsg *message, struct link_ended *ret_ended)
{
	CURLcode code = message->data.result;
	size_t at = 0;

	while (multi->under_way[at]->curl != message->easy_handle)
		at++;
	*ret_ended = (struct link_ended){ .link = multi->under_way[at] };
	remove_at(multi, at);
	ret_ended->result = link_judge(ret_ended->link, code, &ret_ended->answer, &ret_ended->failure);
	link_finish(ret_ended->link);
}

int link_multi_next(struct link_multi *multi, int timeout_ms, struct link_ended *ret_ended, bool *ret_some,
	struct failure *failure)
{
	int running, left;
	const CURLMsg *message;

	for (bool waited = false;; waited = true) {
		if (curl_multi_perform(multi->curl, &running) != CURLM_OK)
			return failure_memory(failure);
		message = curl_multi_info_read(multi->curl, &left);
		if (message != NULL && message->msg == CURLMSG_DONE) {
			end_call(multi, message, ret_ended);
			*ret_some = true;
			return 0;
		}
		if (waited)
			break;
		if (curl_multi_poll(multi->curl, NULL, 0, timeout_ms, NULL) != CURLM_OK)
			return failure_memory(failure);
	}
	*ret_some = false;
	return 0;
}
