/* Pages: who of a desk is woken, and when. What is asked for within five minutes of a page waits, and goes
 * out as one; a desk's first `immediate` in such a time goes out at once. What waits is kept, so that no end
 * loses it. */
#ifndef STORE_PAGES_H
#define STORE_PAGES_H

#include "proto/escalation.h"
#include "proto/words.h"

#define PAGE_WINDOW_S 300

struct pages;
struct store;

/* Wakes one officer of a page. In the page's group; 1 where she has chosen no way to be woken, -1 where it
 * can't be kept. */
typedef int pages_waker(struct store *store, const char *officer, const char *desk, enum urgency urgency);

MUST_USE int pages_load(struct store *store);
void pages_free(struct store *store);
/* In a group. levels: LEVEL_BITs of a report of this desk. */
MUST_USE int pages_add(struct store *store, const char *desk, unsigned levels, enum urgency urgency);
/* Before the group's commit: pages that may go out go out with it, and the others are kept. */
MUST_USE int pages_write(struct store *store);
/* After it. */
void pages_committed(struct store *store);
void pages_rolled_back(struct store *store);
/* When the next that waits may go out; ESCALATION_NEVER where none waits. */
int64_t pages_next(const struct store *store);

#endif
