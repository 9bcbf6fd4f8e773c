/*
 * A text that grows: replies being built, lines being printed. Pure. Daemon and client.
 *
 * The error is sticky: when there was no memory, later additions do nothing and the user looks at
 * `err` once. What it holds ends with a NUL that `len` does not count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *s; /* NULL while nothing was added */
	size_t len;
	size_t capacity;
	bool err;
};

void text_add(struct text *t, const void *bytes, size_t len);
void text_adds(struct text *t, const char *s);
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_pad(struct text *t, size_t n);  /* n blanks */
void text_drop(struct text *t, size_t n); /* takes the first n bytes away */
void text_free(struct text *t);           /* empty again, usable again */
