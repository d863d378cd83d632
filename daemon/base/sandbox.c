#include "base/sandbox.h"

#include "base/landlock.h"
#include "base/log.h"
#include "base/process.h"
#include "base/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int no_new_privileges(struct fault *fault)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return fault_set(fault, "no-new-privileges refused: %s", strerror(errno));
	return 0;
}

static int files_restrict(
	const struct sandbox_options *options, int folder_fd, bool may_connect, struct fault *fault)
{
	if (landlock_version() > 0)
		return landlock_restrict(folder_fd, may_connect, fault);
	if (!options->allow_no_landlock)
		return fault_set(fault,
			"this kernel has no Landlock: use one that has it, or see allow_no_landlock in "
			"clariond.conf(5)");
	log_plain(LOG_WARNING, "running_without_landlock");
	return 0;
}

static int lock_in(
	const struct sandbox_options *options, int folder_fd, enum seccomp_list list, struct fault *fault)
{
	if (process_harden(fault) != 0 || no_new_privileges(fault) != 0 ||
		files_restrict(options, folder_fd, list == SECCOMP_NOTIFY, fault) != 0)
		return -1;
	return seccomp_lock(list, fault);
}

static int lock_in_folder(const struct sandbox_options *options, enum seccomp_list list, struct fault *fault)
{
	const int folder_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return fault_set(fault, "the store's folder can't be opened: %s", strerror(errno));
	const int rc = lock_in(options, folder_fd, list, fault);
	close(folder_fd);
	return rc;
}

int sandbox_front(const struct sandbox_options *options, struct fault *fault)
{
	return lock_in(options, -1, SECCOMP_FRONT, fault);
}

int sandbox_store(const struct sandbox_options *options, struct fault *fault)
{
	return lock_in_folder(options, SECCOMP_STORE, fault);
}

int sandbox_checkpoint(const struct sandbox_options *options, struct fault *fault)
{
	return lock_in_folder(options, SECCOMP_CHECKPOINT, fault);
}

int sandbox_notify(const struct sandbox_options *options, struct fault *fault)
{
	return lock_in(options, -1, SECCOMP_NOTIFY, fault);
}

int sandbox_supervisor(struct fault *fault)
{
	return process_harden(fault) != 0 ? -1 : no_new_privileges(fault);
}
