/* watch: alerts of all my desks as they come. One long poll a desk, all at once; a lost connection comes back
 * by itself, and until then the watcher says that she is blind. */
#include "alerts.h"
#include "board.h"
#include "duty.h"
#include "sift.h"
#include "verbs.h"
#include "wake.h"
#include "watch_line.h"

#include "client/output.h"
#include "keys/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_SECONDS    240 /* the server allows 300 */
#define BOARD_SECONDS   5   /* a board reads its lists anew in between: states and owners change too */
#define REFRESH_SECONDS 3600
#define DUTY_SECONDS    5
#define TICK_MS         1000 /* so that a signal ends the watch soon, whenever it comes */

struct poll {
	struct link *link;
	size_t server;
	uint64_t after;
	uint64_t raised; /* what was raised up to then has been heard */
	int64_t started_ms, again_at_ms;
	struct link_request request;
	struct signed_prepared prepared;
	bool is_under_way;
	bool is_failing;     /* its last answer brought no alerts */
	bool is_first;       /* what was there before she watched is shown, but rings no bell for what is
				acknowledged */
	bool is_listing;     /* for the board: the whole list from its beginning */
	uint64_t list_after; /* as far as it has come */
	char desk[NAME_SIZE];
	char path[ALERTS_PATH_SIZE];
};

struct watch {
	struct officer *officer;
	struct link_multi *multi;
	struct poll polls[OFFICER_DESKS_MAX];
	size_t count;
	const char *command;
	uint64_t first_after;
	bool is_on_duty;
	int64_t worked_ms;
	struct watch_line line;
	struct board *board; /* NULL: plain lines */
	const char *showing; /* the desk whose list the alerts come from */
	int64_t refreshed_ms;
};

/* Who says that the line is lost: this, or the board. */
static const struct invocation *speaker(const struct watch *watch)
{
	return watch->board == NULL ? watch->officer->invocation : NULL;
}

static volatile sig_atomic_t is_over;

static void end_watch(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

static void listen_to_signals(void)
{
	struct sigaction end = { .sa_handler = end_watch }, ignore = { .sa_handler = SIG_IGN };

	(void)sigaction(SIGINT, &end, NULL);
	(void)sigaction(SIGTERM, &end, NULL);
	(void)sigaction(SIGHUP, &end, NULL);
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

static void poll_drop_link(struct poll *poll)
{
	link_close(poll->link);
	poll->link = NULL;
}

/* The desks of the newest roster: polls of desks that stay go on where they are. Called while none is under
 * way on a poll that goes. */
static int take_desks(struct watch *watch, struct failure *failure)
{
	const struct roster_officer *me;
	struct poll old[OFFICER_DESKS_MAX];
	size_t old_count = watch->count;

	if (officer_me(watch->officer, &me, failure) != 0)
		return -1;
	memcpy(old, watch->polls, sizeof old);
	memset(watch->polls, 0, sizeof watch->polls);
	watch->count = me->desk_count;
	for (size_t at = 0; at < me->desk_count; at++) {
		struct poll *poll = &watch->polls[at];

		memcpy(poll->desk, me->desks[at], NAME_SIZE);
		poll->after = watch->first_after;
		poll->is_first = true;
		for (size_t was = 0; was < old_count; was++) {
			if (strcmp(old[was].desk, poll->desk) == 0) {
				poll->after = old[was].after;
				poll->raised = old[was].raised;
				poll->is_first = false;
			}
		}
	}
	return 0;
}

/* All polls are ended first, because a struct signed_prepared that is under way may not move. */
static int restart_polls(struct watch *watch, struct failure *failure)
{
	link_multi_free(watch->multi);
	watch->multi = NULL;
	for (size_t at = 0; at < watch->count; at++)
		poll_drop_link(&watch->polls[at]);
	if (take_desks(watch, failure) != 0 || link_multi_new(&watch->multi, failure) != 0)
		return -1;
	return 0;
}

static int start_poll(struct watch *watch, struct poll *poll, struct failure *failure)
{
	struct organisation *organisation = watch->officer->organisation;
	unsigned wait;

	if (poll->link == NULL &&
		organisation_link(organisation, poll->server % organisation_servers(organisation),
			&poll->link, failure) != 0)
		return -1;
	/* The first answer says what is there, at once: a watcher must know soon that her line works. */
	wait = poll->is_first || poll->is_listing ? 0 : watch->board != NULL ? BOARD_SECONDS : WAIT_SECONDS;
	alerts_path(poll->desk, poll->is_listing ? poll->list_after : poll->after,
		poll->is_listing ? 0 : poll->raised, wait, poll->path);
	poll->request = (struct link_request){ .method = "GET", .path = poll->path, .wait_seconds = wait };
	poll->started_ms = clock_boot_ms();
	if (signed_call_prepare(poll->link, watch->officer->identity->signing_key, &poll->request,
		    &poll->prepared, failure) != 0 ||
		link_multi_start(watch->multi, poll->link, &poll->prepared.request, failure) != 0)
		return -1;
	poll->is_under_way = true;
	return 0;
}

static int show_alerts(
	struct watch *watch, struct alert *alerts, size_t count, bool is_first, struct failure *failure)
{
	const struct invocation *invocation = watch->officer->invocation;
	const struct sift_wish wish = { .looks = true, .locks = true, .plans = watch->is_on_duty };
	bool is_duress[ALERTS_MAX];
	struct alert fresh[ALERTS_MAX];
	size_t fresh_count = 0;

	sift(watch->officer, &wish, alerts, is_duress, &count);
	for (size_t at = 0; at < count; at++) {
		if (watch->board != NULL) {
			board_put(watch->board, watch->showing, &alerts[at], is_duress[at]);
		} else if (invocation->json) {
			if (output_event(invocation, sifted_json(&alerts[at], is_duress[at]), failure) != 0)
				return -1;
		} else {
			sifted_say(invocation, &alerts[at], is_duress[at],
				organisation_now(watch->officer->organisation));
		}
		if (is_first && !alerts[at].has_due)
			continue;
		fresh[fresh_count] = alerts[at];
		/* Whatever the server was told. */
		if (is_duress[at])
			fresh[fresh_count].urgency = URGENCY_IMMEDIATE;
		fresh_count++;
	}
	if (watch->board == NULL && !invocation->json && count > 0 && fflush(stdout) != 0)
		return failure_set(failure, EX_CANTCREAT, "the alerts can't be written: look where they go");
	if (fresh_count > 0)
		wake_person(fresh, fresh_count);
	for (size_t at = 0; at < fresh_count && watch->command != NULL; at++) {
		if (wake_command(watch->command, &fresh[at], failure) != 0)
			return -1;
	}
	return 0;
}

/* What is said again rings for those whose tier it has reached, and for all of a fallback desk. */
static size_t keep_mine(
	const struct watch *watch, const struct poll *poll, struct alert *alerts, size_t count)
{
	const struct organisation *organisation = watch->officer->organisation;
	const struct roster_officer *me = roster_officer_by_key(
		organisation_roster(organisation), watch->officer->identity->public_key);
	size_t kept = 0;

	for (size_t at = 0; at < count; at++) {
		if (me == NULL || strcmp(alerts[at].desk, poll->desk) != 0 || alerts[at].tier >= me->tier ||
			alerts[at].tier >= LEVEL_TIER_3)
			alerts[kept++] = alerts[at];
	}
	return kept;
}

/* A page of a desk's whole list, for the board. */
static int take_page(
	struct watch *watch, struct poll *poll, const struct link_answer *answer, struct failure *failure)
{
	const struct sift_wish wish = { .locks = true };
	bool is_duress[ALERTS_MAX];
	struct alert_list list;

	if (alerts_read(answer, poll->desk, organisation_roster(watch->officer->organisation), &list,
		    failure) != 0)
		return -1;
	if (list.count > 0)
		poll->list_after = list.alerts[list.count - 1].seq;
	sift(watch->officer, &wish, list.alerts, is_duress, &list.count);
	for (size_t at = 0; at < list.count; at++)
		board_put(watch->board, poll->desk, &list.alerts[at], is_duress[at]);
	if (!list.more) {
		board_end(watch->board, poll->desk);
		poll->is_listing = false;
	}
	alert_list_free(&list);
	return 0;
}

/* What has just come is on the board; then its whole list is read anew. */
static void list_anew(struct watch *watch, struct poll *poll)
{
	if (watch->board == NULL || poll->is_first)
		return;
	poll->is_listing = true;
	poll->list_after = 0;
	board_begin(watch->board, poll->desk);
}

static int take_alerts(
	struct watch *watch, struct poll *poll, const struct link_answer *answer, struct failure *failure)
{
	struct alert_list list;
	int rc;

	if (alerts_read(answer, poll->desk, organisation_roster(watch->officer->organisation), &list,
		    failure) != 0)
		return -1;
	if (list.count > 0 && list.alerts[0].seq <= poll->after) {
		alert_list_free(&list);
		return failure_set(failure, EX_PROTOCOL,
			"the server repeats old alerts: tell your organisation's admin");
	}
	watch->showing = poll->desk;
	if (list.count > 0)
		poll->after = list.alerts[list.count - 1].seq;
	rc = show_alerts(watch, list.alerts, list.count, poll->is_first, failure);
	list.again_count = keep_mine(watch, poll, list.again, list.again_count);
	if (rc == 0)
		rc = show_alerts(watch, list.again, list.again_count, false, failure);
	/* An empty answer before its time would make this loop spin. */
	poll->again_at_ms = 0;
	if (list.count == 0 && list.raised == poll->raised && !poll->is_first &&
		clock_boot_ms() - poll->started_ms < 1000)
		poll->again_at_ms = clock_boot_ms() + 1000;
	poll->raised = list.raised;
	list_anew(watch, poll);
	if (!list.more)
		poll->is_first = false;
	alert_list_free(&list);
	return rc;
}

/* A poll that failed is tried again; only who is no longer an officer is sent away. */
static int bear_failure(
	struct watch *watch, struct poll *poll, const struct failure *reason, struct failure *failure)
{
	int64_t again_at_ms = clock_boot_ms() + watch_line_lost(&watch->line, speaker(watch), reason);

	poll->is_failing = true;
	poll_drop_link(poll);
	poll->server++;
	poll->is_listing = false;
	poll->again_at_ms = again_at_ms;
	if (reason->exit_code != EX_NOPERM ||
		organisation_refresh(watch->officer->organisation, NULL, failure) != 0)
		return 0;
	if (restart_polls(watch, failure) != 0)
		return -1;
	for (size_t at = 0; at < watch->count; at++)
		watch->polls[at].again_at_ms = again_at_ms;
	return 0;
}

static struct poll *poll_of(struct watch *watch, const struct link *link)
{
	for (size_t at = 0; at < watch->count; at++) {
		if (watch->polls[at].link == link)
			return &watch->polls[at];
	}
	return NULL;
}

/* 0 where the answer is the server's own and brings alerts; else ended->failure says why not. */
static int judge_ended(struct watch *watch, const struct poll *poll, struct link_ended *ended)
{
	if (ended->result != 0 || signed_call_check(watch->officer->organisation, &poll->prepared,
					  &ended->answer, &ended->failure) != 0)
		return -1;
	return ended->answer.status == 200 ? 0 : link_refused(&ended->answer, "no alerts", &ended->failure);
}

static bool is_any_failing(const struct watch *watch)
{
	for (size_t at = 0; at < watch->count; at++)
		if (watch->polls[at].is_failing)
			return true;
	return false;
}

static int end_poll(struct watch *watch, struct link_ended *ended, struct failure *failure)
{
	struct poll *poll = poll_of(watch, ended->link);
	int rc = 0;

	if (poll == NULL)
		goto cleanup;
	poll->is_under_way = false;
	if (judge_ended(watch, poll, ended) != 0) {
		rc = bear_failure(watch, poll, &ended->failure, failure);
		goto cleanup;
	}
	poll->is_failing = false;
	/* One desk's answer says nothing of another's. */
	if (!is_any_failing(watch))
		watch_line_works(&watch->line, speaker(watch));
	rc = poll->is_listing ? take_page(watch, poll, &ended->answer, failure)
			      : take_alerts(watch, poll, &ended->answer, failure);
	if (rc != 0 && failure->exit_code == EX_PROTOCOL) {
		struct failure reason = *failure;

		rc = bear_failure(watch, poll, &reason, failure);
	}
cleanup:
	link_answer_free(&ended->answer);
	return rc;
}

/* Once an hour: who is an officer of which desk may have changed. A network that fails here fails the polls
 * too, and they tell. */
static int refresh_sometimes(struct watch *watch, struct failure *failure)
{
	struct failure ignored, alarm;
	bool changed = false;
	int rc = 0;

	if (clock_boot_ms() - watch->refreshed_ms < REFRESH_SECONDS * 1000LL)
		return 0;
	watch->refreshed_ms = clock_boot_ms();
	if (home_lock(watch->officer->home, &ignored) != 0)
		return 0;
	rc = organisation_refresh(watch->officer->organisation, &changed, &ignored);
	if (rc != 0 && ignored.exit_code == EX_PROTOCOL)
		say_aside(watch->officer->invocation, "%s", ignored.fault.text);
	/* An alarm about the log ends no watch. */
	if (rc == 0 && officer_check_audit(watch->officer, &alarm) != 0)
		say_aside(watch->officer->invocation, "%s", alarm.fault.text);
	home_unlock(watch->officer->home);
	return rc == 0 && changed ? restart_polls(watch, failure) : 0;
}

/* Dummies are answered for beside what she watches; what goes wrong there ends no watch. */
static void do_duty(struct watch *watch)
{
	struct failure reason;

	if (!watch->is_on_duty ||
		(watch->worked_ms != 0 && clock_boot_ms() - watch->worked_ms < DUTY_SECONDS * 1000LL))
		return;
	watch->worked_ms = clock_boot_ms();
	if (home_lock(watch->officer->home, &reason) != 0)
		return;
	if (duty_work(watch->officer, &reason) != 0)
		say_aside(watch->officer->invocation, "%s", reason.fault.text);
	home_unlock(watch->officer->home);
}

static int start_polls(struct watch *watch, struct failure *failure)
{
	for (size_t at = 0; at < watch->count; at++) {
		struct poll *poll = &watch->polls[at];
		struct failure reason;

		if (poll->is_under_way || poll->again_at_ms > clock_boot_ms())
			continue;
		if (start_poll(watch, poll, &reason) == 0)
			continue;
		if (bear_failure(watch, poll, &reason, failure) != 0)
			return -1;
	}
	return 0;
}

static bool show_board(struct watch *watch)
{
	board_line(watch->board, watch->line.is_lost ? watch->line.reason : NULL, watch->line.lost_ms);
	return board_show(watch->board, organisation_now(watch->officer->organisation), clock_boot_ms());
}

static int watch_on(struct watch *watch, struct failure *failure)
{
	while (!is_over) {
		struct link_ended ended;
		bool some = false;

		if (refresh_sometimes(watch, failure) != 0 || start_polls(watch, failure) != 0 ||
			link_multi_next(watch->multi, TICK_MS, &ended, &some, failure) != 0)
			return -1;
		if (some && end_poll(watch, &ended, failure) != 0)
			return -1;
		watch_line_remind(&watch->line, speaker(watch));
		do_duty(watch);
		if (watch->board != NULL && show_board(watch))
			is_over = 1;
	}
	return 0;
}

int verb_watch(const struct invocation *invocation, struct failure *failure)
{
	struct watch watch = { .command = arguments_option(invocation->arguments, "exec"),
		.is_on_duty = arguments_flag(invocation->arguments, "duty") };
	int rc = -1;

	if (after_option(invocation, &watch.first_after, failure) != 0 ||
		officer_open(invocation, &watch.officer, failure) != 0)
		goto cleanup;
	listen_to_signals();
	wake_start();
	watch.refreshed_ms = clock_boot_ms();
	if (restart_polls(&watch, failure) != 0)
		goto cleanup;
	home_unlock(watch.officer->home);
	if (!invocation->json && !arguments_flag(invocation->arguments, "plain") && board_is_possible())
		watch.board = board_new(&watch.officer->items);
	if (watch.board == NULL)
		say_aside(invocation, "watching %zu desk%s; Ctrl-C ends it", watch.count,
			watch.count == 1 ? "" : "s");
	rc = watch_on(&watch, failure);
cleanup:
	board_free(watch.board);
	link_multi_free(watch.multi);
	for (size_t at = 0; at < watch.count; at++)
		poll_drop_link(&watch.polls[at]);
	officer_close(watch.officer);
	return rc;
}
