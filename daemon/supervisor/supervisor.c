#include "supervisor/supervisor.h"

#include "base/landlock.h"
#include "base/log.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "build_config.h"
#include "control_socket.h"
#include "family.h"
#include "files.h"
#include "listeners.h"
#include "metrics_socket.h"
#include "options.h"
#include "service.h"
#include "tls_files.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

struct supervisor {
	struct options options;
	struct passphrase_source *passphrases;
	struct event_base *base;
	struct family *family;
	uint64_t generations;
	int control;    /* the listening control socket; -1 before it is made */
	int metrics_fd; /* likewise */
	struct metrics_socket *metrics;
	struct service *service;
};

static int say(int exit_code, const struct fault *fault)
{
	fprintf(stderr, "clariond: %s\n", fault->text);
	return exit_code;
}

/* The end of what was printed for a person or a script: a full disk or a reader that left is an error, not
 * silence. */
static int said(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (fflush(stdout) == 0)
		return EX_OK;
	fputs("clariond: the result can't be written: look where it goes\n", stderr);
	return EX_CANTCREAT;
}

static void say_faults(const char *path, const struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct config_fault *at = &faults->at[i];
		if (at->line > 0)
			fprintf(stderr, "clariond: %s:%u: %s\n", path, at->line, at->fault.text);
		else
			fprintf(stderr, "clariond: %s: %s\n", path, at->fault.text);
	}
}

static void log_faults(const struct config_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		log_event(LOG_ERROR, "reload_refused", "line=%u", faults->at[i].line);
		log_fault(LOG_ERROR, "reload_refused", &faults->at[i].fault);
	}
}

/* What no single line is at fault for. */
static void check_machine(const struct config *config, struct config_faults *faults)
{
	if (landlock_version() == 0 && !config->allow_no_landlock)
		config_faults_add(faults, config_line(config, "allow_no_landlock"),
			"this kernel has no Landlock: use one that has it, or write allow_no_landlock "
			"= " CONFIG_NO_LANDLOCK_PHRASE);
	if (geteuid() != 0)
		return;
	const struct {
		const char *name;
		const char *user;
	} users[] = { { "user_front", config->user_front }, { "user_store", config->user_store },
		{ "user_notify", config->user_notify } };
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		struct fault fault;
		uid_t user;
		gid_t group;
		if (process_user(users[i].user, &user, &group, &fault) != 0)
			config_faults_add(faults, config_line(config, users[i].name), "%s: %s", users[i].name,
				fault.text);
	}
}

/* A switch of the TLS key that was cut short is ended. */
static void settle_tls(
	const struct supervisor *supervisor, const struct config *config, struct config_faults *faults)
{
	struct fault fault;
	if (!supervisor->options.check && tls_files_settle(config, &fault) != 0)
		config_faults_add(faults, config_line(config, "tls_key"), "tls_key: %s", fault.text);
}

/* Reads the configuration and all that it names. NULL with every fault listed. */
static struct generation *load(struct supervisor *supervisor, struct config_faults *faults)
{
	struct generation *generation = calloc(1, sizeof *generation);
	if (generation == NULL) {
		config_faults_add(faults, 0, "no memory");
		return NULL;
	}
	if (config_read(supervisor->options.config, &generation->config, faults) == 0) {
		check_machine(generation->config, faults);
		settle_tls(supervisor, generation->config, faults);
		if (materials_load(generation->config, supervisor->passphrases,
			    supervisor->family == NULL ? NULL : family_materials(supervisor->family),
			    &generation->materials, faults) == 0 &&
			faults->count == 0) {
			generation->number = supervisor->generations++;
			return generation;
		}
	}
	generation_free(generation);
	return NULL;
}

static void on_child(evutil_socket_t signal, short what, void *context)
{
	struct supervisor *supervisor = context;
	int status;
	pid_t pid;
	(void)signal;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		family_child_died(supervisor->family, pid, status);
}

static int reload(void *context)
{
	struct supervisor *supervisor = context;
	struct config_faults faults = { .count = 0 };
	service_reloading(supervisor->service);
	struct generation *generation = load(supervisor, &faults);
	if (generation == NULL) {
		log_faults(&faults);
		family_unchanged(supervisor->family);
		return -1;
	}
	const char *fixed = config_fixed_difference(family_config(supervisor->family), generation->config);
	if (fixed != NULL) {
		log_event(LOG_ERROR, "reload_refused", "setting=%s reason=\"needs a restart\"", fixed);
		generation_free(generation);
		family_unchanged(supervisor->family);
		return -1;
	}
	family_reload(supervisor->family, generation);
	return 0;
}

static void on_reload(evutil_socket_t signal, short what, void *context)
{
	(void)signal;
	(void)what;
	if (reload(context) != 0)
		log_plain(LOG_WARNING, "nothing_changed");
}

static void on_stop(evutil_socket_t signal, short what, void *context)
{
	struct supervisor *supervisor = context;
	(void)signal;
	(void)what;
	family_stop(supervisor->family, EX_OK);
}

static int watch(
	struct supervisor *supervisor, int signal, event_callback_fn on_signal, struct event **ret_event)
{
	*ret_event = evsignal_new(supervisor->base, signal, on_signal, supervisor);
	return *ret_event != NULL ? event_add(*ret_event, NULL) : -1;
}

static int run_family(struct supervisor *supervisor, struct fault *fault)
{
	static const struct {
		int signal;
		event_callback_fn on_signal;
	} signals[] = { { SIGCHLD, on_child }, { SIGHUP, on_reload }, { SIGTERM, on_stop },
		{ SIGINT, on_stop } };
	struct event *events[COUNT_OF(signals)] = { NULL };
	int rc = -1;
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (watch(supervisor, signals[i].signal, signals[i].on_signal, &events[i]) != 0) {
			rc = fault_set(fault, "signals can't be watched");
			goto cleanup;
		}
	if (family_start(supervisor->family, fault) != 0)
		goto cleanup;
	if (event_base_dispatch(supervisor->base) < 0)
		rc = fault_set(fault, "the loop ended");
	else
		rc = 0;
cleanup:
	for (size_t i = 0; i < COUNT_OF(signals); i++)
		if (events[i] != NULL)
			event_free(events[i]);
	return rc;
}

static void announce(const struct config *config)
{
	if (config->unencrypted_keys)
		log_event(LOG_WARNING, "unencrypted_keys", "setting=yes");
	if (config->allow_no_landlock)
		log_event(LOG_WARNING, "allow_no_landlock", "setting=yes landlock=%s",
			landlock_version() > 0 ? "in_force" : "missing");
	if (CLARION_TEST_CLOCK_BUILD)
		log_plain(LOG_WARNING, "test_clock_build");
}

static int give_store(const struct config *config, struct fault *fault)
{
	uid_t user;
	gid_t group;
	struct fault reason;
	if (geteuid() != 0)
		return 0;
	if (process_user(config->user_store, &user, &group, fault) != 0)
		return -1;
	if (folder_give(config->store, user, group, &reason) != 0)
		return fault_set(fault, "store: %.200s", reason.text);
	return 0;
}

/* Everything that the family runs on. The generation is the family's where there is one afterwards. */
static int make_family(struct supervisor *supervisor, struct generation *generation, struct fault *fault)
{
	struct fault reason;
	if (give_store(generation->config, fault) != 0)
		return -1;
	if (control_socket_open(generation->config->control, &supervisor->control, &reason) != 0)
		return fault_set(fault, "control: %.200s", reason.text);
	if (control_socket_open(generation->config->metrics, &supervisor->metrics_fd, &reason) != 0)
		return fault_set(fault, "metrics: %.200s", reason.text);
	supervisor->base = event_base_new();
	if (supervisor->base == NULL)
		return fault_set(fault, "no event loop");
	const struct family_options options = { .base = supervisor->base,
		.generation = generation,
		.root = geteuid() == 0,
		.control = supervisor->control,
		.service = supervisor->service,
		.reload = reload,
		.context = supervisor };
	supervisor->family = family_new(&options, fault);
	if (supervisor->family == NULL)
		return -1;
	supervisor->metrics =
		metrics_socket_new(supervisor->base, supervisor->metrics_fd, supervisor->family);
	return supervisor->metrics != NULL ? 0 : fault_set(fault, "no memory for the metrics socket");
}

/* From here on it is the daemon: addresses, processes, the loop. Owns the generation. */
static int serve(struct supervisor *supervisor, struct generation *generation)
{
	struct fault fault;
	int exit_code = EX_OSERR;
	announce(generation->config);
	process_raise_descriptors();
	signal(SIGPIPE,
		SIG_IGN); /* inherited by the roles: a peer that leaves is an error of write, not a signal */
	if (listeners_free_addresses(generation->config, &fault) != 0) {
		generation_free(generation);
		return say(EX_UNAVAILABLE, &fault);
	}
	if (make_family(supervisor, generation, &fault) != 0)
		say(exit_code, &fault);
	else if (run_family(supervisor, &fault) != 0)
		say(exit_code, &fault);
	else
		exit_code = family_exit_code(supervisor->family);
	const struct config *config =
		supervisor->family != NULL ? family_config(supervisor->family) : generation->config;
	metrics_socket_free(supervisor->metrics);
	control_socket_close(config->metrics, supervisor->metrics_fd);
	control_socket_close(config->control, supervisor->control);
	if (supervisor->family == NULL)
		generation_free(generation);
	family_free(supervisor->family);
	if (supervisor->base != NULL)
		event_base_free(supervisor->base);
	log_event(LOG_INFO, "stopped", "status=%d", exit_code);
	return exit_code;
}

static int check_or_serve(struct supervisor *supervisor)
{
	struct config_faults faults = { .count = 0 };
	struct fault fault;
	if (sandbox_supervisor(&fault) != 0)
		return say(EX_OSERR, &fault);
	struct generation *generation = load(supervisor, &faults);
	if (generation == NULL) {
		say_faults(supervisor->options.config, &faults);
		return EX_CONFIG;
	}
	if (supervisor->options.check) {
		generation_free(generation);
		printf("%s: no faults\n", supervisor->options.config);
		return said();
	}
	return serve(supervisor, generation);
}

/* What the caller left open is none of ours, and must not reach the roles; save the passphrase's descriptor.
 */
static void close_inherited(int kept)
{
	if (kept > STDERR_FILENO) {
		process_close_between(STDERR_FILENO + 1, kept - 1);
		process_close_from(kept + 1);
	} else {
		process_close_from(STDERR_FILENO + 1);
	}
}

int supervisor_main(int argc, char **argv)
{
	struct supervisor supervisor = { .control = -1, .metrics_fd = -1 };
	struct fault fault;
	if (options_parse(argc, argv, &supervisor.options, &fault) != 0)
		return say(EX_USAGE, &fault);
	if (supervisor.options.help) {
		options_help();
		return said();
	}
	if (supervisor.options.version) {
		puts("clariond " CLARION_VERSION);
		if (CLARION_TEST_CLOCK_BUILD)
			puts("test-clock build: its time can be shifted; never for real use");
		return said();
	}
	close_inherited(supervisor.options.passphrase_fd);
	supervisor.passphrases = passphrase_source_new(&supervisor.options);
	supervisor.service = service_new();
	const int exit_code = supervisor.passphrases == NULL || supervisor.service == NULL
				      ? EX_OSERR
				      : check_or_serve(&supervisor);
	service_free(supervisor.service);
	passphrase_source_free(supervisor.passphrases);
	return exit_code;
}
