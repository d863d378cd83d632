/* Bech32 (BIP-173) of 32 bytes, as age writes its recipients and identities. */
#ifndef PROTO_BECH32_H
#define PROTO_BECH32_H

#include "proto/base.h"

#define BECH32_DATA_BYTES 32
#define BECH32_DATA_CHARS 58 /* 52 for the data, 6 for the checksum */

/* prefix is lower case; ret_text takes strlen(prefix) + 1 + BECH32_DATA_CHARS characters and a NUL. */
void bech32_encode(const char *prefix, const uint8_t data[BECH32_DATA_BYTES], char *ret_text);

/* Exactly this prefix and 32 bytes. All upper or all lower case; mixed case, a wrong checksum or padding that
 * isn't zero is refused. */
MUST_USE int bech32_decode(
	const char *prefix, const char *text, size_t len, uint8_t ret_data[BECH32_DATA_BYTES]);

#endif
