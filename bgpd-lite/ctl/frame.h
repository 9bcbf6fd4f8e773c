/*
 * Messages that end with a NUL byte, cut out of a stream (the framing of varlink). Pure. Daemon and
 * client.
 *
 * The buffer is the caller's and never grows: a message, with its NUL, that does not fit in it is
 * FRAME_TOO_LONG, which is final.
 */
#pragma once

#include <stddef.h>

struct frame {
	char *bytes;
	size_t capacity;
	size_t start;   /* first byte not yet given out */
	size_t scanned; /* no NUL between start and here */
	size_t end;     /* of what was filled in */
};

enum frame_state {
	FRAME_PARTIAL,  /* more bytes are needed */
	FRAME_WHOLE,    /* one message */
	FRAME_TOO_LONG, /* the buffer is full without an end */
};

void frame_init(struct frame *f, char *buffer, size_t capacity);
/* Where the next bytes go and how many fit (0 only when the buffer is full of a message or of
 * messages not taken yet). Texts given out before are no longer valid. */
char *frame_room(struct frame *f, size_t *room);
/* n bytes were written there. */
void frame_filled(struct frame *f, size_t n);
/* FRAME_WHOLE: the message without its NUL, which follows it; borrowed until frame_room(). */
enum frame_state frame_next(struct frame *f, const char **text, size_t *len);
