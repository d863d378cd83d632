/* Who is on duty at which desk, as far as its officers have said so (docs/protocol.md, "Rota"). */
#ifndef STORE_ROTA_H
#define STORE_ROTA_H

#include "proto/escalation.h"
#include "proto/rota.h"

struct request;
struct rotas;
struct store;

MUST_USE int rotas_load(struct store *store);
void rotas_free(struct store *store);
/* A group was rolled back. */
void rotas_rolled_back(struct store *store);

/* One desk's duties, for proto/escalation.h. */
struct rota_view {
	const struct store *store;
	const char *desk;
	const struct rota *rota; /* NULL where nobody has said anything */
};

struct rota_view rota_view(const struct store *store, const char *desk);
/* view must outlive it. Only who still is an officer of the desk counts. */
struct escalation_duty rota_duty(struct rota_view *view);
bool rota_is_on_duty(const struct rota_view *view, const char *officer, int64_t at);

/* GET and PUT desks/{desk}/rota */
void call_get_rota(struct request *request);
void call_put_rota(struct request *request);

#endif
