/* Contributors that contradict the owner or each other about a neighbour (conf/quarantine.h). */
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/peer.h"
#include "conf/quarantine.h"

/* A value that can contradict another: those of templates count as the section's own. */
static bool is_scalar(enum conf_key key)
{
	return !conf_merge_adds_up(key) && key != CONF_KEY_NEIGHBOR_TEMPLATE;
}

static enum conf_key key_at(size_t i)
{
	return (enum conf_key)(conf_sections[CONF_SECTION_NEIGHBOR].first + i);
}

static size_t keys_n(void)
{
	return conf_sections[CONF_SECTION_NEIGHBOR].keys_n;
}

/* ---- against the owner ---- */

/* The value that stands in a neighbour that the owner declares: "as default" or what it set. */
static bool same_as_owner(const struct conf_merge *m, const struct conf_party *p,
	const struct conf_source_section *s, enum conf_key key)
{
	const struct conf_party *q = NULL;
	const struct conf_value *mine = conf_source_value(s, key);
	const struct conf_value *theirs =
		conf_merge_owner_value(m, CONF_SECTION_NEIGHBOR, s->name, key, &q);
	static const struct conf_value unset;
	if (theirs)
		return conf_merge_agree(m, key, p, mine, q, theirs);
	if (key == CONF_KEY_NEIGHBOR_ADDRESS_FAMILY)
		return mine->number == conf_families_default(s->address);
	if (key == CONF_KEY_NEIGHBOR_EXTENDED_NEXTHOP)
		return mine->number == (s->address.family != ADDR_V4);
	return conf_keys[key].fallback && mine->number == conf_value_number(&unset, key);
}

static bool owner_agrees(const struct conf_merge *m, const struct conf_party *p,
	const struct conf_source_section *s, enum conf_key key)
{
	return !is_scalar(key) || !conf_source_value(s, key)->line || same_as_owner(m, p, s, key);
}

static bool owner_agrees_in_all(
	const struct conf_merge *m, const struct conf_party *p, const struct conf_source_section *s)
{
	for (size_t i = 0; i < keys_n(); i++)
		if (!owner_agrees(m, p, s, key_at(i)))
			return false;
	return true;
}

static void report_owner(struct conf_merge *m, struct conf_ref owner, struct conf_ref r)
{
	for (size_t i = 0; i < keys_n(); i++)
		if (!owner_agrees(m, r.party, r.section, key_at(i)))
			conf_report_error(&r.party->now->report,
				conf_source_line(r.section, key_at(i)),
				"%s may not set %s of %s, a neighbour of the owner (%s:%u)",
				r.party->name, conf_keys[key_at(i)].name,
				conf_source_title(m->arena, r.section), owner.section->file,
				owner.section->line);
}

static void settle_below(struct conf_merge *m, struct conf_ref owner, struct conf_ref r)
{
	if (owner_agrees_in_all(m, r.party, r.section))
		return;
	struct conf_rival rival = conf_rival_make(m, r);
	bool back = conf_rival_can_fall_back(m, &rival) &&
		    owner_agrees_in_all(m, r.party, rival.before);
	report_owner(m, owner, r);
	conf_rival_set_aside(m, &rival, back ? rival.before : NULL);
}

/* ---- against each other ---- */

static bool contradict(const struct conf_merge *m, enum conf_key key, const struct conf_party *p,
	const struct conf_source_section *a, const struct conf_party *q,
	const struct conf_source_section *b)
{
	const struct conf_value *x = conf_source_value(a, key), *y = conf_source_value(b, key);
	return is_scalar(key) && x->line && y->line && !conf_merge_agree(m, key, p, x, q, y);
}

static bool contradict_in_any(const struct conf_merge *m, const struct conf_party *p,
	const struct conf_source_section *a, const struct conf_party *q,
	const struct conf_source_section *b)
{
	for (size_t i = 0; i < keys_n(); i++)
		if (contradict(m, key_at(i), p, a, q, b))
			return true;
	return false;
}

/* refs[0 .. n) are of one neighbour: does anybody contradict anybody in this? */
static bool disputed(
	const struct conf_merge *m, const struct conf_ref *refs, size_t n, enum conf_key key)
{
	struct conf_ref first = {0};
	for (size_t i = 0; i < n; i++) {
		const struct conf_value *v = conf_source_value(refs[i].section, key);
		if (!v->line)
			continue;
		if (first.section && contradict(m, key, first.party, first.section, refs[i].party,
					     refs[i].section))
			return true;
		/* of `external` and a number the number says more */
		if (!first.section || v->remote_as == CONF_REMOTE_AS_NUMBER)
			first = refs[i];
	}
	return false;
}

/* By key, counted from the section's first. */
struct dispute {
	bool any;
	bool about[CONF_KEYS_N];
};

static struct dispute dispute_of(const struct conf_merge *m, const struct conf_ref *refs, size_t n)
{
	struct dispute d = {0};
	for (size_t i = 0; i < keys_n(); i++) {
		d.about[i] = is_scalar(key_at(i)) && disputed(m, refs, n, key_at(i));
		d.any |= d.about[i];
	}
	return d;
}

/* Some file's last good text has this value. */
static bool was_good(
	const struct conf_rival *rivals, size_t n, enum conf_key key, const struct conf_value *v)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_source_section *s = conf_rival_last_good(&rivals[i]);
		if (s && conf_value_equal(key, conf_source_value(s, key), v))
			return true;
	}
	return false;
}

static enum conf_standing standing_of(const struct dispute *d, const struct conf_rival *rivals,
	size_t n, const struct conf_rival *r)
{
	bool good = true, known = r->good;
	for (size_t i = 0; i < keys_n(); i++) {
		const struct conf_value *v = conf_source_value(r->ref.section, key_at(i));
		if (!d->about[i] || !v->line)
			continue;
		known |= r->before && conf_source_value(r->before, key_at(i))->line;
		good = good && was_good(rivals, n, key_at(i), v);
	}
	return good ? CONF_STANDS : known ? CONF_CHANGED : CONF_NEW;
}

/* Both changed what was in force, to different values: the old one stays. */
static bool unsettles(const struct conf_merge *m, const struct conf_rival *r,
	const struct conf_source_section *s, const struct conf_rival *other)
{
	return s == r->ref.section && r->standing == CONF_CHANGED && !other->settled &&
	       other->standing == CONF_CHANGED &&
	       contradict_in_any(m, r->ref.party, s, other->ref.party, other->ref.section) &&
	       contradict_in_any(m, r->ref.party, s, other->ref.party, other->before);
}

/* Against whom this section of one rival cannot be in force: section NULL: nobody. */
static struct conf_ref opponent(const struct conf_merge *m, const struct conf_rival *rivals,
	size_t n, const struct conf_rival *r, const struct conf_source_section *s)
{
	for (size_t i = 0; i < n; i++) {
		const struct conf_rival *o = &rivals[i];
		const struct conf_source_section *theirs = o->in_force;
		if (o == r)
			continue;
		if (theirs && !contradict_in_any(m, r->ref.party, s, o->ref.party, theirs))
			theirs = NULL;
		if (!theirs && unsettles(m, r, s, o))
			theirs = o->before;
		if (theirs)
			return (struct conf_ref){
				o->ref.party, (struct conf_source_section *)theirs};
	}
	return (struct conf_ref){0};
}

static const char *reason(const struct conf_rival *rivals, size_t n, struct conf_ref winner,
	const struct conf_rival *loser)
{
	for (size_t i = 0; i < n; i++)
		if (rivals[i].ref.party == winner.party &&
			(rivals[i].standing < loser->standing ||
				winner.section == rivals[i].before))
			return ", which was in force before";
	return ", which comes first by name";
}

/* Everything of this neighbour that they differ in. */
static void report_conflicts(
	struct conf_merge *m, struct conf_ref a, struct conf_ref b, const char *why)
{
	for (size_t i = 0; i < keys_n(); i++) {
		const struct conf_value *x = conf_source_value(a.section, key_at(i));
		const struct conf_value *y = conf_source_value(b.section, key_at(i));
		if (contradict(m, key_at(i), a.party, a.section, b.party, b.section))
			conf_report_error(&b.party->now->report, y->line,
				"%s of %s is '%s', but %s:%u of %s says '%s'%s",
				conf_keys[key_at(i)].name, conf_source_title(m->arena, b.section),
				y->text, a.section->file, x->line, a.party->name, x->text, why);
	}
}

static void settle_rival(
	struct conf_merge *m, struct conf_rival *rivals, size_t n, struct conf_rival *r)
{
	struct conf_ref winner = opponent(m, rivals, n, r, r->ref.section);
	r->settled = true;
	r->in_force = r->ref.section;
	if (!winner.section)
		return;
	r->in_force = NULL;
	bool back = conf_rival_can_fall_back(m, r) && !opponent(m, rivals, n, r, r->before).section;
	report_conflicts(m, winner, r->ref, reason(rivals, n, winner, r));
	conf_rival_set_aside(m, r, back ? r->before : NULL);
}

/* refs are of one neighbour, none the owner's. */
static void settle_group(
	struct conf_merge *m, const struct conf_ref *refs, size_t n, const struct dispute *d)
{
	struct conf_rival *rivals = conf_arena_alloc(m->arena, n * sizeof(*rivals));
	for (size_t i = 0; i < n; i++)
		rivals[i] = conf_rival_make(m, refs[i]);
	for (size_t i = 0; i < n; i++)
		rivals[i].standing = standing_of(d, rivals, n, &rivals[i]);
	qsort(rivals, n, sizeof(*rivals), conf_rival_compare);
	for (size_t i = 0; i < n; i++)
		settle_rival(m, rivals, n, &rivals[i]);
}

void conf_settle_neighbors(struct conf_merge *m)
{
	size_t n, end;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_NEIGHBOR, &n);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (strcmp(refs[i].section->name, refs[end].section->name) != 0)
				break;
		for (size_t k = i + 1; k < end; k++)
			if (refs[i].party->owner && !refs[k].party->owner)
				settle_below(m, refs[i], refs[k]);
		if (refs[i].party->owner || end == i + 1)
			continue;
		struct dispute d = dispute_of(m, refs + i, end - i);
		if (d.any)
			settle_group(m, refs + i, end - i, &d);
	}
	conf_arena_give_back(m->arena, refs, n * sizeof(*refs));
}
