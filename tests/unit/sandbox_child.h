/* What a process can do once it is locked in, tried by a child of its own. */
#ifndef TESTS_SANDBOX_CHILD_H
#define TESTS_SANDBOX_CHILD_H

#include "cmocka_all.h"

#include "base/sandbox.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKED        0
#define FAILED        1
#define NOT_LOCKED_IN 2

typedef int lock_in(const struct sandbox_options *options, struct fault *fault);
typedef int deed(void); /* 0 where it worked */

static char folder[] = "/tmp/clarion-sandbox-XXXXXX";

static inline int in_child(lock_in *lock, deed *act)
{
	const struct sandbox_options options = { .allow_no_landlock = false };
	struct fault fault;
	int status;
	const pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (chdir(folder) != 0 || lock(&options, &fault) != 0)
			_exit(NOT_LOCKED_IN);
		_exit(act() == 0 ? WORKED : FAILED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static inline void works(lock_in *lock, deed *act)
{
	const int status = in_child(lock, act);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), WORKED);
}

static inline void kills(lock_in *lock, deed *act)
{
	const int status = in_child(lock, act);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

#endif
