/* The store of a session: in a file of its own, because front and store each have a struct front. */
#ifndef TESTS_SESSION_STORE_H
#define TESTS_SESSION_STORE_H

#include <stdint.h>

struct event_base;

/* A store on a database in a folder of its own; the loop that it works on, and front's end of the channel. */
struct event_base *session_store_begin(int *ret_fd);
void session_store_end(void);
uint64_t session_store_roster(void);
/* `/BASE/v1/' */
const char *session_store_prefix(void);

#endif
