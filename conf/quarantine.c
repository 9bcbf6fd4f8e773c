#include "conf/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "conf/check.h"

/* The section of that name in the last good text, where that is another text than the one in
 * force. */
static struct conf_source_section *before_of(const struct conf_merge *m, struct conf_ref ref)
{
	const struct conf_party *p = ref.party;
	struct conf_source *good = p->now == p->present ? conf_merge_last_good(p) : NULL;
	if (!good || good == p->present)
		return NULL;
	struct conf_source_section *s = (struct conf_source_section *)conf_source_find(
		good, ref.section->kind, ref.section->name);
	if (s)
		conf_template_resolve_section(m, p, s);
	return s;
}

struct conf_rival conf_rival_make(const struct conf_merge *m, struct conf_ref ref)
{
	const struct conf_party *p = ref.party;
	return (struct conf_rival){.ref = ref,
		.before = before_of(m, ref),
		.good = p->now != p->present || conf_merge_last_good(p) == p->present};
}

const struct conf_source_section *conf_rival_last_good(const struct conf_rival *r)
{
	return r->good ? r->ref.section : r->before;
}

int conf_rival_compare(const void *a, const void *b)
{
	const struct conf_rival *x = a, *y = b;
	if (x->standing != y->standing)
		return x->standing < y->standing ? -1 : 1;
	if (x->ref.party != y->ref.party)
		return x->ref.party < y->ref.party ? -1 : 1;
	return x->ref.section->line < y->ref.section->line ? -1 : 1;
}

bool conf_rival_can_fall_back(struct conf_merge *m, const struct conf_rival *r)
{
	struct conf_party *p = (struct conf_party *)r->ref.party;
	struct conf_report *report = &p->now->report, kept = *report;
	if (!r->before)
		return false;
	*report = (struct conf_report){
		.arena = kept.arena, .file = kept.file, .contributor = kept.contributor};
	conf_check_section(m, p, r->before);
	bool good = !report->errors_n;
	*report = kept;
	return good;
}

void conf_rival_set_aside(
	struct conf_merge *m, struct conf_rival *r, struct conf_source_section *before)
{
	struct conf_party *p = (struct conf_party *)r->ref.party;
	const struct conf_source_section *s = r->ref.section;
	r->in_force = before;
	*CONF_PUSH(m->arena, p->aside, p->aside_n) = (struct conf_aside_section){s, before};
	conf_report_warning(&p->now->report, s->line, "%s is in quarantine: %s",
		conf_source_title(m->arena, s),
		before ? "its last good text stays in force" : "nothing of it is in force");
}

/* ---- the text without them ---- */

struct span {
	const char *p;
	size_t len;
};

/* The text from one line up to, but without, another; 0: to its end. */
static struct span lines_of(const char *bytes, size_t len, unsigned first, unsigned end)
{
	const char *p = bytes, *last = bytes + len, *from = first == 1 ? bytes : last;
	for (unsigned line = 1; p < last && line != end;) {
		const char *nl = memchr(p, '\n', (size_t)(last - p));
		p = nl ? nl + 1 : last;
		if (++line == first)
			from = p;
	}
	return (struct span){from, from < p ? (size_t)(p - from) : 0};
}

static unsigned end_of(const struct conf_source *s, const struct conf_source_section *section)
{
	size_t next = (size_t)(section - s->sections) + 1;
	return next < s->sections_n ? s->sections[next].line : 0;
}

static struct span without_mark(struct span s)
{
	bool mark = s.len >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0;
	return mark ? (struct span){s.p + 3, s.len - 3} : s;
}

static void blank(char *bytes, size_t len, unsigned first, unsigned end)
{
	struct span s = without_mark(lines_of(bytes, len, first, end));
	for (char *p = (char *)s.p; p < s.p + s.len; p++)
		*p = *p == '\n' ? '\n' : ' ';
}

static int compare_lines(const void *a, const void *b)
{
	const struct conf_aside_section *x = a, *y = b;
	return x->section->line < y->section->line ? -1 : 1;
}

/* The bytes of the text that p->now was read from. */
static struct span bytes_of(const struct conf_party *p)
{
	if (p->now == p->present)
		return (struct span){p->text->bytes, p->text->len};
	return (struct span){p->text->last_good, p->text->last_good_len};
}

/* What is in force of the file; *lines of it are the file's own. */
static void write_text(struct conf_arena *a, struct conf_party *p, unsigned *lines)
{
	const struct conf_text *t = p->text;
	struct span own = bytes_of(p);
	char *out = conf_arena_alloc(a, own.len + t->last_good_len + 2 + p->aside_n);
	size_t n = own.len;
	memcpy(out, own.p, n);
	for (size_t i = 0; i < p->aside_n; i++)
		blank(out, n, p->aside[i].section->line, end_of(p->now, p->aside[i].section));
	if (n && out[n - 1] != '\n')
		out[n++] = '\n';
	*lines = 0;
	for (size_t i = 0; i < n; i++)
		*lines += out[i] == '\n';
	for (size_t i = 0; i < p->aside_n; i++) {
		const struct conf_source_section *s = p->aside[i].before;
		struct span old = {0};
		if (s)
			old = without_mark(lines_of(
				t->last_good, t->last_good_len, s->line, end_of(p->last_good, s)));
		if (old.len)
			memcpy(out + n, old.p, old.len);
		n += old.len;
		if (old.len && out[n - 1] != '\n')
			out[n++] = '\n';
	}
	p->kept = out;
	p->kept_len = n;
}

/* The section was written in the last good text. */
static void rename_file(struct conf_source_section *s, const char *file)
{
	s->file = file;
	for (size_t i = 0; i < conf_sections[s->kind].keys_n; i++)
		for (size_t k = 0; k < s->values[i].items_n; k++)
			if (s->values[i].items[k].rule.origin.file)
				s->values[i].items[k].rule.origin.file = file;
}

static void cut_out(struct conf_arena *a, struct conf_party *p)
{
	unsigned own_lines;
	qsort(p->aside, p->aside_n, sizeof(*p->aside), compare_lines);
	write_text(a, p, &own_lines);
	p->now = conf_source_read(a, p->name, p->now->report.file, p->kept, p->kept_len);
	const char *file = conf_arena_format(a, "%s (last good)", p->text->file);
	for (size_t i = 0; i < p->now->sections_n; i++)
		if (p->now->sections[i].line > own_lines)
			rename_file(&p->now->sections[i], file);
}

void conf_quarantine_sections(struct conf_merge *m)
{
	conf_settle_neighbors(m);
	conf_settle_announcements(m);
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_party *p = &m->parties[i];
		p->whole = p->now;
		if (p->aside_n)
			cut_out(m->arena, p);
	}
}
