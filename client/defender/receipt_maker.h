/* The next report's receipt number, stretched beside what she waits for: its third of a second of Argon2id is
 * over when the report has gone. */
#ifndef DEFENDER_RECEIPT_MAKER_H
#define DEFENDER_RECEIPT_MAKER_H

#include "queue.h"

struct receipt_maker;

/* NULL where it can't be begun. */
struct receipt_maker *receipt_maker_start(void);
/* Waits for the number and keeps it, where the queue has none. With NULL it is stretched now. */
MUST_USE int receipt_maker_keep(struct receipt_maker *maker, struct queue *queue, struct failure *failure);
/* Waits too. */
void receipt_maker_free(struct receipt_maker *maker);

#endif
