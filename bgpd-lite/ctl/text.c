#include "bgpd-lite/ctl/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *t, size_t more)
{
	if (t->err)
		return false;
	if (t->capacity - t->len > more)
		return true;
	size_t capacity = t->capacity ? t->capacity : 256;
	while (capacity - t->len <= more)
		capacity *= 2;
	char *s = realloc(t->s, capacity);
	if (!s) {
		t->err = true;
		return false;
	}
	t->s = s;
	t->capacity = capacity;
	return true;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
	if (!make_room(t, len))
		return;
	if (len)
		memcpy(t->s + t->len, bytes, len);
	t->len += len;
	t->s[t->len] = 0;
}

void text_adds(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_addf(struct text *t, const char *format, ...)
{
	va_list ap, again;

	va_start(ap, format);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n >= 0 && make_room(t, (size_t)n)) {
		vsnprintf(t->s + t->len, (size_t)n + 1, format, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void text_pad(struct text *t, size_t n)
{
	if (!make_room(t, n))
		return;
	memset(t->s + t->len, ' ', n);
	t->len += n;
	t->s[t->len] = 0;
}

void text_drop(struct text *t, size_t n)
{
	if (!t->s || n == 0)
		return;
	if (n > t->len)
		n = t->len;
	memmove(t->s, t->s + n, t->len - n + 1);
	t->len -= n;
}

void text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){0};
}
