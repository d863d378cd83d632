#include "qr.h"

#include <qrencode.h>

#define QUIET_MODULES 4 /* ISO/IEC 18004 asks for four */

/* Light is what a terminal draws, because most are dark; outside the code all is light. */
static bool is_light(const QRcode *code, int row, int column)
{
	if (row < 0 || column < 0 || row >= code->width || column >= code->width)
		return true;
	return (code->data[row * code->width + column] & 1) == 0;
}

int qr_draw(const char *text, struct buffer *out)
{
	static const char *const halves[2][2] = { { " ", "\xe2\x96\x84" },
		{ "\xe2\x96\x80", "\xe2\x96\x88" } };
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (code == NULL)
		return -1;
	for (int row = -QUIET_MODULES; row < code->width + QUIET_MODULES; row += 2) {
		for (int column = -QUIET_MODULES; column < code->width + QUIET_MODULES; column++)
			buffer_put_string(
				out, halves[is_light(code, row, column)][is_light(code, row + 1, column)]);
		buffer_put_string(out, "\n");
	}
	QRcode_free(code);
	return buffer_ok(out);
}
