#include "proto/padme.h"

/* The place of the highest bit that is set; value is at least 1. */
static unsigned log2_floor(uint64_t value)
{
	unsigned place = 0;

	while (value >>= 1)
		place++;
	return place;
}

uint64_t padme_length(uint64_t len)
{
	unsigned exponent = 0, kept_bits = 0, dropped = 0;
	uint64_t mask = 0;

	if (len <= PADME_LEAST)
		return PADME_LEAST;
	exponent = log2_floor(len);
	kept_bits = log2_floor(exponent) + 1;
	dropped = exponent > kept_bits ? exponent - kept_bits : 0;
	mask = (UINT64_C(1) << dropped) - 1;
	return (len + mask) & ~mask;
}
