/* What an officer whose device is lost can have read: an admin's tool makes it from the audit log and the
 * rosters, and hands it over as a file; a colleague's tool knows which reports the tags are of. Lines,
 * because there may be many. */
#ifndef PROTO_EXPOSURE_H
#define PROTO_EXPOSURE_H

#include "proto/base.h"
#include "proto/buffer.h"
#include "proto/words.h"

#define EXPOSURE_REPORTS_MAX 500000
#define EXPOSURE_DESKS_MAX   4096 /* terms of service; a roster a month makes no more in a lifetime */
#define EXPOSURE_GAPS_MAX    256
#define EXPOSURE_TIMES_MAX   UINT32_MAX /* readings of one report: where there are more it says this many */
#define EXPOSURE_MAX         (96 * 1024 * 1024) /* as many lines as that, and to spare */

/* A time in which reports of a desk were sealed to her. */
struct exposure_desk {
	char desk[NAME_SIZE];
	bool is_fallback;    /* only what is immediate, urgent or withheld */
	uint64_t first, end; /* roster versions; end is the first without her, 0 where there is none yet */
	int64_t from, until; /* when these were issued; until counts only with an end */
};

struct exposure_report {
	uint8_t tag[SHA256_BYTES];
	uint64_t times;      /* that the log tells of a read; 0 where she was only given it */
	int64_t first, last; /* of those */
	bool is_given;       /* somebody has wrapped it again while she was an officer; without, and without
				a read, it was wrapped at another time: it may have changed its desk */
};

/* From when to when the log can't tell. */
struct exposure_gap {
	int64_t from, until;
};

struct exposure {
	char officer[NAME_SIZE];
	uint64_t number; /* of the log's entries */
	int64_t signed_at;
	bool is_whole;    /* false where the log was cut, edited or forked */
	uint64_t unnamed; /* reads by somebody that the log only counted */
	struct exposure_desk *desks;
	size_t desk_count;
	struct exposure_gap *gaps;
	size_t gap_count;
	struct exposure_report *reports;
	size_t report_count, report_room;
};

/* NULL where memory is short. */
MUST_USE struct exposure *exposure_new(void);
void exposure_free(struct exposure *exposure);

/* -1 where memory is short or there are too many. */
MUST_USE int exposure_add_desk(struct exposure *exposure, const struct exposure_desk *desk);
MUST_USE int exposure_add_gap(struct exposure *exposure, const struct exposure_gap *gap);
MUST_USE int exposure_add_report(struct exposure *exposure, const struct exposure_report *report);

/* Sorts the reports and brings together what is of one. Before writing and finding. */
void exposure_settle(struct exposure *exposure);
/* NULL where nothing is told of it. */
const struct exposure_report *exposure_find(const struct exposure *exposure, const uint8_t tag[SHA256_BYTES]);

MUST_USE int exposure_write(const struct exposure *exposure, struct buffer *out);
/* *ret_exposure is settled. */
MUST_USE int exposure_parse(
	const uint8_t *data, size_t len, struct exposure **ret_exposure, struct fault *fault);

#endif
