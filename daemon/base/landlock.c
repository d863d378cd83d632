#include "base/landlock.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h, by version of the interface. */
#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1

#define FS_WRITE_FILE   (1ULL << 1)
#define FS_READ_FILE    (1ULL << 2)
#define FS_READ_DIR     (1ULL << 3)
#define FS_REMOVE_FILE  (1ULL << 5)
#define FS_MAKE_REG     (1ULL << 8)
#define FS_TRUNCATE     (1ULL << 14)
#define FS_VERSION_1    ((1ULL << 13) - 1)
#define FS_VERSION_2    ((1ULL << 14) - 1) /* and moving between folders */
#define FS_VERSION_3    ((1ULL << 15) - 1) /* and truncation */
#define FS_VERSION_5    ((1ULL << 16) - 1) /* and ioctl of devices */
#define NET_BIND        (1ULL << 0)
#define NET_CONNECT     (1ULL << 1)
#define SCOPE_VERSION_6 3ULL /* abstract sockets, signals */

/* What SQLite does in its folder: no subfolders, links, devices or programs. */
#define FS_DATABASE (FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE)

struct ruleset {
	uint64_t handled_fs;
	uint64_t handled_net;
	uint64_t scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

int landlock_version(void)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	return version < 0 ? 0 : (int)version;
}

/* Older kernels refuse a structure that is longer than theirs. */
static struct ruleset ruleset_of(int version, bool may_connect, size_t *ret_size)
{
	struct ruleset ruleset = { .handled_fs = FS_VERSION_1 };
	*ret_size = sizeof ruleset.handled_fs;
	if (version >= 2)
		ruleset.handled_fs = FS_VERSION_2;
	if (version >= 3)
		ruleset.handled_fs = FS_VERSION_3;
	if (version >= 5)
		ruleset.handled_fs = FS_VERSION_5;
	if (version >= 4) {
		ruleset.handled_net = may_connect ? NET_BIND : NET_BIND | NET_CONNECT;
		*ret_size = offsetof(struct ruleset, scoped);
	}
	if (version >= 6) {
		ruleset.scoped = SCOPE_VERSION_6;
		*ret_size = sizeof ruleset;
	}
	return ruleset;
}

int landlock_restrict(int folder_fd, bool may_connect, struct fault *fault)
{
	const int version = landlock_version();
	size_t size;
	int rc = -1;
	if (version < 1)
		return fault_set(fault,
			"this kernel has no Landlock: use a kernel that has it (5.13 or later, "
			"`landlock' in its lsm= list)");
	const struct ruleset ruleset = ruleset_of(version, may_connect, &size);
	const int ruleset_fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	if (ruleset_fd < 0)
		return fault_set(fault, "Landlock: no rule set: %s", strerror(errno));
	const struct path_beneath beneath = { .allowed = FS_DATABASE & ruleset.handled_fs,
		.parent_fd = folder_fd };
	if (folder_fd >= 0 && syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &beneath, 0) != 0)
		rc = fault_set(fault, "Landlock: folder refused: %s", strerror(errno));
	else if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) != 0)
		rc = fault_set(fault, "Landlock: not enforced: %s", strerror(errno));
	else
		rc = 0;
	close(ruleset_fd);
	return rc;
}
