/* The answer to `GET desks/{desk}/alerts`. */
#ifndef PROTO_ALERT_LIST_H
#define PROTO_ALERT_LIST_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#define ALERTS_MAX     200 /* on one page */
#define ALERT_LIST_MAX (128 * 1024)

struct alert {
	uint64_t seq;
	char report[ID_SIZE];
	char desk[NAME_SIZE];
	enum urgency urgency;
	enum report_state state;
	int64_t accepted;
	bool has_due; /* false once acknowledged */
	int64_t due;
};

/* One alert as JSON, without a line's end. */
MUST_USE int alert_write(const struct alert *alert, struct buffer *out);
MUST_USE int alert_list_write(const struct alert *alerts, size_t count, bool more, struct buffer *out);

/* seq must rise. *ret_alerts is freed with free(). */
MUST_USE int alert_list_parse(const char *json, size_t len, struct alert **ret_alerts, size_t *ret_count,
	bool *ret_more, struct fault *fault);

/* The answer to `GET desks/{desk}/reports`: next is what to ask for `after`, 0 at the end. In no order that
 * means anything. */
MUST_USE int report_page_write(const struct alert *alerts, size_t count, uint64_t next, struct buffer *out);
MUST_USE int report_page_parse(const char *json, size_t len, struct alert **ret_alerts, size_t *ret_count,
	uint64_t *ret_next, struct fault *fault);

#endif
