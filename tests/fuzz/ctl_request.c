/*
 * Bytes of a client, in pieces as a socket may cut them: the first byte chooses the size of the
 * pieces, the rest is the stream.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "bgpd-lite/ctl/frame.h"
#include "bgpd-lite/ctl/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const char *text, size_t len)
{
	static const char *const known[] = {"prefix", "vrf", "neighbor", "state", NULL};
	struct request r;

	assert(strlen(text) == len);
	if (request_parse(text, len, &r))
		return;
	assert(request_interface_len(&r) < len);
	if (!request_bad_parameter(&r, known, "files"))
		request_text(&r, "prefix");
	request_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buffer[512];
	struct frame f;
	const char *text;
	size_t len, room;

	if (size == 0)
		return 0;
	size_t piece = 1u + data[0];
	data++;
	size--;
	frame_init(&f, buffer, sizeof(buffer));
	for (;;) {
		enum frame_state s;
		while ((s = frame_next(&f, &text, &len)) == FRAME_WHOLE)
			take(text, len);
		if (s == FRAME_TOO_LONG || size == 0)
			return 0;
		char *p = frame_room(&f, &room);
		size_t n = piece < size ? piece : size;
		n = n < room ? n : room;
		assert(n > 0);
		memcpy(p, data, n);
		frame_filled(&f, n);
		data += n;
		size -= n;
	}
}
