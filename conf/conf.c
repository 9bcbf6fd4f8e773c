#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/merge.h"
#include "conf/snapshot.h"

static int compare_texts(const void *a, const void *b)
{
	const struct conf_text *x = *(const struct conf_text *const *)a;
	const struct conf_text *y = *(const struct conf_text *const *)b;
	int c = strcmp(x->name, y->name);
	if (!c)
		c = (x->masked_by != NULL) - (y->masked_by != NULL);
	return c ? c : strcmp(x->file, y->file);
}

/* The main text first, the others by name, so that the order they came in does not matter. */
static const struct conf_text **sort_texts(
	struct conf_arena *a, const struct conf_text *texts, size_t n)
{
	const struct conf_text **sorted = conf_arena_alloc(a, (n + 1) * sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = &texts[i];
	if (n > 1)
		qsort(sorted + 1, n - 1, sizeof(*sorted), compare_texts);
	return sorted;
}

/* A copy that lives as long as the snapshot. */
static struct conf_text *copy_text(struct conf_arena *a, const struct conf_text *from)
{
	struct conf_text *t = conf_arena_alloc(a, sizeof(*t));
	*t = *from;
	t->name = conf_arena_copy(a, from->name, strlen(from->name));
	t->file = conf_arena_copy(a, from->file, strlen(from->file));
	if (from->masked_by)
		t->masked_by = conf_arena_copy(a, from->masked_by, strlen(from->masked_by));
	return t;
}

/* NULL, or why a text cannot take part. */
static const char *why_not(const struct conf_merge *m, const struct conf_text *t)
{
	if (t->unreadable)
		return t->unreadable;
	for (size_t i = 0; i < m->parties_n; i++)
		if (strcmp(m->parties[i].name, t->name) == 0)
			return "its name is that of another file that takes part; rename it";
	return NULL;
}

static struct conf_party make_party(struct conf_merge *m, const struct conf_text *t)
{
	struct conf_party p = {.text = t, .name = t->name, .main = m->parties_n == 0};
	const char *why = why_not(m, t);
	p.present = conf_source_read(m->arena, t->name, t->file, t->bytes, why ? 0 : t->len);
	if (why) {
		conf_report_error(&p.present->report, 0, "%s", why);
		p.present->read_n = p.present->report.messages_n;
	}
	p.now = p.present;
	bool twin = why && !t->unreadable;
	p.last_good_due = t->last_good && !twin;
	return p;
}

static bool stands_aside(const struct conf_text *t)
{
	return t->masked_by || t->disabled;
}

static void add_contributor(
	struct conf *c, const struct conf_text *t, const struct conf_party *p, struct conf_arena *a)
{
	struct conf_contributor *k = CONF_PUSH(a, c->contributors, c->contributors_n);
	*k = (struct conf_contributor){.name = t->name,
		.file = t->file,
		.masked_by = t->masked_by,
		.disabled = t->disabled && !t->masked_by};
	if (!p)
		return;
	k->owner = p->owner;
	k->quarantined = p->now != p->present;
	k->last_good = k->quarantined && p->now;
}

static int compare_messages(const void *a, const void *b)
{
	const struct conf_message *x = *(const struct conf_message *const *)a;
	const struct conf_message *y = *(const struct conf_message *const *)b;
	if (x->origin.line != y->origin.line)
		return x->origin.line < y->origin.line ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The messages of a report by line; of one line in the order they were found. */
static void add_messages(struct conf *c, const struct conf_report *r)
{
	struct conf_arena *a = c->arena;
	const struct conf_message **sorted =
		conf_arena_alloc(a, (r->messages_n + 1) * sizeof(*sorted));
	for (size_t i = 0; i < r->messages_n; i++)
		sorted[i] = &r->messages[i];
	if (r->messages_n)
		qsort(sorted, r->messages_n, sizeof(*sorted), compare_messages);
	for (size_t i = 0; i < r->messages_n; i++)
		*CONF_PUSH(a, c->messages, c->messages_n) = *sorted[i];
}

static void add_party(struct conf *c, struct conf_party *p)
{
	struct conf_report *r = &p->present->report;
	if (p->now && p->now != p->present) {
		conf_report_warning(
			r, 0, "this file is in error: its last good text stays in force");
		for (size_t i = 0; i < p->now->report.messages_n; i++)
			*CONF_PUSH(r->arena, r->messages, r->messages_n) =
				p->now->report.messages[i];
	} else if (!p->now) {
		conf_report_warning(r, 0,
			"this file is in error and has no last good text: nothing of it is in "
			"force");
	}
	add_messages(c, r);
}

static bool owner_usable(const struct conf_merge *m)
{
	for (size_t i = 0; i < m->parties_n; i++)
		if (m->parties[i].owner && !m->parties[i].now)
			return false;
	return m->parties_n > 0;
}

static struct conf_merge make_merge(struct conf_arena *a, const struct conf_text **texts, size_t n)
{
	struct conf_merge m = {.arena = a};
	m.parties = conf_arena_alloc(a, (n + 1) * sizeof(*m.parties));
	for (size_t i = 0; i < n; i++) {
		if (stands_aside(texts[i]))
			continue;
		m.parties[m.parties_n] = make_party(&m, texts[i]);
		m.parties_n++;
	}
	return m;
}

struct conf *conf_build(const struct conf_text *texts, size_t n, bool *usable)
{
	static const struct conf_text nothing = {.name = "", .file = "", .unreadable = "no file"};
	struct conf_arena *a = conf_arena_new();
	struct conf *c = conf_arena_alloc(a, sizeof(*c));
	const struct conf_text **sorted = sort_texts(a, n ? texts : &nothing, n ? n : 1);
	n = n ? n : 1;
	c->arena = a;
	for (size_t i = 0; i < n; i++)
		sorted[i] = copy_text(a, sorted[i]);
	struct conf_merge m = make_merge(a, sorted, n);
	conf_merge_settle(&m);
	conf_snapshot_make(&m, c);
	for (size_t i = 0; i < m.parties_n; i++)
		add_party(c, &m.parties[i]);
	for (size_t i = 0, p = 0; i < n; i++)
		add_contributor(c, sorted[i], stands_aside(sorted[i]) ? NULL : &m.parties[p++], a);
	*usable = owner_usable(&m);
	return c;
}

void conf_free(struct conf *c)
{
	if (c)
		conf_arena_free(c->arena);
}
