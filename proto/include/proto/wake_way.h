/* How an officer wants to be woken, as she writes it. */
#ifndef PROTO_WAKE_WAY_H
#define PROTO_WAKE_WAY_H

#include "proto/base.h"
#include "proto/buffer.h"

#define WAKE_ADDRESS_MAX  900 /* a UnifiedPush endpoint is a few hundred characters */
#define WAKE_ADDRESS_SIZE (WAKE_ADDRESS_MAX + 1)
#define WAKE_BEAT_MIN     5 /* minutes */
#define WAKE_BEAT_MAX     (7 * 24 * 60)

enum wake_kind {
	WAKE_SMTP = 1, /* smtp:NAME@HOST */
	WAKE_WEBHOOK,  /* webhook:https://…, and the same for the next three */
	WAKE_NTFY,
	WAKE_GOTIFY,
	WAKE_UNIFIEDPUSH,
	WAKE_COMMAND, /* the operator's, which takes no address */
};
#define WAKE_KIND_LAST WAKE_COMMAND

struct wake_way {
	enum wake_kind kind;
	char address[WAKE_ADDRESS_SIZE]; /* "" for the command */
	uint32_t beat_minutes;           /* 0: when something waits; else by this schedule, always alike */
};

/* `smtp:ada@example.org`, `ntfy:https://HOST[:PORT]/…`, `command`. */
MUST_USE int wake_way_of(const char *text, struct wake_way *ret_way, struct fault *fault);
/* Back again. */
MUST_USE int wake_way_text(const struct wake_way *way, struct buffer *out);
/* An address that fits the kind, as wake_way_of takes it. */
bool wake_address_fits(enum wake_kind kind, const char *address);

#endif
