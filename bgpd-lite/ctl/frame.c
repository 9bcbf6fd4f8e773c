#include "bgpd-lite/ctl/frame.h"

#include <string.h>

void frame_init(struct frame *f, char *buffer, size_t capacity)
{
	*f = (struct frame){.bytes = buffer, .capacity = capacity};
}

char *frame_room(struct frame *f, size_t *room)
{
	if (f->start > 0) {
		memmove(f->bytes, f->bytes + f->start, f->end - f->start);
		f->scanned -= f->start;
		f->end -= f->start;
		f->start = 0;
	}
	*room = f->capacity - f->end;
	return f->bytes + f->end;
}

void frame_filled(struct frame *f, size_t n)
{
	f->end += n;
}

enum frame_state frame_next(struct frame *f, const char **text, size_t *len)
{
	const char *from = f->bytes + f->scanned;
	const char *nul = f->end > f->scanned ? memchr(from, 0, f->end - f->scanned) : NULL;
	if (!nul) {
		f->scanned = f->end;
		return f->end - f->start == f->capacity ? FRAME_TOO_LONG : FRAME_PARTIAL;
	}
	*text = f->bytes + f->start;
	*len = (size_t)(nul - *text);
	f->start += *len + 1;
	f->scanned = f->start;
	return FRAME_WHOLE;
}
