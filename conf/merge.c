#include "conf/merge.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/match.h"
#include "conf/quarantine.h"

bool conf_merge_adds_up(enum conf_key key)
{
	return conf_key_is_list(key) && conf_keys[key].type != CONF_TYPE_FAMILIES &&
	       key != CONF_KEY_NEIGHBOR_ANNOUNCE_TO && key != CONF_KEY_NEIGHBOR_EXPORT;
}

struct conf_ref conf_merge_lookup(const struct conf_merge *m, const struct conf_party *p,
	enum conf_section_kind kind, const char *name)
{
	const struct conf_source_section *s = p->now ? conf_source_find(p->now, kind, name) : NULL;
	if (s)
		return (struct conf_ref){p, (struct conf_source_section *)s};
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		s = q->owner && q->now ? conf_source_find(q->now, kind, name) : NULL;
		if (s)
			return (struct conf_ref){q, (struct conf_source_section *)s};
	}
	return (struct conf_ref){0};
}

static struct conf_source_section *find_import(const struct conf_party *p, const char *name)
{
	const struct conf_source_section *s =
		p->now ? conf_source_find(p->now, CONF_SECTION_PREFIX_LIST, name) : NULL;
	if (p->now && !s)
		s = conf_source_find(p->now, CONF_SECTION_POLICY, name);
	return (struct conf_source_section *)s;
}

struct conf_ref conf_merge_lookup_import(
	const struct conf_merge *m, const struct conf_party *p, const char *name)
{
	struct conf_source_section *s = find_import(p, name);
	if (s)
		return (struct conf_ref){p, s};
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		s = q->owner ? find_import(q, name) : NULL;
		if (s)
			return (struct conf_ref){q, s};
	}
	return (struct conf_ref){0};
}

const struct conf_value *conf_merge_owner_value(const struct conf_merge *m,
	enum conf_section_kind kind, const char *name, enum conf_key key,
	const struct conf_party **party)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		const struct conf_party *q = &m->parties[i];
		const struct conf_source_section *s =
			q->owner && q->now ? conf_source_find(q->now, kind, name) : NULL;
		if (!s || !conf_source_value(s, key)->line)
			continue;
		*party = q;
		return conf_source_value(s, key);
	}
	return NULL;
}

static int compare_refs(const void *a, const void *b)
{
	const struct conf_ref *x = a, *y = b;
	int c = strcmp(x->section->name, y->section->name);
	if (c)
		return c;
	if (x->party->owner != y->party->owner)
		return x->party->owner ? -1 : 1;
	return x->party < y->party ? -1 : x->party > y->party;
}

struct conf_ref *conf_merge_refs(const struct conf_merge *m, enum conf_section_kind kind, size_t *n)
{
	struct conf_ref *refs = NULL;
	*n = 0;
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_source *s = m->parties[i].now;
		for (size_t j = 0; s && j < s->sorted_n; j++)
			if (s->sorted[j]->kind == kind)
				*CONF_PUSH(m->arena, refs, *n) =
					(struct conf_ref){&m->parties[i], s->sorted[j]};
	}
	if (*n)
		qsort(refs, *n, sizeof(*refs), compare_refs);
	return refs;
}

static uint64_t local_as(const struct conf_merge *m)
{
	const struct conf_party *p;
	const struct conf_value *v =
		conf_merge_owner_value(m, CONF_SECTION_BGP, "", CONF_KEY_BGP_LOCAL_AS, &p);
	return v ? v->number : 0;
}

static bool remote_as_agree(
	const struct conf_merge *m, const struct conf_value *a, const struct conf_value *b)
{
	if (a->remote_as == b->remote_as)
		return a->number == b->number;
	const struct conf_value *number = a->remote_as == CONF_REMOTE_AS_NUMBER ? a : b;
	const struct conf_value *kind = number == a ? b : a;
	if (number->remote_as != CONF_REMOTE_AS_NUMBER)
		return false;
	return (number->number == local_as(m)) == (kind->remote_as == CONF_REMOTE_AS_INTERNAL);
}

static bool profile_value_agrees(
	enum conf_key key, const struct conf_source_section *s, const struct conf_source_section *t)
{
	static const struct conf_value unset;
	const struct conf_value *a = s ? conf_source_value(s, key) : &unset;
	const struct conf_value *b = t ? conf_source_value(t, key) : &unset;
	if (conf_keys[key].fallback)
		return conf_value_number(a, key) == conf_value_number(b, key);
	return (!a->line && !b->line) || conf_value_equal(key, a, b);
}

static bool is_timer(enum conf_key key)
{
	return key == CONF_KEY_BFD_TRANSMIT_INTERVAL || key == CONF_KEY_BFD_RECEIVE_INTERVAL ||
	       key == CONF_KEY_BFD_DETECT_MULTIPLIER;
}

/* Contributors may ask for different timers: the most aggressive ones win. */
static bool profile_agree(const struct conf_merge *m, const struct conf_party *p,
	const struct conf_value *a, const struct conf_party *q, const struct conf_value *b)
{
	const struct conf_section_row *row = &conf_sections[CONF_SECTION_BFD_PROFILE];
	const struct conf_source_section *s =
		conf_merge_lookup(m, p, CONF_SECTION_BFD_PROFILE, a->text).section;
	const struct conf_source_section *t =
		conf_merge_lookup(m, q, CONF_SECTION_BFD_PROFILE, b->text).section;
	bool timers_too = p->owner || q->owner;
	for (size_t i = 0; i < row->keys_n; i++) {
		enum conf_key key = (enum conf_key)(row->first + i);
		if ((timers_too || !is_timer(key)) && !profile_value_agrees(key, s, t))
			return false;
	}
	return true;
}

/* The same lists and policies, not only the same names. */
static bool export_agree(const struct conf_merge *m, const struct conf_party *p,
	const struct conf_value *a, const struct conf_party *q, const struct conf_value *b)
{
	bool same = a->items_n == b->items_n;
	for (size_t i = 0; same && i < a->items_n; i++)
		same = conf_merge_lookup_import(m, p, a->items[i].name).section ==
		       conf_merge_lookup_import(m, q, b->items[i].name).section;
	return same;
}

bool conf_merge_agree(const struct conf_merge *m, enum conf_key key, const struct conf_party *p,
	const struct conf_value *a, const struct conf_party *q, const struct conf_value *b)
{
	if (conf_keys[key].type == CONF_TYPE_REMOTE_AS)
		return remote_as_agree(m, a, b);
	if (conf_keys[key].type == CONF_TYPE_BFD_PROFILE)
		return profile_agree(m, p, a, q, b);
	if (key == CONF_KEY_NEIGHBOR_EXPORT)
		return export_agree(m, p, a, q, b);
	return conf_value_equal(key, a, b);
}

/* The rights that the main file gives a name: those of the longest GLOB that matches. Where nothing
 * of the main file can be in force, its text still tells the owner's files from the others, so that
 * their errors are the right ones. */
static uint64_t rights_of(const struct conf_merge *m, const char *name)
{
	const struct conf_party *main = &m->parties[0];
	const struct conf_source *s = main->now ? main->now : main->present;
	const struct conf_source_section *best = NULL;
	for (size_t i = 0; i < s->sorted_n; i++) {
		const struct conf_source_section *c = s->sorted[i];
		if (c->kind != CONF_SECTION_CONTRIBUTOR || fnmatch(c->name, name, 0) != 0)
			continue;
		if (!best || strlen(c->name) > strlen(best->name))
			best = c;
	}
	const struct conf_value *may =
		best ? conf_source_value(best, CONF_KEY_CONTRIBUTOR_MAY) : NULL;
	return may && may->line ? may->number : CONF_MAY_BY_DEFAULT;
}

static void set_rights(struct conf_merge *m)
{
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_party *p = &m->parties[i];
		p->may = p->main ? CONF_MAY_ALL : rights_of(m, p->name);
		p->owner = p->may & CONF_MAY_ALL;
	}
}

struct conf_source *conf_merge_last_good(const struct conf_party *party)
{
	struct conf_party *p = (struct conf_party *)party; /* it is read once */
	const struct conf_text *t = p->text;
	struct conf_arena *a = p->present->report.arena;
	if (!p->last_good_due)
		return p->last_good;
	p->last_good_due = false;
	bool same = !t->unreadable && t->len == t->last_good_len &&
		    memcmp(t->bytes, t->last_good, t->len) == 0;
	p->last_good =
		same ? p->present
		     : conf_source_read(a, t->name, conf_arena_format(a, "%s (last good)", t->file),
			       t->last_good, t->last_good_len);
	enum conf_key key;
	if (!same &&
		(p->last_good->report.errors_n || conf_match_failed(p->last_good, p->site, &key)))
		p->last_good = NULL;
	return p->last_good;
}

void conf_merge_demote(struct conf_party *p)
{
	struct conf_source *next = p->now == p->present ? conf_merge_last_good(p) : NULL;
	p->now = next == p->present ? NULL : next;
}

/* True when the party's text had to be changed. */
static bool check_and_demote(struct conf_merge *m, struct conf_party *p)
{
	if (!p->now)
		return false;
	struct conf_report *r = &p->now->report;
	conf_report_cut(r, p->now->read_n);
	conf_check_party(m, p);
	if (!r->errors_n)
		return false;
	conf_merge_demote(p);
	return true;
}

static void rights_changed(struct conf_merge *m, const struct conf_party *demoted)
{
	for (size_t j = 1; demoted->main && j < m->parties_n; j++)
		m->parties[j].now = m->parties[j].present;
}

static bool settle_owner_step(struct conf_merge *m)
{
	set_rights(m);
	conf_template_resolve(m);
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_party *p = &m->parties[i];
		if (!p->owner || !check_and_demote(m, p))
			continue;
		rights_changed(m, p);
		return true;
	}
	struct conf_party *loser = conf_check_announcements(m);
	if (!loser)
		return false;
	conf_merge_demote(loser);
	rights_changed(m, loser);
	return true;
}

/* What a contributor may see is its own file and the owner's, so that each is checked once. */
static bool check_contributors(struct conf_merge *m)
{
	bool changed = false;
	for (size_t i = 0; i < m->parties_n; i++) {
		struct conf_party *p = &m->parties[i];
		if (p->owner || p->checked == p->now)
			continue;
		if (check_and_demote(m, p))
			changed = true;
		else
			p->checked = p->now;
	}
	return changed;
}

void conf_merge_settle(struct conf_merge *m)
{
	while (settle_owner_step(m))
		;
	do
		conf_template_resolve(m);
	while (check_contributors(m));
	conf_quarantine_sections(m);
	conf_template_resolve(m);
}
