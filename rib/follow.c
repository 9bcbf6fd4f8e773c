#include "rib/follow.h"

#include <stdlib.h>
#include <string.h>

#include "rib/best.h"
#include "rib/state.h"

enum {
	WALK = 4096, /* entries looked at between two takings */
	TABLES = 2 * RIB_VRFS_MAX,
	NO_EXPORT = (int)0xffffff01,
	NO_ADVERTISE = (int)0xffffff02,
	NO_EXPORT_SUBCONFED = (int)0xffffff03,
};

/* What one follower has of one table, by entry. */
struct follower_table {
	uint64_t *has;     /* it was told of it */
	uint64_t *changed; /* it must be told, or it must be seen whether */
	uint32_t words;
	uint32_t at;   /* the word where taking goes on */
	uint32_t walk; /* the next entry to be looked at; 0: none */
	uint32_t told;
	uint32_t pending;
};

struct rib_follower {
	struct rib_follower *next;
	uint16_t vrf;
	unsigned families;
	bool external;
	bool all;              /* the walk marks whatever there is */
	struct filter *export; /* NULL: nothing */
	struct filter *before; /* in force where the walk has not been; NULL: nothing */
	struct follower_table of[2];
};

static bool bit(const uint64_t *bits, uint32_t words, uint32_t i)
{
	return i / 64 < words && (bits[i / 64] >> (i % 64) & 1);
}

static void bit_set(uint64_t *bits, uint32_t i, bool value)
{
	uint64_t one = (uint64_t)1 << (i % 64);
	bits[i / 64] = value ? bits[i / 64] | one : bits[i / 64] & ~one;
}

static unsigned which(const struct table *t)
{
	return t->family == ADDR_V6;
}

static bool follows(const struct rib_follower *f, const struct table *t)
{
	return f->families >> which(t) & 1;
}

static void mark(struct rib_follower *f, const struct table *t, uint32_t e)
{
	struct follower_table *x = &f->of[which(t)];
	uint32_t words = x->words;

	if (!follows(f, t) || bit(x->changed, x->words, e))
		return;
	x->changed = best_longer(x->changed, &words, e / 64 + 1, sizeof(*x->changed));
	x->has = best_longer(x->has, &x->words, e / 64 + 1, sizeof(*x->has));
	bit_set(x->changed, e, true);
	x->pending++;
}

static void unmark(struct rib_follower *f, const struct table *t, uint32_t e)
{
	struct follower_table *x = &f->of[which(t)];

	if (!bit(x->changed, x->words, e))
		return;
	bit_set(x->changed, e, false);
	x->pending--;
}

void follow_mark(struct rib *r, struct table *t, uint32_t e)
{
	for (struct rib_follower *f = r->vrfs[table_vrf(t)].followers; f; f = f->next)
		mark(f, t, e);
}

void follow_decided(struct rib *r, struct table *t, uint32_t e, const struct candidate *best)
{
	if (!r->vrfs[table_vrf(t)].followers)
		return;
	const struct attrs *is = best && !best->last_choice ? best_told(r, best) : NULL;
	if (is == best_kept(r, t, e)) {
		if (is)
			attr_put(r->attrs, is);
		return;
	}
	best_set(r, t, e, is);
	for (struct rib_follower *f = r->vrfs[table_vrf(t)].followers; f; f = f->next) {
		const struct follower_table *x = &f->of[which(t)];
		if (is || bit(x->has, x->words, e))
			mark(f, t, e);
		else
			unmark(f, t, e);
	}
}

bool follow_holds(const struct rib *r, const struct table *t, uint32_t e)
{
	const struct rib_follower *f = r->vrfs[table_vrf(t)].followers;

	for (; f; f = f->next) {
		const struct follower_table *x = &f->of[which(t)];
		if (bit(x->has, x->words, e) || bit(x->changed, x->words, e))
			return true;
	}
	return false;
}

size_t follow_bytes(const struct rib *r)
{
	size_t n = 0;

	for (unsigned i = 0; i < TABLES; i++) {
		const struct vrf *v = &r->vrfs[i / 2];
		n += v->best[i % 2].n * sizeof(*v->best[i % 2].attrs);
		for (const struct rib_follower *f = v->followers; f; f = f->next)
			n += 2 * f->of[i % 2].words * sizeof(uint64_t) + (i % 2 ? sizeof(*f) : 0);
	}
	return n;
}

/* ---- what one follower is told ---- */

static bool may_hear(const struct rib_follower *f, const struct attrs *a)
{
	if (attr_has_community(a, (uint32_t)NO_ADVERTISE))
		return false;
	return !f->external || !(attr_has_community(a, (uint32_t)NO_EXPORT) ||
				       attr_has_community(a, (uint32_t)NO_EXPORT_SUBCONFED));
}

static bool is_for_inside(const uint8_t *ext_community)
{
	return ext_community[0] & 0x40; /* not transitive: RFC 4360 2 */
}

static bool has_some_for_inside(const struct attrs *a)
{
	const uint8_t *ext = a->bytes + a->as_path_len + a->communities_len;

	for (size_t at = 0; at + 8 <= a->ext_communities_len; at += 8)
		if (is_for_inside(ext + at))
			return true;
	return false;
}

static struct attr_bytes for_outside(struct attr_bytes ext)
{
	static uint8_t kept[UINT16_MAX];
	size_t len = 0;

	for (size_t at = 0; at + 8 <= ext.len; at += 8) {
		if (is_for_inside(ext.bytes + at))
			continue;
		memcpy(kept + len, ext.bytes + at, 8);
		len += 8;
	}
	return (struct attr_bytes){kept, (uint16_t)len};
}

static const struct attrs *with_effect(struct rib *r, const struct rib_follower *f,
	const struct attrs *a, const struct filter_effect *e)
{
	struct attr_view v = attr_view_of(a);
	struct addr none = {.family = ADDR_NONE};

	if (e->set_local_pref)
		v.local_pref = e->local_pref;
	v.has_med = e->set_med || (v.has_med && !f->external);
	if (e->set_med)
		v.med = e->med;
	if (f->external)
		v.ext_communities = for_outside(v.ext_communities);
	const struct attrs *out = attr_get(r->attrs, &v, none, none);
	if (!out)
		abort();
	return out;
}

/* A reference to what the follower is to be told under that filter, or NULL for nothing. */
static const struct attrs *told_of(struct rib *r, const struct rib_follower *f,
	const struct filter *export, const struct table *t, uint32_t e)
{
	const struct attrs *a = best_kept(r, t, e);
	struct prefix p = table_prefix(t, table_entry(t, e));
	struct filter_effect effect = {0};

	if (!a || !export || !may_hear(f, a) || !filter_permits(export, &p, a, &effect))
		return NULL;
	if (effect.set_local_pref || effect.set_med ||
		(f->external && ((a->flags & ATTR_HAS_MED) || has_some_for_inside(a))))
		return with_effect(r, f, a, &effect);
	attr_ref(a);
	return a;
}

static bool differs(struct rib *r, const struct rib_follower *f, const struct table *t, uint32_t e)
{
	const struct attrs *was = told_of(r, f, f->before, t, e);
	const struct attrs *is = told_of(r, f, f->export, t, e);

	if (was)
		attr_put(r->attrs, was);
	if (is)
		attr_put(r->attrs, is);
	return was != is;
}

static void walk_some(struct rib *r, struct rib_follower *f, struct table *t)
{
	struct follower_table *x = &f->of[which(t)];
	uint32_t end = x->walk + WALK;

	for (; x->walk <= t->entries.top && x->walk < end; x->walk++) {
		if (!(table_entry(t, x->walk)->flags & ENTRY_USED))
			continue;
		bool there = best_kept(r, t, x->walk) || bit(x->has, x->words, x->walk);
		if (there && (f->all || differs(r, f, t, x->walk)))
			mark(f, t, x->walk);
	}
	if (x->walk > t->entries.top)
		x->walk = 0;
}

static bool is_walking(const struct rib_follower *f)
{
	return f->of[0].walk || f->of[1].walk;
}

static void walk_end(struct rib_follower *f)
{
	f->all = false;
	filter_put(f->before);
	f->before = NULL;
}

/* What the follower neither has nor gets is done. */
static size_t take_from(
	struct rib *r, struct rib_follower *f, struct table *t, struct rib_news *out, size_t max)
{
	struct follower_table *x = &f->of[which(t)];
	uint32_t left = x->pending, words = x->words;
	size_t n = 0;

	if (x->at >= words)
		x->at = 0;
	for (uint32_t i = 0; i < words && left && n + 64 <= max; i++, x->at = (x->at + 1) % words) {
		for (uint64_t bits = x->changed[x->at]; bits; bits &= bits - 1, left--) {
			uint32_t e = x->at * 64 + (uint32_t)__builtin_ctzll(bits);
			struct rib_news news = {.prefix = table_prefix(t, table_entry(t, e)),
				.attrs = told_of(r, f, f->export, t, e),
				.entry = e,
				.had = bit(x->has, words, e)};
			if (news.attrs || news.had)
				out[n++] = news;
			else
				rib_follow_told(r, f, &news, false);
		}
	}
	return n;
}

size_t rib_follow_take(struct rib *r, struct rib_follower *f, struct rib_news *out, size_t max)
{
	size_t n = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct table *t = r->vrfs[f->vrf].family[i];
		if (f->of[i].walk && t)
			walk_some(r, f, t);
		if (f->of[i].pending)
			n += take_from(r, f, t, out + n, max - n);
	}
	if (!is_walking(f))
		walk_end(f);
	return n;
}

void rib_follow_told(struct rib *r, struct rib_follower *f, const struct rib_news *n, bool has)
{
	unsigned v6 = n->prefix.addr.family == ADDR_V6;
	struct table *t = r->vrfs[f->vrf].family[v6];
	struct follower_table *x = &f->of[v6];

	unmark(f, t, n->entry);
	if (bit(x->has, x->words, n->entry) != has)
		x->told += has ? 1 : (uint32_t)-1;
	bit_set(x->has, n->entry, has);
	if (!has)
		entry_free_unused(r, t, n->entry);
}

bool rib_follow_pending(const struct rib_follower *f)
{
	return f->of[0].pending || f->of[1].pending || is_walking(f);
}

bool rib_follow_complete(const struct rib *r, const struct rib_follower *f)
{
	const struct vrf *v = &r->vrfs[f->vrf];

	for (int i = 0; i < 2; i++)
		if (v->family[i] && v->family[i]->dirty_n)
			return false;
	return !rib_follow_pending(f) && !sweep_pending(r, v->follow) && !r->adopted &&
	       r->adopt != ADOPT_LIST;
}

/* ---- life ---- */

struct rib_follower *rib_follow(
	struct rib *r, uint16_t vrf, unsigned families, bool external, struct filter *export)
{
	struct vrf *v = &r->vrfs[vrf];
	struct rib_follower *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	*f = (struct rib_follower){.next = v->followers,
		.vrf = vrf,
		.families = families,
		.external = external,
		.export = export ? filter_ref(export) : NULL};
	if (!v->followers) {
		for (int i = 0; i < 2; i++)
			best_keep(r, &v->best[i]);
		v->decide = v->follow = sweep_job(r, vrf);
	}
	v->followers = f;
	rib_follow_again(r, f, families);
	return f;
}

void rib_follow_again(struct rib *r, struct rib_follower *f, unsigned families)
{
	if (!families)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (families >> i & 1 & f->families >> i && r->vrfs[f->vrf].family[i])
			f->of[i].walk = 1;
	f->all = true;
}

void rib_follow_export(struct rib *r, struct rib_follower *f, struct filter *export)
{
	bool same = f->export == export || (f->export && export && filter_equal(f->export, export));

	if (!same) { /* a walk that runs has prefixes of two filters behind it */
		bool all = is_walking(f);
		filter_put(f->before);
		f->before = f->export;
		f->export = export ? filter_ref(export) : NULL;
		rib_follow_again(r, f, f->families);
		f->all = all;
	}
}

/* Entries that it alone held go, in slices. */
void rib_follow_end(struct rib *r, struct rib_follower *f)
{
	struct vrf *v = &r->vrfs[f->vrf];
	struct rib_follower **link = &v->followers;

	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
	sweep_job(r, f->vrf);
	for (int i = 0; i < 2; i++) {
		free(f->of[i].has);
		free(f->of[i].changed);
		if (!v->followers)
			best_release(r, &v->best[i]);
	}
	walk_end(f);
	filter_put(f->export);
	free(f);
}

/* ---- sight ---- */

void rib_follow_count(const struct rib_follower *f, struct rib_follow_counts *out)
{
	*out = (struct rib_follow_counts){
		{f->of[0].told, f->of[1].told}, f->of[0].pending + f->of[1].pending};
}

/* There is no path that it could be told of. */
static enum rib_follow_fate fate_without(struct rib *r, const struct table *t, uint32_t e)
{
	const struct entry *x = table_entry(t, e);

	if (!entry_candidates(r, x, 0, false))
		return RIB_FOLLOW_NO_PATH;
	if ((x->flags & (ENTRY_DIRTY | ENTRY_ADOPTED)) ||
		sweep_pending(r, r->vrfs[table_vrf(t)].follow))
		return RIB_FOLLOW_WAITS;
	return RIB_FOLLOW_LAST_CHOICE;
}

enum rib_follow_fate rib_follow_explain(struct rib *r, const struct rib_follower *f,
	const struct prefix *p, struct filter_verdict *export)
{
	struct table *t = r->vrfs[f->vrf].family[p->addr.family == ADDR_V6];
	uint32_t e = t ? table_find(t, p) : 0;
	const struct attrs *a = e ? best_kept(r, t, e) : NULL;
	const struct follower_table *x = &f->of[p->addr.family == ADDR_V6];

	if (!e || !a)
		return e ? fate_without(r, t, e) : RIB_FOLLOW_NO_PATH;
	if (export && f->export)
		*export = filter_explain(f->export, p, a);
	if (!may_hear(f, a))
		return RIB_FOLLOW_COMMUNITY;
	if (!f->export || !filter_permits(f->export, p, a, NULL))
		return RIB_FOLLOW_DENIED;
	if (!bit(x->has, x->words, e) || bit(x->changed, x->words, e))
		return RIB_FOLLOW_WAITS;
	return RIB_FOLLOW_TOLD;
}

bool rib_follow_has(
	struct rib *r, const struct rib_follower *f, uint16_t vrf, const struct prefix *p)
{
	const struct table *t = r->vrfs[f->vrf].family[p->addr.family == ADDR_V6];
	const struct follower_table *x = &f->of[p->addr.family == ADDR_V6];
	uint32_t e = t && vrf == f->vrf ? table_find(t, p) : 0;

	return e && bit(x->has, x->words, e);
}

static bool is_told(struct rib *r, const struct rib_follower *f, const struct table *t, uint32_t e)
{
	const struct follower_table *x = &f->of[which(t)];
	const struct attrs *a = follows(f, t) ? told_of(r, f, f->export, t, e) : NULL;

	if (a)
		attr_put(r->attrs, a);
	return a || bit(x->has, x->words, e);
}

bool rib_is_followed(struct rib *r, const struct prefix *p)
{
	for (uint16_t i = 0; i < RIB_VRFS_MAX; i++) {
		const struct rib_follower *f = r->vrfs[i].followers;
		struct table *t = r->vrfs[i].family[p->addr.family == ADDR_V6];
		uint32_t e = f && t ? table_find(t, p) : 0;
		for (; e && f; f = f->next)
			if (is_told(r, f, t, e))
				return true;
	}
	return false;
}
