#include "conf/conf.h"

#include <stdlib.h>
#include <string.h>

#include "conf/match.h"
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
	struct conf_party p = {
		.text = t, .name = t->name, .main = m->parties_n == 0, .site = m->site};
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

/* A text and its part. */
struct placed {
	const struct conf_text *text;
	bool takes_part;
	size_t party;                       /* index, where it takes part */
	const struct conf_value *unmatched; /* where [match] keeps it out */
	enum conf_key key;                  /* of unmatched */
};

static void add_aside(struct conf_contributor *k, const struct conf_party *p, struct conf_arena *a)
{
	struct conf_aside *aside = conf_arena_alloc(a, (p->aside_n + 1) * sizeof(*aside));
	for (size_t i = 0; i < p->aside_n; i++) {
		const struct conf_source_section *s = p->aside[i].section;
		aside[i] = (struct conf_aside){
			conf_source_title(a, s), {s->file, s->line}, p->aside[i].before};
	}
	k->aside = aside;
	k->aside_n = p->aside_n;
}

static void add_contributor(struct conf *c, const struct placed *place,
	const struct conf_party *parties, struct conf_arena *a)
{
	const struct conf_text *t = place->text;
	const struct conf_party *p = place->takes_part ? &parties[place->party] : NULL;
	struct conf_contributor *k = CONF_PUSH(a, c->contributors, c->contributors_n);
	*k = (struct conf_contributor){.name = t->name,
		.file = t->file,
		.masked_by = t->masked_by,
		.disabled = t->disabled && !t->masked_by};
	if (place->unmatched) {
		k->unmatched = conf_match_text(a, place->key, place->unmatched);
		k->unmatched_line = place->unmatched->line;
	}
	if (!p)
		return;
	k->owner = p->owner;
	k->quarantined = p->whole != p->present;
	k->last_good = k->quarantined && p->whole;
	k->kept = p->kept;
	k->kept_len = p->kept_len;
	add_aside(k, p, a);
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

static void append(struct conf_report *r, const struct conf_report *more)
{
	for (size_t i = 0; i < more->messages_n; i++)
		*CONF_PUSH(r->arena, r->messages, r->messages_n) = more->messages[i];
}

static void add_party(struct conf *c, struct conf_party *p)
{
	struct conf_report *r = &p->present->report;
	if (p->whole && p->whole != p->present) {
		conf_report_warning(
			r, 0, "this file is in error: its last good text stays in force");
		append(r, &p->whole->report);
	} else if (!p->whole) {
		conf_report_warning(r, 0,
			"this file is in error and has no last good text: nothing of it is in "
			"force");
	}
	if (p->now != p->whole)
		append(r, &p->now->report);
	add_messages(c, r);
}

static bool owner_usable(const struct conf_merge *m)
{
	for (size_t i = 0; i < m->parties_n; i++)
		if (m->parties[i].owner && !m->parties[i].now)
			return false;
	return m->parties_n > 0;
}

/* The text takes part, unless its [match] says otherwise; the main file always does. */
static void take_part(struct conf_merge *m, struct conf *c, struct placed *place)
{
	struct conf_party p = make_party(m, place->text);
	conf_match_watch(c, p.present, m->site);
	if (!p.main)
		place->unmatched = conf_match_failed(p.present, m->site, &place->key);
	if (place->unmatched)
		return;
	place->takes_part = true;
	place->party = m->parties_n;
	m->parties[m->parties_n++] = p;
}

static struct placed *place_texts(
	struct conf_merge *m, struct conf *c, const struct conf_text **texts, size_t n)
{
	struct placed *places = conf_arena_alloc(m->arena, n * sizeof(*places));
	m->parties = conf_arena_alloc(m->arena, (n + 1) * sizeof(*m->parties));
	for (size_t i = 0; i < n; i++) {
		places[i].text = copy_text(m->arena, texts[i]);
		if (!texts[i]->masked_by && !texts[i]->disabled)
			take_part(m, c, &places[i]);
	}
	return places;
}

struct conf *conf_build(
	const struct conf_text *texts, size_t n, const struct conf_site *site, bool *usable)
{
	static const struct conf_text nothing = {.name = "", .file = "", .unreadable = "no file"};
	static const struct conf_site nowhere = {.host = ""};
	struct conf_arena *a = conf_arena_new();
	struct conf *c = conf_arena_alloc(a, sizeof(*c));
	const struct conf_text **sorted = sort_texts(a, n ? texts : &nothing, n ? n : 1);
	struct conf_merge m = {.arena = a, .site = site ? site : &nowhere};
	n = n ? n : 1;
	c->arena = a;
	struct placed *places = place_texts(&m, c, sorted, n);
	conf_merge_settle(&m);
	conf_snapshot_make(&m, c);
	for (size_t i = 0; i < m.parties_n; i++)
		add_party(c, &m.parties[i]);
	for (size_t i = 0; i < n; i++)
		add_contributor(c, &places[i], m.parties, a);
	*usable = owner_usable(&m);
	return c;
}

size_t conf_bytes(const struct conf *c)
{
	return conf_arena_bytes(c->arena);
}

bool conf_all_in_force(const struct conf_contributor *k)
{
	return !k->quarantined && !k->aside_n;
}

void conf_free(struct conf *c)
{
	if (c)
		conf_arena_free(c->arena);
}
