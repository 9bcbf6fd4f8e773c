#include "conf/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void make_room(struct conf_string *s, size_t len)
{
	if (s->capacity - s->len > len)
		return;
	s->capacity = 2 * s->capacity + len + 256;
	s->text = realloc(s->text, s->capacity);
	if (!s->text)
		abort();
}

void conf_string_add(struct conf_string *s, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		abort();
	make_room(s, (size_t)len);
	vsnprintf(s->text + s->len, s->capacity - s->len, format, args);
	s->len += (size_t)len;
	va_end(args);
}

char *conf_string_take(struct conf_string *s)
{
	make_room(s, 0);
	s->text[s->len] = 0;
	char *text = s->text;
	*s = (struct conf_string){0};
	return text;
}
