/* clariond: picks a role and runs it; start reading here.
 *
 * Started by a person it is the supervisor, which starts this same program once more for each role:
 * --role=NAME, with the supervisor's channel as descriptor 3. */
#include "base/log.h"
#include "base/process.h"
#include "channel/setup.h"
#include "front/front.h"
#include "notify/notify.h"
#include "store/store.h"
#include "supervisor/supervisor.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#define ROLE_OPTION "--role="

static int role_main(const char *name)
{
	enum role role;
	struct fault fault;
	int type;
	socklen_t size = sizeof type;
	if (role_of(name, &role) != 0 || getsockopt(SUPERVISOR_FD, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
		fputs("clariond: --role is for the supervisor's use: see clariond --help\n", stderr);
		return EX_USAGE;
	}
	process_close_from(SUPERVISOR_FD + 1);
	log_role(role_name(role));
	/* before the first key comes in: what exec made readable for siblings is closed again */
	if (process_harden(&fault) != 0)
		return setup_failed(SUPERVISOR_FD, EX_OSERR, &fault);
	switch (role) {
	case ROLE_FRONT:
		return front_main(SUPERVISOR_FD);
	case ROLE_STORE:
		return store_main(SUPERVISOR_FD);
	case ROLE_NOTIFY:
		return notify_main(SUPERVISOR_FD);
	case ROLE_CHECKPOINT:
		return checkpoint_main(SUPERVISOR_FD);
	case ROLE_SUPERVISOR:
		break;
	}
	return EX_USAGE;
}

int main(int argc, char **argv)
{
	if (proto_init() != 0) {
		fputs("clariond: libsodium can't start\n", stderr);
		return EX_OSERR;
	}
	if (argc == 2 && strncmp(argv[1], ROLE_OPTION, strlen(ROLE_OPTION)) == 0)
		return role_main(argv[1] + strlen(ROLE_OPTION));
	log_role("supervisor");
	return supervisor_main(argc, argv);
}
