#include "server.h"

#include "client/signed_call.h"

int server_open(const struct admin *admin, struct server *ret_server, struct failure *failure)
{
	*ret_server = (struct server){ 0 };
	if (organisation_load(&admin->items, &ret_server->organisation, failure) != 0)
		return -1;
	organisation_listen(ret_server->organisation, admin->invocation, NULL);
	/* Another admin may have published: then this home catches up, by the rules that clients follow. It
	 * comes first, because the newest roster may be the one that names her new key. */
	if (organisation_refresh(ret_server->organisation, NULL, failure) != 0)
		return -1;
	return admin_identity(admin, &ret_server->identity, failure);
}

void server_close(struct server *server)
{
	identity_free(server->identity);
	organisation_free(server->organisation);
	*server = (struct server){ 0 };
}

int server_call(void *owner, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure)
{
	const struct server *server = owner;
	int rc = -1;

	for (size_t at = 0; at < organisation_servers(server->organisation); at++) {
		struct link *link = NULL;

		if (organisation_link(server->organisation, at, &link, failure) != 0)
			return -1;
		rc = signed_call(server->organisation, link, server->identity->signing_key, request,
			ret_answer, failure);
		link_close(link);
		if (rc == 0 || failure->exit_code != EX_UNAVAILABLE)
			break;
	}
	return rc;
}
