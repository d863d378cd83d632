/* rotate receipt: the daemon makes its next receipt key; the draft names it. It signs once that is in force.
 */
#include "control_call.h"
#include "draft.h"
#include "rotate.h"
#include "verbs.h"

#include "client/output.h"
#include "proto/json.h"

#include <string.h>

static int edit(const struct admin *admin, const json_t *rotation, struct roster *draft, bool *ret_changed,
	struct failure *failure)
{
	uint8_t key[ED25519_PUBLIC_BYTES];

	(void)admin;
	if (member_base64(rotation, "key", BASE64_PADDED, key, sizeof key) != 0)
		return rotate_bad_answer(failure);
	*ret_changed = !bytes_equal(draft->receipt_key, key, sizeof key);
	memcpy(draft->receipt_key, key, sizeof key);
	return 0;
}

int verb_rotate_receipt(const struct invocation *invocation, struct failure *failure)
{
	return rotate_with_draft(invocation, "rotate-receipt", edit, failure);
}
