/* The load generator's parts: its arguments, the reports it sends, and what it measured. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "engine.h"

/* Given as name=value; see load.c. */
struct load_arguments {
	const char *mode;
	uint16_t port;
	unsigned connections;
	double seconds;
	uint64_t count;
	bool keep_alive;
	const char *reports; /* what make_reports wrote */
	uint64_t skip;       /* reports of that file that an earlier run has sent */
	const char *base;    /* the secret path */
	const char *desk;
	const char *identity; /* an officer's, unencrypted */
	const char *after;
	const char *roster; /* the version that the reports were sealed to */
	double rate;        /* requests a second, 0 for as many as go */
};

/* One sealed report of the file. */
struct load_report {
	char id[65];
	char salt[33];
	const uint8_t *sealed;
	size_t len;
};

struct load_reports;
struct load_reports *load_reports_open(const char *path);
bool load_report_at(const struct load_reports *reports, uint64_t index, struct load_report *ret_report);

/* A request head in a buffer of its own, until the next call with the same slot. */
const char *load_head_put(
	const struct load_arguments *arguments, const struct load_report *report, size_t *ret_len);
const char *load_head_alerts(
	const struct load_arguments *arguments, uint64_t after, unsigned wait, size_t *ret_len);

/* Latencies, in nanoseconds. */
struct samples {
	uint64_t *ns;
	size_t count, room;
};
void samples_add(struct samples *samples, uint64_t ns);
/* Sorts; share lies between 0 and 1. */
double samples_ms(struct samples *samples, double share);

int run_plain(const struct load_arguments *arguments);
int run_hold(const struct load_arguments *arguments);
int run_alert(const struct load_arguments *arguments);

#endif
