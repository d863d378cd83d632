/* The operator's command (`wake_command'): the supervisor runs it, because no role may make a process. notify
 * asks; that it runs is all that notify can bring about, with the program and the arguments of the
 * configuration, at most one at a time and one a second, each for at most half a minute. */
#ifndef SUPERVISOR_RUNNER_H
#define SUPERVISOR_RUNNER_H

#include "family.h"

struct child;
struct reader;

/* notify's MESSAGE_RUN. */
MUST_USE int runner_message(struct family *family, struct child *notify, struct reader *message);
/* True where it was the command. */
bool runner_child_died(struct family *family, pid_t pid, int status);
void runner_free(struct family *family);

#endif
