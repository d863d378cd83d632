#include "audit.h"
#include "figures.h"
#include "store_state.h"

#include "proto/digest.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

static void answer_free(struct answer *answer)
{
	buffer_free(&answer->body);
	stream_free(answer->stream);
	answer->stream = NULL;
}

void request_end(struct request *request)
{
	struct store *store = request->front->store;

	if (request->is_waiting)
		alerts_stop_waiting(request);
	upload_dropped(request);
	front_forget(request);
	store->body_in_memory -= request->credited;
	buffer_free(&request->body);
	answer_free(&request->answer);
	facts_free(request->facts);
	free(request->text);
	free(request);
}

/* Content-Digest and Answer-Signature: only for a request whose signature verified. */
static int sign_answer(
	struct request *request, struct message_answer *message, char signature[ANSWER_SIGNATURE_SIZE])
{
	struct answer *answer = &request->answer;
	struct signed_answer subject = { .nonce = request->signer.nonce,
		.status = answer->status,
		.content_digest = answer->content_digest };
	uint8_t digest[SHA256_BYTES];

	if (!request->signer.present)
		return 0;
	if (answer->stream == NULL) {
		if (sha256_once(answer->body.data == NULL ? (const uint8_t *)"" : answer->body.data,
			    answer->body.len, digest) != 0)
			return -1;
		content_digest_format(digest, answer->content_digest);
	}
	if (answer_sign(&subject, request->front->store->receipt_secret_key, signature) != 0)
		return -1;
	message->content_digest = answer->content_digest;
	message->answer_signature = signature;
	return 0;
}

static int send_body(struct request *request)
{
	struct buffer *out = channel_out(request->front->channel);
	struct answer *answer = &request->answer;
	size_t done = 0;

	if (request->method == METHOD_HEAD)
		return 0;
	while (done < answer->body.len) {
		struct message_request_body piece = { .id = request->id, .data = answer->body.data + done };

		piece.len = answer->body.len - done < CHANNEL_BODY_MAX ? answer->body.len - done
								       : CHANNEL_BODY_MAX;
		if (message_request_body_put(out, MESSAGE_ANSWER_BODY, &piece) != 0)
			return -1;
		done += piece.len;
	}
	return 0;
}

static void send_or_end(struct request *request)
{
	struct answer *answer = &request->answer;
	char signature[ANSWER_SIGNATURE_SIZE] = "";
	struct message_answer message = { .id = request->id,
		.status = answer->status,
		.content_type = answer->content_type,
		.content_length = answer->stream != NULL ? stream_length(answer->stream) : answer->body.len,
		.content_digest = "",
		.answer_signature = "",
		.upload_offset = answer->upload_offset,
		.upload_complete = answer->upload_complete == NULL ? "" : answer->upload_complete,
		.location = answer->location,
		.close = answer->close };

	if (sign_answer(request, &message, signature) != 0 ||
		message_answer_put(channel_out(request->front->channel), &message) != 0)
		request->front->ended = true;
	else if (answer->stream != NULL)
		request_more_stream(request);
	else if (send_body(request) != 0)
		request->front->ended = true;
}

/* The answer leaves now. A stream stays until front has taken it; everything else is done with. */
void request_send(struct request *request)
{
	bool is_stream = request->answer.stream != NULL;

	if (request->is_gone || request->front->channel == NULL) {
		request_end(request);
		return;
	}
	if (request->answer.content_type == NULL)
		request->answer.content_type = "";
	send_or_end(request);
	if (!is_stream)
		request_end(request);
}

void request_more_stream(struct request *request)
{
	struct answer *answer = &request->answer;
	bool done = false;
	int rc = 0;

	while (!done && request->stream_untaken < ANSWER_WINDOW) {
		struct buffer piece = buffer_of(CHANNEL_BODY_MAX);
		struct message_request_body message = { .id = request->id };

		rc = stream_next(answer->stream, &piece, &done);
		message.data = piece.data;
		message.len = piece.len;
		if (rc == 0 && piece.len > 0 &&
			message_request_body_put(
				channel_out(request->front->channel), MESSAGE_ANSWER_BODY, &message) != 0)
			rc = -1;
		request->stream_untaken += piece.len;
		buffer_free(&piece);
		if (rc != 0)
			break;
	}
	/* A row that is damaged: the answer stays short, which the client's own checks notice. */
	if (done || rc != 0)
		request_end(request);
}

/* While a group is open, what an answer tells may not be durable yet: it waits with the others. */
static void hand_over(struct request *request)
{
	struct store *store = request->front->store;

	if (!backend_in_group(store->backend) || request->in_group) {
		if (!request->in_group)
			request_send(request);
		return;
	}
	request->in_group = true;
	request->next_in_group = store->group;
	store->group = request;
}

void request_answer(struct request *request, uint16_t status, const char *content_type)
{
	request->answer.status = status;
	request->answer.content_type = content_type;
	if (buffer_ok(&request->answer.body) != 0) {
		request_answer_problem(request, PROBLEM_BUSY);
		return;
	}
	hand_over(request);
}

/* Where memory failed since the request's message came (fronts.c), whatever is said of it may be wrong: a
 * client that hears "not sealed" gives its report up, one that hears "busy" tries again. */
static enum problem unless_memory_is_short(enum problem problem)
{
	return errno == ENOMEM ? PROBLEM_BUSY : problem;
}

void request_answer_problem(struct request *request, enum problem problem)
{
	struct answer *answer = &request->answer;

	problem = unless_memory_is_short(problem);
	stream_free(answer->stream);
	answer->stream = NULL;
	buffer_free(&answer->body);
	answer->body = buffer_of(PROBLEM_MAX);
	if (problem_write(problem, &answer->body) != 0)
		buffer_free(&answer->body);
	answer->status = (uint16_t)problem_status(problem);
	answer->content_type = "application/problem+json";
	audit_refused(request, problem);
	figures_refused(request->front->store, problem);
	hand_over(request);
}

void request_refuse(struct request *request, enum problem problem)
{
	request->answer.close = true;
	request_answer_problem(request, problem);
}

void request_decoy(struct request *request)
{
	struct message_request_id message = { .id = request->id };

	if (message_request_id_put(channel_out(request->front->channel), MESSAGE_DECOY, &message) != 0)
		request->front->ended = true;
	request_end(request);
}

void request_credit(struct request *request, uint64_t before, uint64_t bytes)
{
	uint64_t unasked = before < CHANNEL_FIRST_CREDIT ? CHANNEL_FIRST_CREDIT - before : 0;
	struct message_credit message = { .id = request->id };

	if (bytes <= unasked)
		return;
	message.bytes = (uint32_t)(bytes - unasked);
	if (message_credit_put(channel_out(request->front->channel), MESSAGE_BODY_WANTED, &message) != 0)
		request->front->ended = true;
}
