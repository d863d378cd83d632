#include "session_store.h"

#include "fuzz.h"
#include "store_scene.h"

#include <sys/socket.h>

static struct scene *scene;

struct event_base *session_store_begin(int *ret_fd)
{
	void *state = NULL;
	int ends[2];

	must(scene_begin(&state) == 0);
	scene = state;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	must(front_attach(&scene->store, ends[0]) == 0);
	*ret_fd = ends[1];
	return scene->store.base;
}

void session_store_end(void)
{
	void *state = scene;

	(void)scene_end(&state);
}

uint64_t session_store_roster(void)
{
	return scene->store.roster->version;
}

const char *session_store_prefix(void)
{
	return "/" SCENE_BASE "/v1/";
}
