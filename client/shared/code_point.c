#include "code_point.h"

size_t code_point_read(const uint8_t *bytes, size_t len, uint32_t *ret_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t need = bytes[0] < 0x80       ? 1
		      : bytes[0] >> 5 == 6  ? 2
		      : bytes[0] >> 4 == 14 ? 3
		      : bytes[0] >> 3 == 30 ? 4
					    : 0;
	uint32_t point = need == 1 ? bytes[0] : need == 0 ? 0 : bytes[0] & (0x7Fu >> need);

	*ret_point = CODE_POINT_NONE;
	if (need == 0 || need > len)
		return 1;
	for (size_t at = 1; at < need; at++) {
		if ((bytes[at] & 0xC0) != 0x80)
			return 1;
		point = point << 6 | (bytes[at] & 0x3Fu);
	}
	if (point < least[need] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return 1;
	*ret_point = point;
	return need;
}
