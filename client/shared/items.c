#include "client/items.h"

#include "keys/secure_file.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

int items_get(const struct items *items, const char *name, struct buffer *out, bool *ret_found,
	struct failure *failure)
{
	return items->get(items->owner, name, out, ret_found, failure);
}

int items_put(
	const struct items *items, const char *name, const void *data, size_t len, struct failure *failure)
{
	return items->put(items->owner, name, data, len, failure);
}

static int get_file(
	void *owner, const char *name, struct buffer *out, bool *ret_found, struct failure *failure)
{
	const struct home *home = owner;
	struct fault fault;
	uint8_t *data;
	size_t len;
	int rc;

	if (secure_file_read(home_descriptor(home), name, ITEM_MAX, &data, &len, &fault) != 0) {
		if (errno != ENOENT)
			return failure_of(failure, EX_NOINPUT, &fault);
		*ret_found = false;
		return 0;
	}
	buffer_put(out, data, len);
	sodium_free(data);
	rc = buffer_ok(out) == 0 ? 0 : failure_memory(failure);
	*ret_found = rc == 0;
	return rc;
}

static int put_file(void *owner, const char *name, const void *data, size_t len, struct failure *failure)
{
	const struct home *home = owner;
	struct fault fault;

	if (secure_file_replace(home_descriptor(home), name, data, len, &fault) != 0)
		return failure_of(failure, EX_CANTCREAT, &fault);
	return 0;
}

struct items items_in_folder(struct home *home)
{
	return (struct items){ .owner = home, .get = get_file, .put = put_file, .where = home_path(home) };
}

#define NAME_SIZE_MAX 256 /* of a file's name */

static int get_below(
	void *owner, const char *name, struct buffer *out, bool *ret_found, struct failure *failure)
{
	const struct items_below *below = owner;
	char whole[NAME_SIZE_MAX];

	(void)snprintf(whole, sizeof whole, "%s%s", below->prefix, name);
	return items_get(below->above, whole, out, ret_found, failure);
}

static int put_below(void *owner, const char *name, const void *data, size_t len, struct failure *failure)
{
	const struct items_below *below = owner;
	char whole[NAME_SIZE_MAX];

	(void)snprintf(whole, sizeof whole, "%s%s", below->prefix, name);
	return items_put(below->above, whole, data, len, failure);
}

struct items items_in(struct items_below *below)
{
	return (struct items){
		.owner = below, .get = get_below, .put = put_below, .where = below->above->where
	};
}
