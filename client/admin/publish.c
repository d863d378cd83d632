#include "publish.h"

#include "client/link.h"
#include "client/organisation.h"
#include "keys/roster_folder.h"

#include <errno.h>
#include <unistd.h>

#define CREATED  201
#define DONE     200
#define CONFLICT 409

static int put(const struct organisation *organisation, const struct roster *roster, unsigned *ret_status,
	struct failure *failure)
{
	struct link_request request = {
		.method = "PUT", .path = "roster", .body = roster->note, .body_len = roster->note_len
	};
	struct link_answer answer = { 0 };
	int rc = organisation_call(organisation, &request, &answer, failure);

	if (rc == 0 && answer.status != CREATED && answer.status != DONE) {
		rc = link_refused(&answer, "the roster was not taken", failure);
		if (answer.status == CONFLICT)
			rc = 0;
	}
	*ret_status = rc == 0 ? answer.status : 0;
	link_answer_free(&answer);
	return rc;
}

static int get_version(
	const struct organisation *organisation, uint64_t *ret_version, struct failure *failure)
{
	struct link_request request = { .method = "GET", .path = "roster", .answer_max = ROSTER_MAX_BYTES };
	struct link_answer answer = { 0 };
	struct roster *roster = NULL;
	struct fault fault;
	int rc = organisation_call(organisation, &request, &answer, failure);

	if (rc == 0 && answer.status != DONE)
		rc = link_refused(&answer, "the server's roster didn't come", failure);
	else if (rc == 0 && roster_parse(answer.body.data, answer.body.len, &roster, &fault) != 0)
		rc = failure_of(failure, EX_PROTOCOL, &fault);
	if (rc == 0 && roster != NULL)
		*ret_version = roster->version;
	roster_free(roster);
	link_answer_free(&answer);
	return rc;
}

/* What the daemon missed while it didn't run, or ran without its rosters folder. */
static int catch_up(
	const struct admin *admin, const struct organisation *organisation, struct failure *failure)
{
	char folder[PATH_MAX];
	uint64_t version = 0;

	if (admin_path(admin->home, ROSTER_FOLDER, folder, failure) != 0 ||
		get_version(organisation, &version, failure) != 0)
		return -1;
	while (version < admin->newest->version) {
		struct roster *missed = NULL;
		struct fault fault;
		unsigned status = 0;
		int rc;

		if (roster_folder_get(folder, ++version, &missed, &fault) != 0)
			return admin_file_failure(failure, errno, &fault);
		rc = put(organisation, missed, &status, failure);
		roster_free(missed);
		if (rc != 0)
			return -1;
		if (status == CONFLICT)
			break;
	}
	return 0;
}

/* The server has another roster than this home: another admin has published, or it is a fork. */
static int learn_why(struct organisation *organisation, struct failure *failure)
{
	bool changed = false;

	if (organisation_refresh(organisation, &changed, failure) != 0)
		return -1;
	if (!changed)
		return failure_set(failure, EX_PROTOCOL,
			"the server refuses what should follow its roster: run `status', and look at its "
			"log");
	return failure_set(failure, EX_DATAERR,
		"another admin has published roster %llu first: look at `roster show', then draft your "
		"change "
		"again on top of it",
		(unsigned long long)organisation_roster(organisation)->version);
}

static int through_daemon(const struct admin *admin, struct organisation *organisation,
	const struct roster *roster, struct failure *failure)
{
	unsigned status = 0;

	if (put(organisation, roster, &status, failure) != 0)
		return -1;
	if (status != CONFLICT)
		return 0;
	if (catch_up(admin, organisation, failure) != 0 || put(organisation, roster, &status, failure) != 0)
		return -1;
	if (status != CONFLICT)
		return 0;
	return learn_why(organisation, failure);
}

static int into_folder(const struct admin *admin, const struct roster *roster, struct failure *failure)
{
	char folder[PATH_MAX];
	struct failure unreachable = *failure;
	struct fault fault;

	if (admin_path(admin->home, DAEMON_ROSTERS, folder, failure) != 0)
		return -1;
	if (access(folder, F_OK) != 0) {
		*failure = unreachable;
		return -1;
	}
	if (roster_folder_put(folder, roster, &fault) != 0)
		return admin_file_failure(failure, errno, &fault);
	return 0;
}

int publish_roster(
	struct admin *admin, const struct roster *roster, enum publish_way *ret_way, struct failure *failure)
{
	struct organisation *organisation = NULL;
	int rc = -1;

	if (organisation_load(&admin->items, &organisation, failure) != 0)
		return -1;
	organisation_listen(organisation, admin->invocation, NULL);
	rc = through_daemon(admin, organisation, roster, failure);
	if (rc == 0) {
		*ret_way = PUBLISH_RUNNING;
	} else if (failure->exit_code == EX_UNAVAILABLE) {
		rc = into_folder(admin, roster, failure);
		*ret_way = PUBLISH_NEXT_START;
	}
	organisation_free(organisation);
	return rc;
}
