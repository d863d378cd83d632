#include "receipt_maker.h"

#include "session.h"

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/resource.h>

#define NICENESS 10 /* of the thread alone: on one processor the report comes first */

struct receipt_maker {
	pthread_t worker;
	bool is_joined;
	/* The worker's until it is joined. */
	int rc;
	struct receipt_ahead *receipt;
	struct failure failure;
};

static void *work(void *owner)
{
	struct receipt_maker *maker = owner;

	(void)setpriority(PRIO_PROCESS, 0, NICENESS);
	maker->rc = receipt_fresh(&maker->receipt, &maker->failure);
	return NULL;
}

struct receipt_maker *receipt_maker_start(void)
{
	struct receipt_maker *maker = calloc(1, sizeof *maker);
	sigset_t all, before;
	int rc;

	if (maker == NULL)
		return NULL;
	/* Signals are for whoever talks to her. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&maker->worker, NULL, work, maker);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0) {
		free(maker);
		return NULL;
	}
	return maker;
}

static void join(struct receipt_maker *maker)
{
	if (!maker->is_joined)
		(void)pthread_join(maker->worker, NULL);
	maker->is_joined = true;
}

int receipt_maker_keep(struct receipt_maker *maker, struct queue *queue, struct failure *failure)
{
	if (maker == NULL)
		return receipt_prepare(queue, failure);
	join(maker);
	if (maker->rc != 0)
		return failure_of(failure, maker->failure.exit_code, &maker->failure.fault);
	return queue_has_receipt(queue) ? 0 : queue_put_receipt(queue, maker->receipt, failure);
}

void receipt_maker_free(struct receipt_maker *maker)
{
	if (maker == NULL)
		return;
	join(maker);
	sodium_free(maker->receipt);
	free(maker);
}
