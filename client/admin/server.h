/* The organisation's server, as an admin calls it. */
#ifndef ADMIN_SERVER_H
#define ADMIN_SERVER_H

#include "admin.h"

struct server {
	struct organisation *organisation;
	struct identity *identity;
};

/* Loads both; asks for the passphrase where one is needed. server_close in every case. */
MUST_USE int server_open(const struct admin *admin, struct server *ret_server, struct failure *failure);
void server_close(struct server *server);

/* A signed call to the first server of the roster that can be reached. owner is the struct server, as
 * client/audit_memory.h wants it. */
MUST_USE int server_call(void *owner, const struct link_request *request, struct link_answer *ret_answer,
	struct failure *failure);

#endif
