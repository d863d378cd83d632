#include "load.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAVE    20 /* connections that are opened together */
#define WAVE_NS 15000000u

struct run {
	const struct load_arguments *arguments;
	struct load_reports *reports;
	uint64_t began_ns, stop_ns;
	uint64_t answers;
	uint64_t allowed; /* hold: how many may have been opened by now */
	struct samples samples;
};

static void run_begin(struct run *run, const struct load_arguments *arguments)
{
	memset(run, 0, sizeof *run);
	run->arguments = arguments;
	if (arguments->reports != NULL)
		run->reports = load_reports_open(arguments->reports);
	run->began_ns = now_ns();
	run->stop_ns = run->began_ns + (uint64_t)(arguments->seconds * 1e9);
}

static void run_print(struct run *run)
{
	double seconds = (double)(now_ns() - run->began_ns) / 1e9;

	printf("{\"mode\": \"%s\", \"answers\": %llu, \"seconds\": %.3f, \"rate\": %.1f, \"p50_ms\": %.3f, "
	       "\"p99_ms\": %.3f}\n",
		run->arguments->mode, (unsigned long long)run->answers, seconds,
		(double)run->answers / seconds, samples_ms(&run->samples, 0.50),
		samples_ms(&run->samples, 0.99));
}

static bool next_plain(void *context, uint64_t index, struct engine_request *ret_request)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
	static const char get_kept[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	struct run *run = context;
	struct load_report report;

	if (index >= run->arguments->count || now_ns() >= run->stop_ns)
		return false;
	*ret_request = (struct engine_request){ .expect_status = 200 };
	if (strcmp(run->arguments->mode, "get") == 0) {
		ret_request->head = run->arguments->keep_alive ? get_kept : get;
		ret_request->head_len = strlen(ret_request->head);
		return true;
	}
	if (strcmp(run->arguments->mode, "list") == 0) {
		ret_request->head = load_head_alerts(
			run->arguments, strtoull(run->arguments->after, NULL, 10), 0, &ret_request->head_len);
		return true;
	}
	if (!load_report_at(run->reports, run->arguments->skip + index, &report)) {
		fprintf(stderr, "bench-load: the file of reports is used up\n");
		return false;
	}
	/* A steady rate, for a load that runs beside another measurement. */
	while (run->arguments->rate > 0 &&
		now_ns() < run->began_ns + (uint64_t)((double)index / run->arguments->rate * 1e9))
		usleep(200);
	ret_request->head = load_head_put(run->arguments, &report, &ret_request->head_len);
	ret_request->body = report.sealed;
	ret_request->body_len = report.len;
	ret_request->expect_status = 201;
	return true;
}

static void answered_plain(void *context, const struct engine_answer *answer)
{
	struct run *run = context;

	run->answers++;
	samples_add(&run->samples, answer->ended_ns - answer->began_ns);
}

int run_plain(const struct load_arguments *arguments)
{
	struct run run;
	struct engine_options options = { .port = arguments->port,
		.connections = arguments->connections,
		.keep_alive = arguments->keep_alive,
		.context = &run,
		.next = next_plain,
		.answered = answered_plain };
	struct engine *engine;

	run_begin(&run, arguments);
	engine = engine_new(&options);
	engine_run(engine, run.stop_ns + 5000000000u);
	run_print(&run);
	engine_free(engine);
	return 0;
}

static bool next_held(void *context, uint64_t index, struct engine_request *ret_request)
{
	struct run *run = context;

	if (index >= run->allowed)
		return false;
	*ret_request = (struct engine_request){ .expect_status = 200 };
	ret_request->head = load_head_alerts(run->arguments, UINT32_MAX, 300, &ret_request->head_len);
	return true;
}

/* Opens the connections a few at a time, says `held` once each has sent its request, and waits for the
 * driver. */
int run_hold(const struct load_arguments *arguments)
{
	struct run run;
	struct engine_options options = { .port = arguments->port,
		.connections = arguments->connections,
		.keep_alive = true,
		.context = &run,
		.next = next_held,
		.answered = answered_plain };
	struct engine *engine;
	struct pollfd input = { .fd = 0, .events = POLLIN };

	run_begin(&run, arguments);
	engine = engine_new(&options);
	while (run.allowed < arguments->connections && now_ns() < run.stop_ns) {
		run.allowed += WAVE;
		engine_run(engine, now_ns() + WAVE_NS);
	}
	printf("{\"mode\": \"hold\", \"held\": %u}\n", engine_waiting(engine));
	fflush(stdout);
	while (poll(&input, 1, -1) < 0)
		;
	engine_free(engine);
	return 0;
}

/* The watch's side and the sender's side of one measurement, an engine each. */
struct relay {
	struct run run;
	struct engine *watch, *sender;
	uint64_t cursor, sent_ns;
	bool watching, sending, arrived;
};

static bool next_watch(void *context, uint64_t index, struct engine_request *ret_request)
{
	struct relay *relay = context;

	(void)index;
	if (!relay->watching)
		return false;
	relay->watching = false;
	*ret_request = (struct engine_request){ .expect_status = 200 };
	ret_request->head = load_head_alerts(relay->run.arguments, relay->cursor, 60, &ret_request->head_len);
	return true;
}

static void answered_watch(void *context, const struct engine_answer *answer)
{
	struct relay *relay = context;
	const uint8_t *at = answer->body, *end = answer->body + answer->body_len;

	while ((at = memmem(at, (size_t)(end - at), "\"seq\":", 6)) != NULL) {
		uint64_t seq = strtoull((const char *)at + 6, NULL, 10);

		relay->cursor = seq > relay->cursor ? seq : relay->cursor;
		at += 6;
	}
	if (relay->sent_ns != 0)
		samples_add(&relay->run.samples, answer->ended_ns - relay->sent_ns);
	relay->arrived = true;
}

static bool next_send(void *context, uint64_t index, struct engine_request *ret_request)
{
	struct relay *relay = context;
	struct load_report report;

	if (!relay->sending ||
		!load_report_at(relay->run.reports, relay->run.arguments->skip + index, &report))
		return false;
	relay->sending = false;
	*ret_request = (struct engine_request){
		.body = report.sealed, .body_len = report.len, .expect_status = 201
	};
	ret_request->head = load_head_put(relay->run.arguments, &report, &ret_request->head_len);
	return true;
}

static void answered_send(void *context, const struct engine_answer *answer)
{
	struct relay *relay = context;

	(void)answer;
	relay->run.answers++;
}

/* Sends a report over a kept connection while a watch waits on another; the sample is the time from the first
 * byte sent to the alert's last byte read. */
int run_alert(const struct load_arguments *arguments)
{
	struct load_arguments kept = *arguments;
	struct relay relay = { .watching = true };
	struct engine_options watch = { .port = arguments->port,
		.connections = 1,
		.keep_alive = true,
		.context = &relay,
		.next = next_watch,
		.answered = answered_watch };
	struct engine_options sender = watch;
	bool caught_up = false;

	kept.keep_alive = true;
	run_begin(&relay.run, &kept);
	relay.cursor = strtoull(arguments->after, NULL, 10);
	sender.next = next_send;
	sender.answered = answered_send;
	relay.watch = engine_new(&watch);
	sender.share = relay.watch;
	relay.sender = engine_new(&sender);
	while (relay.run.samples.count < arguments->count && now_ns() < relay.run.stop_ns) {
		uint64_t soon = now_ns() + 5000000u;

		/* The first answers only catch up with what is there already. */
		engine_run(relay.watch, soon);
		if (relay.arrived) {
			relay.arrived = false;
			relay.watching = true;
			continue;
		}
		caught_up = true;
		relay.sending = true;
		relay.sent_ns = now_ns();
		engine_run(relay.sender, relay.run.stop_ns);
		engine_run(relay.watch, relay.run.stop_ns);
		relay.arrived = false;
		relay.watching = true;
		relay.sent_ns = 0;
		if (arguments->rate > 0)
			usleep((useconds_t)(1e6 / arguments->rate));
	}
	run_print(&relay.run);
	return caught_up ? 0 : 1;
}
