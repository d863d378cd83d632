/* `clarion proof DIR`: the two rosters of a fork, out of the encrypted home, for whoever shall judge them. */
#include "session.h"
#include "verbs.h"

#include "client/output.h"

int run_proof(const struct invocation *invocation, struct failure *failure)
{
	const char *path = arguments_operand(invocation->arguments, 0);
	struct session session = { 0 };
	size_t count = 0;
	int rc = -1;

	if (session_open(invocation, &session, failure) != 0 ||
		organisation_write_forks(&session.items, path, &count, failure) != 0)
		goto cleanup;
	if (count == 0) {
		rc = failure_set(failure, EX_NOINPUT,
			"there is no proof: this home has never seen two rosters in one place");
		goto cleanup;
	}
	say(invocation,
		translated_count(
			"%zu roster is written: an admin judges it with `clarion-admin roster verify'.\n",
			"%zu rosters are written: an admin judges each with `clarion-admin roster verify'.\n",
			count),
		count);
	rc = output_result(invocation, json_pack("{s:I}", "rosters", (json_int_t)count), failure);
cleanup:
	session_close(&session);
	return rc;
}
