/* `clarion wipe`: destroys the home. It asks for nothing, not even the passphrase: there may be no time. */
#include "client/home.h"
#include "client/output.h"
#include "vault.h"
#include "verbs.h"

#include <unistd.h>

static void show(const struct invocation *invocation, size_t others)
{
	say(invocation, "The home's keys are overwritten, and its files are removed.\n");
	if (others > 0)
		say(invocation,
			translated_count("%zu file in that folder isn't this program's: it is still there.\n",
				"%zu files in that folder aren't this program's: they are still there.\n",
				others),
			others);
	say(invocation,
		"What can't be promised: flash memory (phones, sticks, SSDs) may keep an old copy of the "
		"keys for a while; then only the passphrase, if there was one, protects what else it keeps. "
		"Copies and backups of the folder, files that you attached or sealed out, and what you wrote "
		"down are still where they are.\n");
}

int run_wipe(const struct invocation *invocation, struct failure *failure)
{
	struct home *home = NULL;
	size_t others = 0;
	int rc = -1;

	if (home_open(invocation, HOME_EXISTING, &home, failure) != 0 ||
		vault_wipe(home, &others, failure) != 0)
		goto cleanup;
	/* A folder with files of others stays, and so does one that something else holds. */
	if (rmdir(home_path(home)) != 0 && others == 0)
		say(invocation, "The empty folder can't be removed: remove it yourself.\n");
	show(invocation, others);
	rc = output_result(
		invocation, json_pack("{s:b, s:I}", "wiped", 1, "others", (json_int_t)others), failure);
cleanup:
	home_close(home);
	return rc;
}
