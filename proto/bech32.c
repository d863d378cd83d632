#include "proto/bech32.h"

#include <sodium.h>
#include <string.h>

#define GROUPS          52 /* 5-bit groups that hold 32 bytes */
#define CHECKSUM_GROUPS 6
#define PREFIX_MAX      32

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t checksum_step(uint32_t sum, uint8_t value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
	return sum;
}

static uint32_t checksum(const char *prefix, const uint8_t *groups, size_t count)
{
	uint32_t sum = 1;
	size_t prefix_len = strlen(prefix);

	for (size_t i = 0; i < prefix_len; i++)
		sum = checksum_step(sum, (uint8_t)prefix[i] >> 5);
	sum = checksum_step(sum, 0);
	for (size_t i = 0; i < prefix_len; i++)
		sum = checksum_step(sum, (uint8_t)prefix[i] & 31);
	for (size_t i = 0; i < count; i++)
		sum = checksum_step(sum, groups[i]);
	return sum;
}

void bech32_encode(const char *prefix, const uint8_t data[BECH32_DATA_BYTES], char *ret_text)
{
	uint8_t groups[GROUPS + CHECKSUM_GROUPS] = { 0 };
	size_t prefix_len = strlen(prefix);
	uint32_t sum;

	for (size_t bit = 0; bit < (size_t)BECH32_DATA_BYTES * 8; bit++)
		groups[bit / 5] |= (uint8_t)((data[bit / 8] >> (7 - bit % 8) & 1) << (4 - bit % 5));
	sum = checksum(prefix, groups, sizeof groups) ^ 1;
	for (size_t i = 0; i < CHECKSUM_GROUPS; i++)
		groups[GROUPS + i] = (uint8_t)(sum >> (5 * (5 - i)) & 31);
	memcpy(ret_text, prefix, prefix_len);
	ret_text[prefix_len] = '1';
	for (size_t i = 0; i < sizeof groups; i++)
		ret_text[prefix_len + 1 + i] = alphabet[groups[i]];
	ret_text[prefix_len + 1 + sizeof groups] = '\0';
	sodium_memzero(groups, sizeof groups);
}

/* The text in lower case; -1 where both cases occur. */
static int one_case(const char *text, size_t len, char *ret_lower)
{
	bool upper = false, lower = false;

	for (size_t i = 0; i < len; i++) {
		bool is_upper = text[i] >= 'A' && text[i] <= 'Z';

		upper |= is_upper;
		lower |= text[i] >= 'a' && text[i] <= 'z';
		ret_lower[i] = is_upper ? (char)(text[i] - 'A' + 'a') : text[i];
	}
	return upper && lower ? -1 : 0;
}

static int decode_groups(const char *prefix, const char *text, uint8_t groups[GROUPS + CHECKSUM_GROUPS])
{
	size_t prefix_len = strlen(prefix);

	if (!bytes_equal(text, prefix, prefix_len) || text[prefix_len] != '1')
		return -1;
	for (size_t i = 0; i < GROUPS + CHECKSUM_GROUPS; i++) {
		const char *at = memchr(alphabet, text[prefix_len + 1 + i], sizeof alphabet - 1);

		if (at == NULL)
			return -1;
		groups[i] = (uint8_t)(at - alphabet);
	}
	/* 52 groups hold four bits more than 32 bytes. */
	if ((groups[GROUPS - 1] & 0xf) != 0)
		return -1;
	return checksum(prefix, groups, GROUPS + CHECKSUM_GROUPS) == 1 ? 0 : -1;
}

int bech32_decode(const char *prefix, const char *text, size_t len, uint8_t ret_data[BECH32_DATA_BYTES])
{
	char lower[PREFIX_MAX + 1 + BECH32_DATA_CHARS];
	uint8_t groups[GROUPS + CHECKSUM_GROUPS];
	int rc = -1;

	if (strlen(prefix) > PREFIX_MAX || len != strlen(prefix) + 1 + BECH32_DATA_CHARS)
		return -1;
	if (one_case(text, len, lower) != 0 || decode_groups(prefix, lower, groups) != 0)
		goto cleanup;
	memset(ret_data, 0, BECH32_DATA_BYTES);
	for (size_t bit = 0; bit < (size_t)BECH32_DATA_BYTES * 8; bit++)
		ret_data[bit / 8] |= (uint8_t)((groups[bit / 5] >> (4 - bit % 5) & 1) << (7 - bit % 8));
	rc = 0;
cleanup:
	sodium_memzero(lower, sizeof lower);
	sodium_memzero(groups, sizeof groups);
	return rc;
}
