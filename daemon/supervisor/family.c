#include "family_internal.h"

#include "base/log.h"
#include "keeper.h"
#include "runner.h"
#include "service.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sysexits.h>

#define FRONTS_MAX  256 /* the table's bound of `workers' */
#define START_TRIES 12  /* of a role that says "try again later" before everybody was ready once: some 4 s */

static void on_ready(void *context, struct child *child);
static void on_failed(void *context, struct child *child, const struct message_failed *failed);
static int on_message(void *context, struct child *child, enum message_type type, struct reader *message);

unsigned int generation_fronts(const struct generation *generation)
{
	cpu_set_t cores;
	if (generation->config->workers > 0)
		return (unsigned int)generation->config->workers;
	if (sched_getaffinity(0, sizeof cores, &cores) != 0)
		return 1;
	const int count = CPU_COUNT(&cores);
	return count < 1 ? 1 : count > FRONTS_MAX ? FRONTS_MAX : (unsigned int)count;
}

void generation_free(struct generation *generation)
{
	if (generation == NULL)
		return;
	materials_free(generation->materials);
	config_free(generation->config);
	free(generation);
}

int family_listeners(struct family *family, unsigned int slots, struct fault *fault)
{
	while (family->slots > slots)
		listeners_close(&family->listeners[--family->slots]);
	if (slots > family->slots) {
		struct listeners *larger = reallocarray(family->listeners, slots, sizeof *larger);
		if (larger == NULL)
			return fault_set(fault, "no memory");
		family->listeners = larger;
	}
	while (family->slots < slots) {
		if (listeners_open(family->current->config, &family->listeners[family->slots], fault) != 0)
			return -1;
		family->slots++;
	}
	return 0;
}

struct member *family_member(const struct family *family, enum role role)
{
	for (struct member *member = family->members; member != NULL; member = member->next)
		if (member->role == role)
			return member;
	return NULL;
}

unsigned int family_count(const struct family *family, enum role role, enum standing standing)
{
	unsigned int count = 0;
	for (const struct member *member = family->members; member != NULL; member = member->next)
		if (member->role == role && member->standing == standing)
			count++;
	return count;
}

struct family *family_new(const struct family_options *options, struct fault *fault)
{
	struct family *family = calloc(1, sizeof *family);
	if (family == NULL) {
		fault_write(fault, "no memory");
		return NULL;
	}
	family->base = options->base;
	family->root = options->root;
	family->control = options->control;
	family->reload = options->reload;
	family->service = options->service;
	family->context = options->context;
	family->current = options->generation;
	family->events = (struct child_events){
		.on_ready = on_ready, .on_failed = on_failed, .on_message = on_message, .context = family
	};
	if (pulses_start(family) != 0 ||
		family_listeners(family, generation_fronts(family->current), fault) != 0) {
		family->current = NULL; /* stays the caller's */
		family_free(family);
		return NULL;
	}
	return family;
}

void family_free(struct family *family)
{
	if (family == NULL)
		return;
	while (family->members != NULL)
		member_remove(family->members);
	while (family->slots > 0)
		listeners_close(&family->listeners[--family->slots]);
	pulses_end(family);
	runner_free(family);
	if (family->stop_timer != NULL)
		event_free(family->stop_timer);
	free(family->listeners);
	generation_free(family->current);
	generation_free(family->incoming);
	generation_free(family->waiting);
	free(family);
}

/* The store first: its siblings are wired to it as they come. The checkpoint role follows once the database
 * is open. */
int family_start(struct family *family, struct fault *fault)
{
	struct member *member;
	if ((member = member_add(family, ROLE_STORE, MEMBER_CURRENT, 0)) == NULL)
		return fault_set(fault, "no memory");
	member_start(member);
	if ((member = member_add(family, ROLE_NOTIFY, MEMBER_CURRENT, 0)) == NULL)
		return fault_set(fault, "no memory");
	member_start(member);
	for (unsigned int slot = 0; slot < family->slots; slot++) {
		if ((member = member_add(family, ROLE_FRONT, MEMBER_CURRENT, slot)) == NULL)
			return fault_set(fault, "no memory");
		member_start(member);
	}
	return 0;
}

static bool all_ready(const struct family *family)
{
	if (family_member(family, ROLE_CHECKPOINT) == NULL)
		return false;
	for (const struct member *member = family->members; member != NULL; member = member->next)
		if (member->child == NULL || !child_is_ready(member->child))
			return false;
	return true;
}

static void start_checkpoint(struct family *family)
{
	if (family_member(family, ROLE_CHECKPOINT) != NULL)
		return;
	struct member *member = member_add(family, ROLE_CHECKPOINT, MEMBER_CURRENT, 0);
	if (member == NULL)
		log_fatal("no_memory");
	member_start(member);
}

static void on_ready(void *context, struct child *child)
{
	struct family *family = context;
	struct member *member = child_owner(child);
	member->failures = 0;
	log_event(LOG_INFO, "role_ready", "child=%s pid=%d", role_name(member->role), (int)child_pid(child));
	if (family->state == FAMILY_STOPPING)
		return;
	pulse_ask(member);
	if (member->role == ROLE_STORE)
		start_checkpoint(family);
	if (member->standing == MEMBER_INCOMING)
		reload_progress(family);
	if (family->state != FAMILY_STARTING || !all_ready(family))
		return;
	family->state = FAMILY_RUNNING;
	log_event(LOG_INFO, "ready", "fronts=%u", family->slots);
	service_ready(family->service, family->slots);
	struct generation *waiting = family->waiting;
	family->waiting = NULL;
	if (waiting != NULL)
		family_reload(family, waiting);
}

/* Before everybody was ready once, somebody is looking: a role that says why it can't work ends the start. */
static void on_failed(void *context, struct child *child, const struct message_failed *failed)
{
	struct family *family = context;
	const struct member *member = child_owner(child);
	struct fault fault;
	if (family->state != FAMILY_STARTING ||
		(failed->exit_code == EX_TEMPFAIL && member->failures < START_TRIES))
		return;
	fault_write(&fault, "%s: %.200s", role_name(member->role), failed->text);
	log_fault(LOG_ERROR, "start_failed", &fault);
	family_stop(family, failed->exit_code);
	family_kill(family);
}

/* What roles have to say besides. */
static int on_message(void *context, struct child *child, enum message_type type, struct reader *message)
{
	if (type == MESSAGE_PONG)
		return pulse_answered(child_owner(child), message);
	if (type == MESSAGE_RUN)
		return runner_message(context, child, message);
	return keeper_message(context, child, type, message);
}

static void log_end(const struct member *member, int status)
{
	const bool signalled = WIFSIGNALED(status);
	const int code = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
	const bool expected = member->drained && !signalled && code == 0;
	log_event(expected ? LOG_INFO : LOG_WARNING, "role_ended", "child=%s pid=%d %s=%d%s",
		role_name(member->role), (int)child_pid(member->child), signalled ? "signal" : "status", code,
		signalled && code == SIGSYS ? " cause=forbidden_system_call" : "");
}

void family_child_died(struct family *family, pid_t pid, int status)
{
	struct member *member = family->members;
	while (member != NULL && (member->child == NULL || child_pid(member->child) != pid))
		member = member->next;
	if (member == NULL) {
		(void)runner_child_died(family, pid, status);
		return;
	}
	child_reaped(member->child);
	log_end(member, status);
	const bool was_ready = child_is_ready(member->child);
	pulse_ended(member);
	if (family->switch_for == member->child)
		family->switch_for = NULL;
	child_free(member->child);
	member->child = NULL;
	if (family->state == FAMILY_STOPPING || member->standing == MEMBER_LEAVING) {
		member_remove(member);
		stop_progress(family);
	} else if (member->standing == MEMBER_INCOMING) {
		reload_cancel(family);
	} else if (was_ready) {
		member_start(member);
	} else {
		member_start_later(member);
	}
}

const struct config *family_config(const struct family *family)
{
	return family->current->config;
}

const struct materials *family_materials(const struct family *family)
{
	return family->current->materials;
}

int family_exit_code(const struct family *family)
{
	return family->exit_code;
}
