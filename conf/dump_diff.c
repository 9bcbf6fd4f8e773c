/* Two configurations as texts, section by section: what differs. (conf/dump.h) */
#include <stdlib.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/dump.h"
#include "conf/text.h"

enum {
	CELLS_MAX = 1 << 20, /* of one section; beyond, all of it is shown as replaced */
};

struct line {
	const char *at;
	size_t len;
};
struct section {
	struct line title;
	size_t lines_n;
	struct line *lines;
	bool seen;
};
struct page {
	struct conf_arena *arena;
	size_t sections_n;
	struct section *sections;
};

static bool line_equal(struct line a, struct line b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* Without the place behind the value. A title keeps whose section it is. */
static struct line value_of(const char *at, size_t len)
{
	for (size_t i = len; at[0] != '[' && i-- > 3;)
		if (memcmp(at + i - 2, " ; ", 3) == 0)
			return (struct line){at, i - 2};
	return (struct line){at, len};
}

static struct page cut(struct conf_arena *a, const char *text)
{
	struct page p = {.arena = a};

	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		if (at[0] == '[')
			CONF_PUSH(a, p.sections, p.sections_n)->title = value_of(at, len);
		else if (len && at[0] != ';' && p.sections_n) {
			struct section *s = &p.sections[p.sections_n - 1];
			*CONF_PUSH(a, s->lines, s->lines_n) = value_of(at, len);
		}
		at += len + (at[len] == '\n');
	}
	return p;
}

static struct section *find(const struct page *p, struct line title)
{
	for (size_t i = 0; i < p->sections_n; i++)
		if (line_equal(p->sections[i].title, title))
			return &p->sections[i];
	return NULL;
}

static void add(struct conf_string *out, char sign, struct line l)
{
	conf_string_add(out, "%c %.*s\n", sign, (int)l.len, l.at);
}

static void add_all(struct conf_string *out, char sign, const struct section *s)
{
	for (size_t i = 0; s && i < s->lines_n; i++)
		add(out, sign, s->lines[i]);
}

static bool section_equal(const struct section *a, const struct section *b)
{
	bool same = a->lines_n == b->lines_n;
	for (size_t i = 0; same && i < a->lines_n; i++)
		same = line_equal(a->lines[i], b->lines[i]);
	return same;
}

/* common[i][k]: lines that a from i on and b from k on have in common, in order. */
static unsigned *common_lines(
	struct conf_arena *arena, const struct section *a, const struct section *b)
{
	size_t width = b->lines_n + 1;
	unsigned *common = conf_arena_alloc(arena, (a->lines_n + 1) * width * sizeof(*common));

	for (size_t i = a->lines_n; i-- > 0;)
		for (size_t k = b->lines_n; k-- > 0;) {
			unsigned down = common[(i + 1) * width + k],
				 right = common[i * width + k + 1];
			common[i * width + k] = line_equal(a->lines[i], b->lines[k])
							? common[(i + 1) * width + k + 1] + 1
						: down > right ? down
							       : right;
		}
	return common;
}

static void add_changes(struct conf_arena *arena, struct conf_string *out, const struct section *a,
	const struct section *b)
{
	size_t width = b->lines_n + 1, i = 0, k = 0;

	if ((a->lines_n + 1) * width > CELLS_MAX) {
		add_all(out, '-', a);
		add_all(out, '+', b);
		return;
	}
	const unsigned *common = common_lines(arena, a, b);
	while (i < a->lines_n || k < b->lines_n) {
		bool both = i < a->lines_n && k < b->lines_n;
		if (both && line_equal(a->lines[i], b->lines[k])) {
			i++;
			k++;
		} else if (k == b->lines_n ||
			   (both && common[(i + 1) * width + k] >= common[i * width + k + 1])) {
			add(out, '-', a->lines[i++]);
		} else {
			add(out, '+', b->lines[k++]);
		}
	}
}

char *conf_dump_diff(const char *before, const char *after)
{
	struct conf_arena *arena = conf_arena_new();
	struct page a = cut(arena, before), b = cut(arena, after);
	struct conf_string out = {0};

	for (size_t i = 0; i < a.sections_n; i++) {
		struct section *s = &a.sections[i], *t = find(&b, s->title);
		if (t)
			t->seen = true;
		if (t && section_equal(s, t))
			continue;
		add(&out, t ? ' ' : '-', s->title);
		if (t)
			add_changes(arena, &out, s, t);
		else
			add_all(&out, '-', s);
	}
	for (size_t i = 0; i < b.sections_n; i++) {
		if (b.sections[i].seen)
			continue;
		add(&out, '+', b.sections[i].title);
		add_all(&out, '+', &b.sections[i]);
	}
	conf_arena_free(arena);
	return conf_string_take(&out);
}
