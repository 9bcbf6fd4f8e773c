#include "rib/attr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/ext_community.h"
#include "lib/wire.h"
#include "rib/as_path.h"

/* Text that is cut at the last item that fits whole. */
struct text {
	char *out;
	size_t capacity;
	size_t used;
	bool full;
};

static void __attribute__((format(printf, 2, 3))) text_add(struct text *t, const char *format, ...)
{
	va_list ap;
	if (t->full)
		return;
	size_t left = t->capacity - t->used;
	va_start(ap, format);
	int n = vsnprintf(t->out + t->used, left, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left) {
		t->out[t->used] = 0;
		t->full = true;
		return;
	}
	t->used += (size_t)n;
}

static struct text text_begin(char *out, size_t capacity)
{
	if (capacity)
		out[0] = 0;
	return (struct text){.out = out, .capacity = capacity, .full = capacity == 0};
}

static struct rd part(const struct attrs *a, size_t at, size_t len)
{
	struct rd r = rd_init(a->bytes, a->len);
	(void)rd_bytes(&r, at);
	return rd_sub(&r, len);
}

static const char *segment_brackets(const struct as_segment *s)
{
	switch (s->type) {
	case AS_SEGMENT_SET:
		return "{}";
	case AS_SEGMENT_CONFED_SEQUENCE:
		return "()";
	case AS_SEGMENT_CONFED_SET:
		return "[]";
	}
	return NULL;
}

const char *attr_path_text(const struct attrs *a, char *out, size_t capacity)
{
	struct text t = text_begin(out, capacity);
	struct rd path = part(a, 0, a->as_path_len);
	struct as_segment s;
	while (as_segment_next(&path, 4, &s)) {
		const char *brackets = segment_brackets(&s);
		for (unsigned i = 0; i < s.n; i++) {
			char open[2] = {i == 0 && brackets ? brackets[0] : 0, 0};
			char close[2] = {i + 1u == s.n && brackets ? brackets[1] : 0, 0};
			text_add(&t, "%s%s%u%s", t.used ? " " : "", open, as_segment_number(&s),
				close);
		}
	}
	return out;
}

const char *attr_communities_text(const struct attrs *a, char *out, size_t capacity)
{
	struct text t = text_begin(out, capacity);
	struct rd r = part(a, a->as_path_len, a->communities_len);
	while (rd_left(&r) >= 4) {
		unsigned as = rd_u16(&r);
		text_add(&t, "%s%u:%u", t.used ? " " : "", as, rd_u16(&r));
	}
	return out;
}

const char *attr_ext_communities_text(const struct attrs *a, char *out, size_t capacity)
{
	struct text t = text_begin(out, capacity);
	size_t at = (size_t)a->as_path_len + a->communities_len;
	char one[EXT_COMMUNITY_TEXT_MAX];
	struct ext_community c;

	for (size_t i = 0; i + sizeof(c) <= a->ext_communities_len; i += sizeof(c)) {
		memcpy(&c, a->bytes + at + i, sizeof(c));
		text_add(&t, "%s%s", t.used ? ", " : "", ext_community_text(&c, one));
	}
	return out;
}

const char *attr_large_communities_text(const struct attrs *a, char *out, size_t capacity)
{
	struct text t = text_begin(out, capacity);
	size_t at = (size_t)a->as_path_len + a->communities_len + a->ext_communities_len;
	struct rd r = part(a, at, a->large_communities_len);
	while (rd_left(&r) >= 12) {
		unsigned global = rd_u32(&r);
		unsigned first = rd_u32(&r);
		text_add(&t, "%s%u:%u:%u", t.used ? " " : "", global, first, rd_u32(&r));
	}
	return out;
}

unsigned attr_path_count(const struct attrs *a, uint32_t as)
{
	unsigned found = 0;
	struct rd path = part(a, 0, a->as_path_len);
	struct as_segment s;
	while (as_segment_next(&path, 4, &s)) {
		for (unsigned i = 0; i < s.n; i++)
			found += as_segment_number(&s) == as;
	}
	return found;
}
