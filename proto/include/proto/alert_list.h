/* The answer to `GET desks/{desk}/alerts`. */
#ifndef PROTO_ALERT_LIST_H
#define PROTO_ALERT_LIST_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/escalation.h"
#include "proto/signed_objects.h"
#include "proto/words.h"

#define ALERTS_MAX     200 /* on one page */
#define ALERT_LIST_MAX (256 * 1024)

struct alert {
	uint64_t seq;
	char report[ID_SIZE];
	char desk[NAME_SIZE];
	enum urgency urgency;
	enum report_state state;
	int64_t accepted;
	bool has_due; /* false once acknowledged */
	int64_t due;
	enum escalation_stage escalation;
	unsigned tier; /* the highest that is alerted of it now; 0 for none */
};

/* A desk's alerts, as one answer tells them. */
struct alert_list {
	struct alert *alerts; /* seq rises */
	size_t count;
	bool more;
	/* Those that were raised since the number that was asked for, seen before or not; at most ALERTS_MAX.
	 */
	struct alert *again;
	size_t again_count;
	uint64_t raised; /* what to ask for next */
};

/* One alert as JSON, without a line's end. */
MUST_USE int alert_write(const struct alert *alert, struct buffer *out);
/* `{"alerts": […], "more": …}` alone: what has no alerts to be heard again. */
MUST_USE int alert_page_write(const struct alert *alerts, size_t count, bool more, struct buffer *out);
/* The whole answer, in two halves: `alerts` and `more`, then `again` and `raised`. */
MUST_USE int alert_list_begin(const struct alert *alerts, size_t count, bool more, struct buffer *out);
MUST_USE int alert_list_end(const struct alert *again, size_t count, uint64_t raised, struct buffer *out);

/* Takes both forms; ret_list is freed with alert_list_free. */
MUST_USE int alert_list_parse(const char *json, size_t len, struct alert_list *ret_list, struct fault *fault);
void alert_list_free(struct alert_list *list);

/* The answer to `GET desks/{desk}/reports`: next is what to ask for `after`, 0 at the end. In no order that
 * means anything. */
MUST_USE int report_page_write(const struct alert *alerts, size_t count, uint64_t next, struct buffer *out);
MUST_USE int report_page_parse(const char *json, size_t len, struct alert **ret_alerts, size_t *ret_count,
	uint64_t *ret_next, struct fault *fault);

#endif
