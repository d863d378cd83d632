#include "control_authority.h"

#include "store_state.h"

#include <inttypes.h>
#include <string.h>
#include <sysexits.h>

static int refuse(struct control_refusal *refusal, int code, const char *text)
{
	refusal->code = code;
	fault_write(&refusal->fault, "%s", text);
	return -1;
}

/* Every signature must count: one that doesn't is a mistake that somebody should hear of. */
static int check_signers(struct control_call *call, struct control_refusal *refusal)
{
	const struct store *store = call->store;
	const struct control_request *request = &call->request;

	for (size_t at = 0; at < request->signature_count; at++) {
		const struct roster_admin *admin =
			roster_admin_by_key(store->roster, request->signatures[at].keyid);

		if (admin == NULL || control_request_verify(request, store->fingerprint, at) != 0)
			return refuse(refusal, EX_NOPERM,
				"the request isn't signed by an admin of the roster in force: only they may");
		memcpy(call->admins[call->admin_count++], admin->name, NAME_SIZE);
	}
	call->by_threshold = call->admin_count >= store->roster->threshold;
	if (call->admin_count == 0)
		return refuse(refusal, EX_NOPERM, "the request isn't signed: an admin must sign it");
	return 0;
}

static int check_time(
	const struct control_call *call, const struct control_act *act, struct control_refusal *refusal)
{
	const int64_t now = store_now(call->store);

	if (call->request.created > now + CONTROL_SKEW_SECONDS ||
		call->request.created < now - act->lifetime_seconds)
		return refuse(refusal, EX_NOPERM,
			"the request is too old, or from the future: set the clock right, then sign a new "
			"one");
	return 0;
}

int control_authority_check(
	struct control_call *call, const struct control_act *act, struct control_refusal *ret_refusal)
{
	struct store *store = call->store;

	if (call->request.roster != store->roster->version) {
		ret_refusal->code = EX_TEMPFAIL;
		fault_write(&ret_refusal->fault,
			"the daemon has roster %" PRIu64 " in force, this home knows %" PRIu64
			": run `status' or `roster publish', then try again",
			store->roster->version, call->request.roster);
		return -1;
	}
	if (check_signers(call, ret_refusal) != 0 || check_time(call, act, ret_refusal) != 0)
		return -1;
	if (act->needs_threshold && !call->by_threshold) {
		ret_refusal->code = EX_NOPERM;
		fault_write(&ret_refusal->fault,
			"the signatures of %u admins are needed: have others sign too",
			(unsigned)store->roster->threshold);
		return -1;
	}
	/* As long as the request could be taken, whatever the clocks do. */
	if (nonce_take(store, call->request.nonce,
		    store_now(store) + act->lifetime_seconds + 2 * CONTROL_SKEW_SECONDS) != 0)
		return refuse(ret_refusal, EX_NOPERM, "the request was sent before: sign a new one");
	return 0;
}
