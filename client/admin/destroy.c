/* destroy: the end of a report. Of one that is closed by one admin; of any other by as many as publish a
 * roster, who sign one request one after the other. */
#include "control_call.h"
#include "options.h"
#include "verbs.h"

#include "client/output.h"
#include "client/terminal.h"
#include "keys/secure_file.h"
#include "proto/encode.h"
#include "proto/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 200 /* as the daemon takes it */

static int new_request(const struct admin *admin, const char *report, const char *reason,
	struct control_request *ret_request, struct failure *failure)
{
	uint8_t id[ID_BYTES];
	char line[REASON_MAX + 1];

	if (hex_decode(report, strlen(report), id, sizeof id) != 0)
		return failure_set(
			failure, EX_DATAERR, "this is no report's id: give the 64 characters of its id");
	if (control_begin(admin, "destroy", ret_request, failure) != 0)
		return -1;
	if (control_argument_add(ret_request, "report", report) != 0)
		return failure_set(failure, EX_DATAERR, "this report can't be named: check its id");
	if (reason == NULL)
		return 0;
	if (option_title(reason, "the reason", REASON_MAX, line, failure) != 0)
		return -1;
	return control_argument_add(ret_request, "reason", line) == 0
		       ? 0
		       : failure_set(failure, EX_DATAERR, "this reason can't be sent: give one line");
}

/* Another admin's request, from --request FILE. */
static int read_request(const char *path, struct control_request *ret_request, struct failure *failure)
{
	struct buffer bytes = buffer_of(CONTROL_REQUEST_MAX + 64);
	enum control_kind kind;
	struct reader in, content;
	int rc = -1;

	if (take_file(path, "the request", CONTROL_REQUEST_MAX, &bytes, failure) != 0)
		goto cleanup;
	in = reader_of(bytes.data, bytes.len);
	if (control_frame_next(&in, &kind, &content) != 1 || kind != CONTROL_REQUEST || in.left != 0 ||
		control_request_get(&content, ret_request) != 0 || strcmp(ret_request->act, "destroy") != 0 ||
		control_argument(ret_request, "report") == NULL) {
		rc = failure_set(failure, EX_DATAERR,
			"this is no request to destroy a report: give what `destroy --out' wrote");
		goto cleanup;
	}
	rc = 0;
cleanup:
	buffer_free(&bytes);
	return rc;
}

static int write_request(const char *path, const struct control_request *request, struct failure *failure)
{
	struct buffer bytes = buffer_of(CONTROL_REQUEST_MAX + 64);
	struct fault fault;
	int rc;

	if (control_request_put(&bytes, request) != 0)
		rc = failure_memory(failure);
	else if (secure_file_create(AT_FDCWD, path, bytes.data, bytes.len, &fault) != 0)
		rc = admin_file_failure(failure, errno, &fault);
	else
		rc = 0;
	buffer_free(&bytes);
	return rc;
}

static int confirm(
	const struct invocation *invocation, const struct control_request *request, struct failure *failure)
{
	const char *reason = control_argument(request, "reason");
	struct buffer safe = buffer_of(VALUE_MAX);
	char *answer = NULL;
	bool is_yes;

	if (invocation->json || !terminal_is_there())
		return 0;
	say(invocation, "Report %s will be destroyed. Nobody can bring it back.\n",
		control_argument(request, "report"));
	if (reason != NULL) {
		terminal_safe(reason, strlen(reason), &safe);
		say(invocation, "Reason: %s\n", buffer_text(&safe));
	}
	buffer_free(&safe);
	if (ask_line("Destroy it? Type yes: ", "give --json", &answer, failure) != 0)
		return -1;
	is_yes = strcmp(answer, "yes") == 0;
	sodium_free(answer);
	return is_yes ? 0 : failure_set(failure, EX_NOPERM, "nothing is destroyed: say yes to destroy it");
}

static int say_result(const struct invocation *invocation, json_t *result, struct failure *failure)
{
	uint64_t epoch = 0;
	const char *when = NULL;
	size_t len = 0;

	if (member_number(result, "epoch", &epoch) != 0 ||
		member_text(result, "destroyed", &when, &len) != 0 ||
		!json_is_boolean(json_object_get(result, "final"))) {
		json_decref(result);
		return failure_set(
			failure, EX_PROTOCOL, "the daemon's answer isn't one: use programs of one version");
	}
	say(invocation, "Destroyed (%s).\n", when);
	if (json_is_true(json_object_get(result, "final")))
		say(invocation, "It is final: the storage key that wrapped its key is gone.\n");
	else
		say(invocation,
			"A copy of the disk from before can still be opened by whoever also gets storage key "
			"%llu. Final once that is rotated out: run `rotate storage'.\n",
			(unsigned long long)epoch);
	return output_result(invocation, result, failure);
}

/* Signed by this home, then on to the next admin or to the daemon. */
static int pass_on(
	struct admin *admin, struct control_request *request, const char *out, struct failure *failure)
{
	const struct invocation *invocation = admin->invocation;
	json_t *result = NULL;

	/* What enough admins have signed may be sent by anybody who reaches the socket. */
	if (request->signature_count < admin->newest->threshold && control_sign(admin, request, failure) != 0)
		return -1;
	if (out != NULL) {
		if (write_request(out, request, failure) != 0)
			return -1;
		say(invocation,
			translated_count("Written, with %zu of %u signature.\n",
				"Written, with %zu of %u signatures.\n", admin->newest->threshold),
			request->signature_count, (unsigned)admin->newest->threshold);
		return output_result(invocation,
			json_pack("{s:s, s:I, s:I}", "report", control_argument(request, "report"),
				"signatures", (json_int_t)request->signature_count, "threshold",
				(json_int_t)admin->newest->threshold),
			failure);
	}
	if (control_send(admin, request, NULL, &result, failure) != 0)
		return -1;
	return say_result(invocation, result, failure);
}

int verb_destroy(const struct invocation *invocation, struct failure *failure)
{
	const char *report = arguments_operand(invocation->arguments, 0);
	const char *file = arguments_option(invocation->arguments, "request");
	const char *reason = arguments_option(invocation->arguments, "reason");
	struct admin *admin = NULL;
	struct control_request *request = calloc(1, sizeof *request);
	int rc = -1;

	if (request == NULL)
		return failure_memory(failure);
	if ((report == NULL) == (file == NULL) || (file != NULL && reason != NULL)) {
		rc = failure_set(
			failure, EX_USAGE, "give the report, with its reason, or --request FILE: not both");
		goto cleanup;
	}
	if (admin_open(invocation, &admin, failure) != 0)
		goto cleanup;
	rc = file != NULL ? read_request(file, request, failure)
			  : new_request(admin, report, reason, request, failure);
	if (rc == 0)
		rc = confirm(invocation, request, failure);
	if (rc == 0)
		rc = pass_on(admin, request, arguments_option(invocation->arguments, "out"), failure);
cleanup:
	free(request);
	admin_close(admin);
	return rc;
}
