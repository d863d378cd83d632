/* The channels to the fronts: requests come in, are routed, and their bodies collected. Nothing that a front
 * says is believed: ids, order and lengths are checked here, everything else by the call. */
#include "audit.h"
#include "rota.h"
#include "store_state.h"
#include "wake_ways.h"

#include "base/log.h"
#include "proto/invitation_list.h"
#include "proto/wake_letter.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define MAILBOX_BODY_MAX (256 * 1024)

struct call_rule {
	void (*run)(struct request *request); /* NULL: not a call of this version */
	uint64_t body_max;                    /* 0: an empty body, where the method has one */
	/* Judged before the body is asked for; false where it has answered. */
	bool (*begins)(struct request *request);
};

static const struct call_rule rules[CALL_COUNT] = {
	[CALL_GET_ROSTER] = { call_get_roster, 0, NULL },
	[CALL_GET_ROSTER_VERSION] = { call_get_roster, 0, NULL },
	[CALL_PUT_ROSTER] = { call_put_roster, ROSTER_MAX_BYTES, NULL },
	[CALL_PUT_REPORT] = { call_put_report, REPORT_PUT_MAX, call_put_report_begins },
	[CALL_CREATE_UPLOAD] = { call_create_upload, 0, NULL },
	[CALL_HEAD_UPLOAD] = { call_head_upload, 0, NULL },
	[CALL_PATCH_UPLOAD] = { call_patch_upload, ROUTE_UPLOAD_MAX, call_patch_upload_begins },
	[CALL_GET_ALERTS] = { call_get_alerts, 0, NULL },
	[CALL_GET_REPORTS] = { call_get_reports, 0, NULL },
	[CALL_GET_EXPIRING] = { call_get_expiring, 0, NULL },
	[CALL_GET_REPORT] = { call_get_report, 0, NULL },
	[CALL_GET_HEADER] = { call_get_header, 0, NULL },
	[CALL_PUT_HEADER] = { call_put_header, WRAPPING_MAX, NULL },
	[CALL_GET_WRAPPING] = { call_get_wrapping, 0, NULL },
	[CALL_GET_HEADERS] = { call_get_headers, 0, NULL },
	[CALL_GET_EVENTS] = { call_get_events, 0, NULL },
	[CALL_POST_EVENT] = { call_post_event, EVENT_MAX, NULL },
	[CALL_POST_HOLD] = { call_post_hold, HOLD_ORDER_MAX, NULL },
	[CALL_GET_ROTA] = { call_get_rota, 0, NULL },
	[CALL_PUT_ROTA] = { call_put_rota, ROTA_MAX, NULL },
	[CALL_GET_MAILBOX] = { call_get_mailbox, 0, NULL },
	[CALL_DELETE_MAILBOX] = { call_delete_mailbox, 0, NULL },
	[CALL_POST_MAILBOX] = { call_post_mailbox, MAILBOX_BODY_MAX, NULL },
	[CALL_POST_TOKENS] = { call_post_tokens, TOKEN_REQUEST_MAX, NULL },
	[CALL_POST_INVITATIONS] = { call_post_invitations, INVITATION_LIST_BYTES, NULL },
	[CALL_GET_STATUS] = { call_get_status, 0, NULL },
	[CALL_GET_AUDIT] = { call_get_audit, 0, NULL },
	[CALL_GET_AUDIT_HEAD] = { call_get_audit_head, 0, NULL },
	[CALL_GET_WAKE] = { call_get_wake, 0, NULL },
	[CALL_PUT_WAKE] = { call_put_wake, WAKE_SEALED_BYTES, NULL },
	[CALL_POST_WAKE] = { call_post_wake, 0, NULL },
	[CALL_DELETE_WAKE] = { call_delete_wake, 0, NULL },
};

static struct request **slot_of(struct front *front, uint32_t id)
{
	struct request **slot = &front->table[id % REQUEST_TABLE_SLOTS];

	while (*slot != NULL && (*slot)->id != id)
		slot = &(*slot)->next;
	return slot;
}

void front_forget(struct request *request)
{
	struct request **slot = slot_of(request->front, request->id);

	if (*slot == request)
		*slot = request->next;
}

/* The fields in one block of memory, which goes once the request has been judged. */
static int copy_fields(struct request *request, const struct message_request *message)
{
	const char **fields[] = { &request->fields.target, &request->fields.authority,
		&request->fields.content_digest, &request->fields.signature_input, &request->fields.signature,
		&request->fields.authorization, &request->fields.mailbox_key, &request->fields.hold_key,
		&request->fields.upload_key, &request->fields.upload_offset, &request->fields.upload_complete,
		&request->fields.content_type };
	size_t len = 0, at = 0;

	request->fields = *message;
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		len += strlen(*fields[i]) + 1;
	request->text = malloc(len);
	if (request->text == NULL)
		return -1;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		size_t size = strlen(*fields[i]) + 1;

		memcpy(request->text + at, *fields[i], size);
		*fields[i] = request->text + at;
		at += size;
	}
	return 0;
}

static void run(struct request *request)
{
	const struct call_rule *rule = &rules[request->route.call];

	if (request->route.caller != CALLER_ANYONE && authority_check(request) != 0)
		return;
	rule->run(request);
}

static bool takes_body(enum http_method method)
{
	return method == METHOD_POST || method == METHOD_PUT || method == METHOD_PATCH;
}

/* A body that is collected in memory, within what all of them together may take. */
static void collect(struct request *request)
{
	struct store *store = request->front->store;

	if (store->body_in_memory + request->content_length > BODY_IN_MEMORY_MAX) {
		request_refuse(request, PROBLEM_BUSY);
		return;
	}
	store->body_in_memory += request->content_length;
	request->credited = request->content_length;
	request->body = buffer_of((size_t)request->content_length);
	request_credit(request, 0, request->content_length);
}

static void judge(struct request *request)
{
	const struct call_rule *rule;

	if (route_parse(http_method_word(request->method), request->fields.target,
		    request->front->store->base_path, &request->route) != 0) {
		request_refuse(request, PROBLEM_BAD_REQUEST);
		return;
	}
	rule = &rules[request->route.call];
	if (request->route.call == CALL_NONE || rule->run == NULL) {
		request_decoy(request);
		return;
	}
	if (takes_body(request->method) && !request->fields.has_body) {
		request_refuse(request, PROBLEM_LENGTH_REQUIRED);
		return;
	}
	if (request->content_length > rule->body_max) {
		request_refuse(request, PROBLEM_TOO_LARGE);
		return;
	}
	if (rule->begins != NULL && !rule->begins(request))
		return;
	if (request->content_length == 0)
		run(request);
	else if (request->upload == NULL)
		collect(request);
}

static int on_request(struct front *front, struct reader *in)
{
	struct message_request message;
	struct request *request, **slot;

	if (message_request_get(in, &message) != 0)
		return -1;
	slot = slot_of(front, message.id);
	if (*slot != NULL)
		return -1; /* the number is taken: front broke its own rule */
	request = calloc(1, sizeof *request);
	if (request == NULL)
		return -1;
	request->front = front;
	request->id = message.id;
	request->method = message.method;
	request->content_length = message.content_length;
	request->answer.body = buffer_of(ALERT_BODY_MAX);
	*slot = request;
	if (copy_fields(request, &message) != 0) {
		request_end(request);
		return -1;
	}
	judge(request);
	return 0;
}

static int on_body(struct front *front, struct reader *in)
{
	struct message_request_body message;
	struct request *request;

	if (message_request_body_get(in, &message) != 0)
		return -1;
	request = *slot_of(front, message.id);
	if (request == NULL || request->in_group || request->answer.status != 0)
		return 0; /* it crossed with the answer */
	if (message.len > request->content_length - request->received)
		return -1;
	request->received += message.len;
	if (request->upload != NULL) {
		call_patch_upload_bytes(request, message.data, message.len);
		return 0;
	}
	buffer_put(&request->body, message.data, message.len);
	if (request->received == request->content_length)
		run(request);
	return 0;
}

static int on_gone(struct front *front, struct reader *in)
{
	struct message_request_id message;
	struct request *request;

	if (message_request_id_get(in, &message) != 0)
		return -1;
	request = *slot_of(front, message.id);
	if (request == NULL)
		return 0;
	if (request->in_group) {
		/* What it wrote stays: only the answer has nobody to go to. */
		request->is_gone = true;
		front_forget(request);
		return 0;
	}
	request_end(request);
	return 0;
}

static int on_taken(struct front *front, struct reader *in)
{
	struct message_credit message;
	struct request *request;

	if (message_credit_get(in, &message) != 0)
		return -1;
	request = *slot_of(front, message.id);
	if (request == NULL || request->answer.stream == NULL || request->in_group)
		return 0;
	if (message.bytes > request->stream_untaken)
		return -1;
	request->stream_untaken -= message.bytes;
	request_more_stream(request);
	return 0;
}

static int on_message(void *context, enum message_type type, struct reader *message, int passed_fd)
{
	struct front *front = context;
	int rc;

	(void)passed_fd; /* no rule lets a front pass one */
	errno = 0;       /* request_answer_problem looks whether memory failed from here on */
	switch (type) {
	case MESSAGE_REQUEST:
		rc = on_request(front, message);
		break;
	case MESSAGE_REQUEST_BODY:
		rc = on_body(front, message);
		break;
	case MESSAGE_REQUEST_GONE:
		rc = on_gone(front, message);
		break;
	case MESSAGE_ANSWER_TAKEN:
		rc = on_taken(front, message);
		break;
	default:
		rc = -1;
	}
	group_maybe_commit(front->store);
	return rc == 0 && !front->ended ? 0 : -1;
}

static void detach(struct front *front)
{
	struct front **at = &front->store->fronts;

	/* What its requests wrote is committed first, so that none of them is left in a group. */
	group_commit(front->store);
	while (*at != front)
		at = &(*at)->next;
	*at = front->next;
	for (size_t i = 0; i < REQUEST_TABLE_SLOTS; i++) {
		while (front->table[i] != NULL)
			request_end(front->table[i]);
	}
	/* What had come of uploads. */
	group_commit(front->store);
	channel_free(front->channel);
	free(front);
}

static void on_ended(void *context, const char *reason)
{
	struct front *front = context;

	log_event(LOG_INFO, "front_channel_ended", "reason=\"%s\"", reason);
	detach(front);
}

int front_attach(struct store *store, int fd)
{
	struct front *front = calloc(1, sizeof *front);
	struct channel_options options = { .base = store->base,
		.fd = fd,
		.me = ROLE_STORE,
		.peer = ROLE_FRONT,
		.on_message = on_message,
		.on_ended = on_ended,
		.context = front };

	if (front == NULL)
		return -1;
	front->store = store;
	front->channel = channel_new(&options);
	if (front->channel == NULL) {
		free(front);
		return -1;
	}
	front->next = store->fronts;
	store->fronts = front;
	return 0;
}

void fronts_free(struct store *store)
{
	while (store->fronts != NULL)
		detach(store->fronts);
}
