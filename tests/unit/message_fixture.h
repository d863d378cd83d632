/* Frames as a test looks at them. */
#ifndef TESTS_MESSAGE_FIXTURE_H
#define TESTS_MESSAGE_FIXTURE_H

#include "cmocka_all.h"

#include "channel/messages.h"

#include <stdlib.h>
#include <string.h>

/* The fields of the one frame that out holds. */
static inline struct reader fields_of(const struct buffer *out, enum message_type type)
{
	struct reader in = reader_of(out->data, out->len);
	struct reader fields = { NULL, 0 };
	enum message_type found;
	assert_int_equal(frame_next(&in, CHANNEL_FRAME_MAX, &found, &fields), 1);
	assert_int_equal(found, type);
	assert_int_equal(in.left, 0);
	return fields;
}

typedef int getter(struct reader *in);

/* Every shorter message, and one with a byte more, is refused. Frees out. */
static inline void only_whole(struct buffer *out, enum message_type type, getter *get)
{
	const struct reader whole = fields_of(out, type);
	struct reader in = whole;
	assert_int_equal(get(&in), 0);
	for (size_t len = 0; len < whole.left; len++) {
		uint8_t *shorter = malloc(len > 0 ? len : 1); /* so that a sanitizer sees a read beyond */
		assert_non_null(shorter);
		memcpy(shorter, whole.at, len);
		in = reader_of(shorter, len);
		assert_int_equal(get(&in), -1);
		free(shorter);
	}
	uint8_t *longer = calloc(1, whole.left + 1);
	assert_non_null(longer);
	memcpy(longer, whole.at, whole.left);
	in = reader_of(longer, whole.left + 1);
	assert_int_equal(get(&in), -1);
	free(longer);
	buffer_free(out);
}

#endif
