#include "metrics_text.h"

#include "build_config.h"
#include "family_internal.h"
#include "keys/clock.h"
#include "keys/tls_key.h"

#include <inttypes.h>

/* Neutral: what a monitoring system shows on a wall says nothing of what this is. */
#define PREFIX "svc_"

static const char *const urgencies[URGENCY_COUNT] = { "immediate", "urgent", "priority", "record",
	"withheld" };
static const uint64_t ages[ALERT_AGES_COUNT] = ALERT_AGES;
static const char *const bounds[COMMIT_BOUNDS_COUNT] = { "0.001", "0.002", "0.005", "0.01", "0.02", "0.05",
	"0.1", "0.2", "0.5", "1", "2", "5" };

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_put_format(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

static void single(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
	head(out, name, type, help);
	buffer_put_format(out, PREFIX "%s %" PRIu64 "\n", name, value);
}

/* --- what the supervisor knows itself */

static void put_roles(const struct family *family, struct buffer *out)
{
	head(out, "role_up", "gauge", "Processes of a role that are ready and answer.");
	for (int role = ROLE_FRONT; role < ROLES; role++) {
		unsigned int up = 0;
		for (const struct member *member = family->members; member != NULL; member = member->next)
			up += member->role == (enum role)role && member->standing == MEMBER_CURRENT &&
					      pulse_is_well(member)
				      ? 1
				      : 0;
		buffer_put_format(out, PREFIX "role_up{role=\"%s\"} %u\n", role_name((enum role)role), up);
	}
	head(out, "role_restarts_total", "counter", "Processes of a role that ended though nobody asked.");
	for (int role = ROLE_FRONT; role < ROLES; role++)
		buffer_put_format(out, PREFIX "role_restarts_total{role=\"%s\"} %" PRIu64 "\n",
			role_name((enum role)role), family->pulses.restarts[role]);
}

static void put_certificate(const struct family *family, struct buffer *out)
{
	const struct file_bytes *file = materials_file(family->current->materials, FILE_TLS_CERTIFICATE);
	int64_t expires = 0;
	if (file != NULL && tls_certificate_expires(file->data, file->len, &expires) == 0 && expires > 0)
		single(out, "certificate_expiry_timestamp_seconds", "gauge",
			"When the TLS certificate in use ends.", (uint64_t)expires);
}

static uint64_t of_fronts(const struct family *family, enum front_figure figure)
{
	uint64_t sum = family->pulses.ended_fronts[figure];
	for (const struct member *member = family->members; member != NULL; member = member->next)
		if (member->role == ROLE_FRONT && member->pulse.last.count == FRONT_FIGURES)
			sum += member->pulse.last.figures[figure];
	return sum;
}

static void put_fronts(const struct family *family, struct buffer *out)
{
	single(out, "connections", "gauge", "Connections that are open.", of_fronts(family, FRONT_OPEN));
	single(out, "connections_total", "counter", "Connections that were taken.",
		of_fronts(family, FRONT_TAKEN));
	single(out, "connections_turned_away_total", "counter", "Connections above a limit, closed at once.",
		of_fronts(family, FRONT_TURNED_AWAY));
}

/* --- what the store has counted */

static void put_alerts(const uint64_t *figures, struct buffer *out)
{
	head(out, "alerts_open", "gauge", "Open alerts by urgency, without those of the present hour.");
	for (size_t urgency = 0; urgency < URGENCY_COUNT; urgency++)
		buffer_put_format(out, PREFIX "alerts_open{urgency=\"%s\"} %" PRIu64 "\n", urgencies[urgency],
			figures[STORE_OPEN + urgency]);
	head(out, "alerts_unanswered", "gauge",
		"Open alerts that nobody has acknowledged, by urgency and least age in seconds, counted from "
		"the end of the hour in which they came.");
	for (size_t urgency = 0; urgency < URGENCY_COUNT; urgency++)
		for (size_t age = 0; age < ALERT_AGES_COUNT; age++)
			buffer_put_format(out,
				PREFIX "alerts_unanswered{urgency=\"%s\",older_than=\"%" PRIu64 "\"} %" PRIu64
				       "\n",
				urgencies[urgency], ages[age],
				figures[STORE_UNANSWERED + urgency * ALERT_AGES_COUNT + age]);
	single(out, "alerts_oldest_unanswered_seconds", "gauge",
		"Age of the oldest alert that nobody has acknowledged, from the end of its hour.",
		figures[STORE_OLDEST]);
}

static void put_refused(const uint64_t *figures, struct buffer *out)
{
	head(out, "refused_total", "counter",
		"Requests that were refused, by reason (docs/protocol.md), as of the last full hour.");
	for (size_t problem = 0; problem < PROBLEM_COUNT; problem++)
		buffer_put_format(out, PREFIX "refused_total{reason=\"%s\"} %" PRIu64 "\n",
			problem_word((enum problem)problem), figures[STORE_REFUSED + problem]);
}

static void put_commits(const uint64_t *figures, struct buffer *out)
{
	const uint64_t microseconds = figures[STORE_COMMIT_MICROSECONDS];
	uint64_t sum = 0;
	head(out, "commit_seconds", "histogram",
		"How long commits took until they were durable, as of the last full hour.");
	for (size_t at = 0; at < COMMIT_BOUNDS_COUNT; at++) {
		sum += figures[STORE_COMMITS + at];
		buffer_put_format(
			out, PREFIX "commit_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", bounds[at], sum);
	}
	sum += figures[STORE_COMMITS + COMMIT_BOUNDS_COUNT];
	buffer_put_format(out,
		PREFIX "commit_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n" PREFIX "commit_seconds_sum %" PRIu64
		       ".%06" PRIu64 "\n" PREFIX "commit_seconds_count %" PRIu64 "\n",
		sum, microseconds / 1000000, microseconds % 1000000, sum);
}

static void put_store(const uint64_t *figures, struct buffer *out)
{
	single(out, "accepted_total", "counter", "Reports that were accepted, as of the last full hour.",
		figures[STORE_ACCEPTED]);
	put_refused(figures, out);
	put_alerts(figures, out);
	put_commits(figures, out);
	single(out, "requests_open", "gauge", "Requests that the store has not answered yet.",
		figures[STORE_REQUESTS]);
	single(out, "requests_waiting", "gauge", "Of those, officers' tools that wait for alerts.",
		figures[STORE_WAITING]);
	single(out, "store_has_room", "gauge", "1 while capacity_bytes lets reports in.",
		figures[STORE_HAS_ROOM]);
	single(out, "store_bytes", "gauge", "Size of the database, in whole MiB, as of the last full hour.",
		figures[STORE_BYTES]);
	single(out, "store_capacity_bytes", "gauge", "capacity_bytes; 0 for no bound.",
		figures[STORE_CAPACITY]);
	single(out, "disk_free_bytes", "gauge",
		"Room on the store's disk, in whole MiB, as of the last full hour.",
		figures[STORE_DISK_FREE]);
	if (figures[STORE_REWRAP_KNOWN] == 1)
		single(out, "headers_old", "gauge",
			"Reports that officers should wrap again for the roster in force.",
			figures[STORE_REWRAP]);
	single(out, "roster_version", "gauge", "The roster in force.", figures[STORE_ROSTER_VERSION]);
	single(out, "roster_expiry_timestamp_seconds", "gauge",
		"When the roster ends: nobody can report then.", figures[STORE_ROSTER_EXPIRES]);
}

/* Of a store that runs and has answered; NULL else. */
static const uint64_t *store_figures(const struct family *family)
{
	const struct member *store = family_member(family, ROLE_STORE);
	return store != NULL && store->pulse.last.count == STORE_FIGURES ? store->pulse.last.figures : NULL;
}

void metrics_write(const struct family *family, struct buffer *out)
{
	const uint64_t *figures = store_figures(family);
	struct buffer ignored = buffer_of(METRICS_MAX);
	single(out, "up", "gauge", "1 while everything needed runs and answers: what /health says.",
		health_write(family, &ignored) ? 1 : 0);
	buffer_free(&ignored);
	head(out, "build_info", "gauge", "The program's version.");
	buffer_put_string(out, PREFIX "build_info{version=\"" CLARION_VERSION "\"} 1\n");
	put_roles(family, out);
	put_certificate(family, out);
	put_fronts(family, out);
	if (figures != NULL)
		put_store(figures, out);
}

/* --- health */

static bool say(struct buffer *out, bool is_well, const char *good, const char *bad)
{
	buffer_put_format(out, "%s\n", is_well ? good : bad);
	return is_well;
}

static bool store_is_well(const struct family *family, struct buffer *out)
{
	const struct member *store = family_member(family, ROLE_STORE);
	const uint64_t *figures = store_figures(family);
	const bool answers = figures != NULL && pulse_is_well(store);
	bool is_well = say(out, answers, "store: answers", "store: DOES NOT ANSWER");
	if (!answers)
		return false;
	is_well &= say(out, figures[STORE_HAS_ROOM] == 1 && figures[STORE_DISK_FREE] > 0,
		"room: there is room for reports", "room: THE STORE IS FULL");
	is_well &= say(out, (int64_t)figures[STORE_ROSTER_EXPIRES] > clock_wall_seconds(), "roster: in force",
		"roster: HAS EXPIRED, nobody can report");
	return is_well;
}

bool health_write(const struct family *family, struct buffer *out)
{
	const bool all = pulses_are_well(family);
	bool is_well = say(out, family->state == FAMILY_RUNNING, "daemon: runs",
		family->state == FAMILY_STARTING ? "daemon: STARTS" : "daemon: STOPS");
	is_well &= store_is_well(family, out);
	is_well &= say(out, all, "processes: all answer", "processes: NOT ALL ANSWER");
	return is_well;
}
