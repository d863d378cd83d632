/* The processes of clariond and the wires between them: starts each, hands it what it needs, restarts one
 * that dies, replaces the fronts on a reload, and ends all. */
#ifndef SUPERVISOR_FAMILY_H
#define SUPERVISOR_FAMILY_H

#include "materials.h"

#include <sys/types.h>

struct event_base;
struct family;

/* What the roles are started from: one reload's configuration and files. */
struct generation {
	struct config *config;
	struct materials *materials;
	uint64_t number;
};

struct family_options {
	struct event_base *base;
	struct generation *generation; /* owned by the family from now on, where family_new succeeds */
	bool root;                     /* each role gets its own user */
	int control;                   /* the listening control socket, which stays the caller's */
	struct service *service;       /* stays the caller's */
	int (*reload)(void *context);  /* as SIGHUP; -1: nothing changes, and the log says why */
	void *context;
};

void generation_free(struct generation *generation);

MUST_USE struct family *family_new(const struct family_options *options, struct fault *fault);
void family_free(struct family *family);

/* Starts every role. Once all are ready this is logged; a role that refuses before then ends the family, with
 * its exit status and sentence. */
MUST_USE int family_start(struct family *family, struct fault *fault);

/* A process that waitpid reported. */
void family_child_died(struct family *family, pid_t pid, int status);

/* New fronts from this generation (owned by the family from now on); when all are ready the old ones are
 * drained and the store is told. The old ones stay where a new one fails. */
void family_reload(struct family *family, struct generation *generation);

/* A reload was asked for and nothing changes: systemd is told that it is over. */
void family_unchanged(const struct family *family);

/* The configuration in force, and what was read with it. */
const struct config *family_config(const struct family *family);
const struct materials *family_materials(const struct family *family);

/* Fronts finish first, then the store; what still runs after seconds is killed, and at once where this is
 * said a second time. The loop ends when nobody is left. */
void family_stop(struct family *family, int exit_code);

/* The exit status, after the loop. */
int family_exit_code(const struct family *family);

#endif
