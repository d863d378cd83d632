#include "base/process.h"

#include "build_config.h"
#include "proto/cursor.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define USER_NUMBER_MAX 0xfffffffeULL /* the last one means "unchanged" to the kernel */

int process_user(const char *text, uid_t *ret_user, gid_t *ret_group, struct fault *fault)
{
	struct reader in = reader_of(text, strlen(text));
	uint64_t number;
	uid_t user;
	gid_t group;
	if (reader_decimal(&in, &number) == 0 && reader_end(&in) == 0) {
		if (number >= USER_NUMBER_MAX)
			return fault_set(fault, "no such user number: write a smaller one");
		user = (uid_t)number;
		group = (gid_t)number;
	} else {
		const struct passwd *entry = getpwnam(text);
		if (entry == NULL)
			return fault_set(
				fault, "no user of the name %.32s: make it, or write a number", text);
		user = entry->pw_uid;
		group = entry->pw_gid;
	}
	if (user == 0 || group == 0)
		return fault_set(fault, "a role can't run as root: give it a user of its own");
	*ret_user = user;
	*ret_group = group;
	return 0;
}

/* An empty root: a folder that is gone as soon as we are in it, where nobody can make a file any more. */
static int enter_empty(struct fault *fault)
{
	static const char *const places[] = { "/run/clarion-XXXXXX", "/tmp/clarion-XXXXXX",
		"/var/tmp/clarion-XXXXXX" };
	char path[32];
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		memcpy(path, places[i], strlen(places[i]) + 1);
		if (mkdtemp(path) == NULL)
			continue;
		const int went = chdir(path);
		const int gone = rmdir(path);
		if (went == 0 && gone == 0)
			return 0;
	}
	return fault_set(fault, "no empty folder to go to: make /run or /tmp writable for root");
}

static int become(uid_t user, gid_t group, struct fault *fault)
{
	uid_t users[3];
	gid_t groups[3];
	if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 ||
		setresuid(user, user, user) != 0)
		return fault_set(fault, "can't become user %u: %s", (unsigned int)user, strerror(errno));
	if (getresuid(&users[0], &users[1], &users[2]) != 0 ||
		getresgid(&groups[0], &groups[1], &groups[2]) != 0 || getgroups(0, NULL) != 0)
		return fault_set(fault, "can't see which user this is: %s", strerror(errno));
	for (size_t i = 0; i < 3; i++)
		if (users[i] != user || groups[i] != group)
			return fault_set(fault, "did not become user %u", (unsigned int)user);
	if (setuid(0) == 0)
		return fault_set(fault, "could become root again");
	return 0;
}

int process_settle(const char *folder, const char *user, struct fault *fault)
{
	uid_t user_number = 0;
	gid_t group_number = 0;
	const pid_t parent = getppid();
	if (geteuid() != 0) {
		if (chdir(folder != NULL ? folder : "/") != 0)
			return fault_set(fault, "the role's folder can't be entered: %s", strerror(errno));
		return 0;
	}
	if (user == NULL)
		return fault_set(fault, "started as root without a user to become");
	if (process_user(user, &user_number, &group_number, fault) != 0)
		return -1;
	if (folder == NULL ? enter_empty(fault) != 0 : chdir(folder) != 0)
		return folder == NULL
			       ? -1
			       : fault_set(fault, "the role's folder can't be entered: %s", strerror(errno));
	if (chroot(".") != 0)
		return fault_set(fault, "can't change the root directory: %s", strerror(errno));
	if (become(user_number, group_number, fault) != 0)
		return -1;
	/* a change of user takes it away */
	return process_die_with_parent(parent) != 0 ? fault_set(fault, "the supervisor is gone") : 0;
}

void process_close_from(int first)
{
	closefrom(first);
}

void process_close_between(int first, int last)
{
	if (first <= last && close_range((unsigned int)first, (unsigned int)last, 0) != 0)
		closefrom(first);
}

int process_harden(struct fault *fault)
{
	const struct rlimit none = { 0, 0 };
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return fault_set(fault, "cores can't be switched off: %s", strerror(errno));
	if (!CLARION_SANITIZED &&
		(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0))
		return fault_set(fault, "tracing can't be switched off: %s", strerror(errno));
	return 0;
}

void process_raise_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
}

void process_give_way(void)
{
	const struct sched_param none = { .sched_priority = 0 };

	/* Where it can't be, all is as before. */
	(void)sched_setscheduler(0, SCHED_BATCH, &none);
}

int process_die_with_parent(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return -1;
	return getppid() == parent ? 0 : -1;
}
