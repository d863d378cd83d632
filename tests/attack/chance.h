/* The same sessions again from the same seed. */
#ifndef TESTS_CHANCE_H
#define TESTS_CHANCE_H

#include <stdint.h>
#include <stdlib.h>

static unsigned long rounds;
static uint64_t chance = 1;

static inline uint64_t pick(uint64_t below)
{
	uint64_t mixed = chance += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (mixed ^ (mixed >> 31)) % below;
}

/* PROGRAM [ROUNDS [SEED]] */
static inline void take_arguments(int argument_count, char **arguments, unsigned long usual_rounds)
{
	rounds = argument_count > 1 ? strtoul(arguments[1], NULL, 10) : usual_rounds;
	if (argument_count > 2)
		chance = strtoull(arguments[2], NULL, 10);
}

#endif
