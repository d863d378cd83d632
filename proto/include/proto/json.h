/* The one way JSON from outside becomes jansson values: valid UTF-8, no duplicate names, no U+0000, bounded
 * length and depth, nothing behind the value. Faults never repeat the input. */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/encode.h"

#include <jansson.h>

#define JSON_DEPTH_MAX 16

/* From then on what jansson frees is wiped. Before other threads; what was made earlier is fine. */
void json_wipe_freed(void);

/* An object of at most max bytes. */
MUST_USE int json_parse(const char *text, size_t len, size_t max, json_t **ret_object, struct fault *fault);

/* Appends the compact form, keys sorted: what signatures cover. */
MUST_USE int json_put(const json_t *value, struct buffer *out);

/* Members of an object. Each gives -1 where the member is missing or of another type. */
MUST_USE int member_text(const json_t *object, const char *name, const char **ret_text, size_t *ret_len);
/* The same, copied with its end; -1 too where it doesn't fit or holds a NUL. */
MUST_USE int member_copy(const json_t *object, const char *name, char *ret_text, size_t size);
MUST_USE int member_number(const json_t *object, const char *name, uint64_t *ret_number);
MUST_USE int member_time(const json_t *object, const char *name, int64_t *ret_seconds);
MUST_USE int member_hex(const json_t *object, const char *name, void *ret_data, size_t len);
MUST_USE int member_base64(
	const json_t *object, const char *name, enum base64_kind kind, void *ret_data, size_t len);

/* 0 where the object has exactly these members. */
MUST_USE int members_are(const json_t *object, const char *const *names, size_t count);

#endif
