/* server add, server remove: where the same daemon can be reached besides, an onion service for one; in the
 * draft. */
#include "draft.h"
#include "verbs.h"

#include "proto/url.h"

#include <string.h>

static int take_url(const struct admin *admin, const struct roster *draft, char ret_url[SERVER_URL_SIZE],
	struct failure *failure)
{
	const char *text = arguments_operand(admin->invocation->arguments, 0);
	struct server_url url, first;
	struct fault fault;

	if (server_url_parse_address(text, strlen(text), &url, &fault) != 0 ||
		server_url_parse(draft->servers[0].url, strlen(draft->servers[0].url), &first, &fault) != 0)
		return failure_of(failure, EX_USAGE, &fault);
	memcpy(url.base, first.base, sizeof url.base);
	server_url_format(&url, ret_url);
	return 0;
}

/* As many as there are: not there. */
static size_t place_of(const struct roster *draft, const char *url)
{
	size_t at = 0;

	while (at < draft->server_count && strcmp(draft->servers[at].url, url) != 0)
		at++;
	return at;
}

static int add(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	char url[SERVER_URL_SIZE];
	struct roster_server server = draft->servers[0];

	if (take_url(admin, draft, url, failure) != 0)
		return -1;
	if (place_of(draft, url) < draft->server_count)
		return failure_set(failure, EX_DATAERR,
			"that address is in the roster already: `roster show' shows all of them");
	if (draft->server_count == ROSTER_SERVERS_MAX)
		return failure_set(failure, EX_DATAERR,
			"a roster holds at most %d addresses: remove one with `server remove' first",
			ROSTER_SERVERS_MAX);
	memcpy(server.url, url, strlen(url) + 1);
	roster_touch(draft);
	return roster_add_server(draft, &server) == 0 ? 0 : failure_memory(failure);
}

static int take_out(const struct admin *admin, struct roster *draft, struct failure *failure)
{
	char url[SERVER_URL_SIZE];
	size_t at;

	if (take_url(admin, draft, url, failure) != 0)
		return -1;
	at = place_of(draft, url);
	if (at == draft->server_count)
		return failure_set(failure, EX_DATAERR,
			"that address isn't in the roster: `roster show' shows all of them");
	if (draft->server_count == 1)
		return failure_set(
			failure, EX_DATAERR, "it is the only address: add another with `server add' first");
	memmove(&draft->servers[at], &draft->servers[at + 1],
		(draft->server_count - at - 1) * sizeof draft->servers[0]);
	draft->server_count--;
	roster_touch(draft);
	return 0;
}

int verb_server_add(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, add, "The address is added", failure);
}

int verb_server_remove(const struct invocation *invocation, struct failure *failure)
{
	return draft_change(invocation, take_out, "The address is removed", failure);
}
