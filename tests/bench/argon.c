/* bench-argon: the seconds that stretching one receipt number takes, to be taken off the client's own work.
 */
#include "engine.h"
#include "proto/receipt.h"

#include <stdio.h>

int main(void)
{
	char text[RECEIPT_SIZE];
	uint8_t seed[RECEIPT_SEED_BYTES];
	uint64_t began;

	if (proto_init() != 0)
		return 1;
	receipt_new(text);
	began = now_ns();
	if (receipt_stretch(text, seed) != 0)
		return 1;
	printf("%.6f\n", (double)(now_ns() - began) / 1e9);
	return 0;
}
