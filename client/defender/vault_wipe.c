#include "vault_internal.h"

#include "client/home.h"

#include <string.h>

#define HEX_DIGITS "0123456789abcdef"

#define HOME_NAME_CHARS 32

struct wiping {
	const struct home *home;
	bool takes_homes; /* what could be the home's own file: the last to go */
	size_t removed, others, stuck;
};

/* The home's file, payloads, and what a crash left of one that was being written (`.HEX.new`). */
static bool is_ours(const char *name)
{
	size_t len = strspn(name, HEX_DIGITS);

	if (name[0] != '.')
		return (len == HOME_NAME_CHARS || len == FILE_NAME_SIZE - 1) && name[len] == '\0';
	len = strspn(name + 1, HEX_DIGITS);
	return len > 0 && strcmp(name + 1 + len, ".new") == 0;
}

static int remove_one(void *context, const char *name)
{
	struct wiping *wiping = context;
	struct failure ignored;

	if (container_fits(wiping->home, name) != wiping->takes_homes)
		return 0;
	if (!is_ours(name))
		wiping->others++;
	else if (disk_remove(wiping->home, name, &ignored) == 0)
		wiping->removed++;
	else
		wiping->stuck++;
	return 0;
}

/* A folder that changes while it is listed may hide a name: until a whole pass has removed nothing. */
static int remove_all(struct wiping *wiping, struct failure *failure)
{
	do {
		wiping->removed = wiping->others = wiping->stuck = 0;
		if (disk_each(wiping->home, remove_one, wiping, failure) != 0)
			return -1;
	} while (wiping->removed > 0);
	return 0;
}

static int count_one(void *context, const char *name)
{
	size_t *count = context;

	(void)name;
	(*count)++;
	return 0;
}

/* The home's file is gone already: an earlier wipe came this far, or this was never a home. */
static int check_empty(const struct home *home, struct failure *failure)
{
	size_t count = 0;

	if (disk_each(home, count_one, &count, failure) != 0)
		return -1;
	return count == 0 ? 0
			  : failure_set(failure, EX_CONFIG,
				    "that folder isn't a home, nothing was removed: check --home");
}

struct overwriting {
	const struct home *home;
	size_t count;
	bool has_failed;
	struct failure *failure;
};

/* All that could be the home: a copy beside it opens as well. */
static int overwrite_one(void *context, const char *name)
{
	struct overwriting *overwriting = context;

	if (!container_fits(overwriting->home, name))
		return 0;
	overwriting->count++;
	overwriting->has_failed |= disk_overwrite(overwriting->home, name, overwriting->failure) != 0;
	return 0;
}

static int destroy(const struct home *home, size_t *ret_others, struct failure *failure)
{
	struct wiping wiping = { .home = home };
	size_t others;

	if (remove_all(&wiping, failure) != 0 || disk_sync(home, failure) != 0)
		return -1;
	if (wiping.stuck > 0)
		return failure_set(failure, EX_CANTCREAT,
			translated_count("the keys are destroyed, but %zu file can't be removed: remove the "
					 "folder yourself",
				"the keys are destroyed, but %zu files can't be removed: remove the folder "
				"yourself",
				wiping.stuck),
			wiping.stuck);
	others = wiping.others;
	wiping.takes_homes = true;
	if (remove_all(&wiping, failure) != 0)
		return -1;
	*ret_others = others;
	return disk_sync(home, failure);
}

int vault_wipe(struct home *home, size_t *ret_others, struct failure *failure)
{
	struct overwriting overwriting = { .home = home, .failure = failure };

	*ret_others = 0;
	if (disk_each(home, overwrite_one, &overwriting, failure) != 0)
		return -1;
	if (overwriting.has_failed)
		return failure_set(failure, EX_CANTCREAT,
			"the keys can't be destroyed, nothing was removed: look at the folder's disk and "
			"mode");
	return overwriting.count == 0 ? check_empty(home, failure) : destroy(home, ret_others, failure);
}
