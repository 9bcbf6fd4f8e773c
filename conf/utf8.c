#include "conf/utf8.h"

#include <stdint.h>

#include "lib/wire.h"

enum {
	CODE_BAD = 0xffffffff,
};

/* The code point that begins at the reader, or CODE_BAD. */
static uint32_t code_next(struct rd *r)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint8_t first = rd_u8(r);
	if (first < 0x80)
		return first;
	unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	if (first < 0xc0 || first > 0xf4)
		return CODE_BAD;
	uint32_t code = first & (0x3fu >> more);
	for (unsigned i = 0; i < more; i++) {
		uint8_t b = rd_u8(r);
		if (r->err || (b & 0xc0) != 0x80)
			return CODE_BAD;
		code = code << 6 | (b & 0x3f);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return CODE_BAD;
	return code;
}

static const char *code_why_not(uint32_t code, const struct rd *r)
{
	if (code == CODE_BAD)
		return "not UTF-8 text";
	if (code == 0)
		return "a NUL byte: not a text file";
	if (code == '\r')
		return rd_left(r) && *r->p != '\n' ? "a carriage return inside a line" : NULL;
	if ((code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7f && code < 0xa0))
		return "a control character";
	return NULL;
}

const char *conf_utf8_check(const char *bytes, size_t len, unsigned *line)
{
	*line = 1;
	for (size_t i = 0; i < len;) {
		if (bytes[i] >= ' ' && bytes[i] < 0x7f) { /* nearly all of a file */
			i++;
			continue;
		}
		struct rd r = rd_init(bytes + i, len - i);
		uint32_t code = code_next(&r);
		const char *why = code_why_not(code, &r);
		if (why)
			return why;
		*line += code == '\n';
		i = len - rd_left(&r);
	}
	return NULL;
}
