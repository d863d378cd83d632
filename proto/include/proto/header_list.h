/* The answer to `GET desks/{desk}/headers`: reports that still wait for an officer's tool, because their
 * header is older than the roster in force or because nobody but its maker has opened the newest. */
#ifndef PROTO_HEADER_LIST_H
#define PROTO_HEADER_LIST_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#define HEADERS_MAX     200 /* on one page */
#define HEADER_LIST_MAX (64 * 1024)

struct header_entry {
	char report[ID_SIZE];
	uint64_t roster;         /* the newest header was sealed to */
	bool is_wrapped;         /* it isn't the first any more */
	bool is_confirmed;       /* somebody else has opened it; true for the first */
	char offered[NAME_SIZE]; /* the desk that hasn't taken it yet, but is to read it; "" for none */
};

struct header_list {
	struct header_entry entries[HEADERS_MAX];
	size_t count;
	uint64_t after; /* where the next page begins: a cursor that means nothing else */
	bool more;
};

MUST_USE int header_list_write(const struct header_list *list, struct buffer *out);
MUST_USE int header_list_parse(
	const char *json, size_t len, struct header_list *ret_list, struct fault *fault);

#endif
