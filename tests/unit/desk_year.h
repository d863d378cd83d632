/* A desk over a long time, against the store's own code: reports come, officers are woken, absent, slow or
 * forgetful; the store crashes, is down, and can't write; the network is cut. What must hold is checked all
 * the while:
 *
 * - a report is acknowledged, or has climbed as far as its time says;
 * - whoever a climb is for is woken within ten minutes of it, whatever happened meanwhile;
 * - nobody is woken more than once in five minutes, but for the first immediate report;
 * - nobody is woken while nothing waits;
 * - what is acknowledged, and whose sender nobody has reached in time, is alerted again;
 * - what a page asks for comes to its officer, once, through cuts of the network, or is given up and climbs
 *   (desk_network.h). */
#ifndef TESTS_DESK_YEAR_H
#define TESTS_DESK_YEAR_H

#include "desk_network.h"
#include "store_scene.h"

struct desk_year {
	unsigned reports, days;
	uint64_t seed;
};

struct desk_year_result {
	unsigned acknowledged, climbed, fell_back, stalled, late; /* reports */
	unsigned wakes, crashes, outages, refusals;
	struct desk_network network;
};

/* To be set as scene_shape_roster before the scene begins: twenty officers in three tiers and a fallback
 * desk.
 */
void desk_year_roster(struct roster *roster);
void desk_year_run(struct scene *scene, const struct desk_year *options, struct desk_year_result *ret_result);

#endif
