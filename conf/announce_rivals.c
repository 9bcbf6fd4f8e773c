/* [announce] sections that contradict each other about a prefix (conf/check.h, conf/quarantine.h).
 */
#include <stdlib.h>
#include <string.h>

#include "conf/check.h"
#include "conf/quarantine.h"

enum {
	/* For one prefix, of all files: what fits into a message beside it. */
	COMMUNITIES_MAX = 255,
	LARGE_COMMUNITIES_MAX = 128,
	EXT_COMMUNITIES_MAX = 64,
};

static const enum conf_key scalars[] = {CONF_KEY_ANNOUNCE_LOCAL_PREFERENCE, CONF_KEY_ANNOUNCE_MED,
	CONF_KEY_ANNOUNCE_AS_PATH_PREPEND, CONF_KEY_ANNOUNCE_LINK_BANDWIDTH};

enum {
	SCALARS = sizeof(scalars) / sizeof(scalars[0]),
};

/* ---- two sections ---- */

static bool items_overlap(const struct conf_item *a, const struct conf_item *b)
{
	bool a_all = !a->vrf && !a->peer, b_all = !b->vrf && !b->peer;
	if (a_all || b_all)
		return true;
	if (a->peer && b->peer)
		return strcmp(a->peer->name, b->peer->name) == 0;
	return strcmp(a->vrf ? a->vrf : a->peer->vrf, b->vrf ? b->vrf : b->peer->vrf) == 0;
}

/* Some neighbour may be told of both. */
static bool targets_overlap(
	const struct conf_source_section *a, const struct conf_source_section *b)
{
	const struct conf_value *x = conf_source_value(a, CONF_KEY_ANNOUNCE_TO);
	const struct conf_value *y = conf_source_value(b, CONF_KEY_ANNOUNCE_TO);
	for (size_t i = 0; i < x->items_n; i++)
		for (size_t j = 0; j < y->items_n; j++)
			if (items_overlap(&x->items[i], &y->items[j]))
				return true;
	return false;
}

/* What two that have a prefix in common differ in; CONF_KEYS_N: nothing. */
static enum conf_key contradiction(
	const struct conf_source_section *a, const struct conf_source_section *b)
{
	for (size_t i = 0; i < SCALARS; i++) {
		const struct conf_value *x = conf_source_value(a, scalars[i]);
		const struct conf_value *y = conf_source_value(b, scalars[i]);
		if (x->line && y->line && x->number != y->number && targets_overlap(a, b))
			return scalars[i];
	}
	return CONF_KEYS_N;
}

static bool has_prefix(const struct conf_source_section *s, struct prefix p)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_ANNOUNCE_PREFIX);
	for (size_t i = 0; i < v->items_n; i++)
		if (prefix_equal(v->items[i].rule.prefix, p))
			return true;
	return false;
}

static void report(
	struct conf_ref winner, struct conf_ref loser, struct prefix p, enum conf_key key)
{
	const struct conf_value *x = conf_source_value(winner.section, key);
	const struct conf_value *y = conf_source_value(loser.section, key);
	char prefix[PREFIX_TEXT_MAX];
	conf_report_error(&loser.party->now->report, y->line,
		"%s of %s is '%s' in [announce %s], but '%s' in [announce %s] (%s:%u)",
		conf_keys[key].name, prefix_text(p, prefix), y->text, loser.section->name, x->text,
		winner.section->name, winner.section->file, x->line);
}

/* ---- what adds up ---- */

struct sum {
	size_t communities;
	size_t large;
	size_t ext;
};

/* False: too much for one message. */
static bool sum_add(struct sum *sum, const struct conf_source_section *s)
{
	sum->communities += conf_source_value(s, CONF_KEY_ANNOUNCE_COMMUNITY)->items_n;
	sum->large += conf_source_value(s, CONF_KEY_ANNOUNCE_LARGE_COMMUNITY)->items_n;
	sum->ext += conf_source_value(s, CONF_KEY_ANNOUNCE_EXTENDED_COMMUNITY)->items_n;
	sum->ext += conf_source_value(s, CONF_KEY_ANNOUNCE_LINK_BANDWIDTH)->line != 0;
	return sum->communities <= COMMUNITIES_MAX && sum->large <= LARGE_COMMUNITIES_MAX &&
	       sum->ext <= EXT_COMMUNITIES_MAX;
}

static void report_sum(struct conf_ref r, struct prefix p)
{
	char prefix[PREFIX_TEXT_MAX];
	conf_report_error(&r.party->now->report, r.section->line,
		"[announce %s]: %s has more than %d communities, %d large or %d extended "
		"ones in all",
		r.section->name, prefix_text(p, prefix), COMMUNITIES_MAX, LARGE_COMMUNITIES_MAX,
		EXT_COMMUNITIES_MAX);
}

/* ---- the prefixes of all sections ---- */

/* One prefix of one section. */
struct claim {
	struct prefix prefix;
	struct conf_ref ref;
	struct conf_rival *rival; /* whose it is, where they are settled */
};

struct claims {
	struct conf_arena *arena;
	struct claim *claim;
	size_t n;
};

/* By prefix; of one prefix the owner's first, then by file, then by line. */
static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int c = prefix_compare(x->prefix, y->prefix);
	if (c)
		return c;
	if (x->ref.party->owner != y->ref.party->owner)
		return x->ref.party->owner ? -1 : 1;
	if (x->ref.party != y->ref.party)
		return x->ref.party < y->ref.party ? -1 : 1;
	return (x->ref.section->line > y->ref.section->line) -
	       (x->ref.section->line < y->ref.section->line);
}

static void add(struct claims *c, struct conf_ref ref, struct conf_rival *rival)
{
	const struct conf_value *v = conf_source_value(ref.section, CONF_KEY_ANNOUNCE_PREFIX);
	for (size_t i = 0; i < v->items_n; i++)
		*CONF_PUSH(c->arena, c->claim, c->n) =
			(struct claim){v->items[i].rule.prefix, ref, rival};
}

/* As long lists mostly are. */
static bool is_sorted(const struct claims *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (compare_claims(&c->claim[i - 1], &c->claim[i]) > 0)
			return false;
	return true;
}

static void sort(struct claims *c)
{
	if (!is_sorted(c))
		qsort(c->claim, c->n, sizeof(*c->claim), compare_claims);
}

static size_t end_of_group(const struct claims *c, size_t i)
{
	size_t end = i + 1;
	while (end < c->n && prefix_equal(c->claim[i].prefix, c->claim[end].prefix))
		end++;
	return end;
}

static size_t first_of(const struct claims *c, struct prefix p)
{
	size_t low = 0, high = c->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (prefix_compare(c->claim[middle].prefix, p) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Two that contradict each other in claims [i, end) of one prefix; false: none. */
static bool find_pair(const struct claims *c, size_t i, size_t end, const struct claim **a,
	const struct claim **b, enum conf_key *key)
{
	for (size_t k = i; k < end; k++)
		for (size_t l = k + 1; l < end; l++) {
			*a = &c->claim[k];
			*b = &c->claim[l];
			*key = contradiction((*a)->ref.section, (*b)->ref.section);
			if ((*a)->ref.section != (*b)->ref.section && *key != CONF_KEYS_N)
				return true;
		}
	return false;
}

/* The first that is too much in claims [i, end) of one prefix. */
static const struct claim *find_excess(const struct claims *c, size_t i, size_t end)
{
	struct sum sum = {0};
	for (; i < end; i++)
		if (!sum_add(&sum, c->claim[i].ref.section))
			return &c->claim[i];
	return NULL;
}

/* ---- the owner's ---- */

static struct claims collect(struct conf_merge *m, bool owner)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_ANNOUNCE, &n);
	struct claims c = {.arena = m->arena};
	for (size_t i = 0; i < n; i++)
		if (refs[i].party->owner || !owner)
			add(&c, refs[i], NULL);
	sort(&c);
	return c;
}

static void give_back(struct claims *c)
{
	conf_arena_give_back(c->arena, c->claim, c->n * sizeof(*c->claim));
}

static const struct conf_party *owner_loser(const struct claims *c, size_t i, size_t end)
{
	const struct claim *a, *b;
	enum conf_key key;
	if (find_pair(c, i, end, &a, &b, &key)) {
		report(a->ref, b->ref, a->prefix, key);
		return b->ref.party;
	}
	const struct claim *excess = find_excess(c, i, end);
	if (excess)
		report_sum(excess->ref, excess->prefix);
	return excess ? excess->ref.party : NULL;
}

struct conf_party *conf_check_announcements(struct conf_merge *m)
{
	struct claims c = collect(m, true);
	const struct conf_party *loser = NULL;
	for (size_t i = 0, end; i < c.n && !loser; i = end) {
		end = end_of_group(&c, i);
		loser = owner_loser(&c, i, end);
	}
	give_back(&c);
	return (struct conf_party *)loser;
}

/* ---- contributors ---- */

/* Prefixes that are in dispute, sorted. */
struct dispute {
	struct prefix *prefix;
	size_t n;
};

static struct dispute dispute_find(struct conf_merge *m)
{
	struct claims c = collect(m, false);
	struct dispute d = {0};
	const struct claim *a, *b;
	enum conf_key key;
	for (size_t i = 0, end; i < c.n; i = end) {
		end = end_of_group(&c, i);
		if (find_pair(&c, i, end, &a, &b, &key) || find_excess(&c, i, end))
			*CONF_PUSH(m->arena, d.prefix, d.n) = c.claim[i].prefix;
	}
	give_back(&c);
	return d;
}

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(*(const struct prefix *)a, *(const struct prefix *)b);
}

/* Some file's last good text announces the prefix with this value. */
static bool was_good(const struct claims *c, struct prefix p, enum conf_key key, uint64_t number)
{
	for (size_t i = first_of(c, p); i < c->n && prefix_equal(c->claim[i].prefix, p); i++) {
		const struct claim *x = &c->claim[i];
		const struct conf_value *v = conf_source_value(x->ref.section, key);
		if (x->ref.section == conf_rival_last_good(x->rival) && v->line &&
			v->number == number)
			return true;
	}
	return false;
}

static bool all_was_good(const struct claims *c, struct prefix p, const struct conf_rival *r)
{
	for (size_t i = 0; i < SCALARS; i++) {
		const struct conf_value *v = conf_source_value(r->ref.section, scalars[i]);
		if (v->line && !was_good(c, p, scalars[i], v->number))
			return false;
	}
	return true;
}

static enum conf_standing standing_of(
	const struct claims *c, const struct dispute *d, const struct conf_rival *r)
{
	const struct conf_value *v = conf_source_value(r->ref.section, CONF_KEY_ANNOUNCE_PREFIX);
	bool good = true, known = r->good;
	for (size_t i = 0; i < v->items_n; i++) {
		const struct prefix *p = &v->items[i].rule.prefix;
		if (!bsearch(p, d->prefix, d->n, sizeof(*p), compare_prefixes))
			continue;
		known |= r->before && has_prefix(r->before, *p);
		good = good && all_was_good(c, *p, r);
	}
	return good ? CONF_STANDS : known ? CONF_CHANGED : CONF_NEW;
}

/* Both changed what was in force, to different values: the old one stays. */
static bool unsettles(const struct conf_rival *r, const struct conf_source_section *s,
	const struct conf_rival *other, struct prefix p)
{
	return s == r->ref.section && r->standing == CONF_CHANGED && !other->settled &&
	       other->standing == CONF_CHANGED && has_prefix(other->ref.section, p) &&
	       has_prefix(other->before, p) &&
	       contradiction(s, other->ref.section) != CONF_KEYS_N &&
	       contradiction(s, other->before) != CONF_KEYS_N;
}

/* Why a section of a rival cannot be in force. */
struct obstacle {
	struct prefix prefix;
	struct conf_ref winner; /* section NULL: the sum is too large */
	enum conf_key key;
};

/* Claims of one prefix. */
static bool blocked_at(const struct claims *c, struct prefix p, const struct conf_rival *r,
	const struct conf_source_section *s, struct obstacle *out)
{
	struct sum sum = {0};
	*out = (struct obstacle){.prefix = p};
	if (!sum_add(&sum, s))
		return true;
	for (size_t i = first_of(c, p); i < c->n && prefix_equal(c->claim[i].prefix, p); i++) {
		const struct claim *x = &c->claim[i];
		if (x->rival == r)
			continue;
		bool stands = x->rival->in_force == x->ref.section;
		bool old = x->rival->before == x->ref.section && unsettles(r, s, x->rival, p);
		out->key = stands || old ? contradiction(s, x->ref.section) : CONF_KEYS_N;
		out->winner = x->ref;
		if (out->key != CONF_KEYS_N)
			return true;
		out->winner.section = NULL;
		if (stands && !sum_add(&sum, x->ref.section))
			return true;
	}
	out->winner.section = NULL;
	return false;
}

static bool blocked(const struct claims *c, const struct conf_rival *r,
	const struct conf_source_section *s, struct obstacle *out)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_ANNOUNCE_PREFIX);
	for (size_t i = 0; i < v->items_n; i++)
		if (blocked_at(c, v->items[i].rule.prefix, r, s, out))
			return true;
	return false;
}

static void settle_rival(struct conf_merge *m, const struct claims *c, struct conf_rival *r)
{
	struct obstacle why, unused;
	bool out = blocked(c, r, r->ref.section, &why);
	r->settled = true;
	r->in_force = out ? NULL : r->ref.section;
	if (!out)
		return;
	bool back = conf_rival_can_fall_back(m, r) && !blocked(c, r, r->before, &unused);
	if (why.winner.section)
		report(why.winner, r->ref, why.prefix, why.key);
	else
		report_sum(r->ref, why.prefix);
	conf_rival_set_aside(m, r, back ? r->before : NULL);
}

static int compare_rivals(const void *a, const void *b)
{
	return conf_rival_compare(*(struct conf_rival *const *)a, *(struct conf_rival *const *)b);
}

/* The owner's are settled; of the others also what their last good texts say. */
static struct claims claim_all(struct conf_merge *m, struct conf_rival *rivals, size_t n)
{
	struct claims c = {.arena = m->arena};
	for (size_t i = 0; i < n; i++) {
		struct conf_rival *r = &rivals[i];
		add(&c, r->ref, r);
		r->settled = r->ref.party->owner;
		r->in_force = r->settled ? r->ref.section : NULL;
		if (r->before)
			add(&c, (struct conf_ref){r->ref.party, r->before}, r);
	}
	sort(&c);
	return c;
}

/* Rivals are pointed at by the claims: their order is that of an array of pointers. */
static struct conf_rival **order(struct conf_merge *m, const struct dispute *d,
	const struct claims *c, struct conf_rival *rivals, size_t n)
{
	struct conf_rival **order =
		conf_arena_alloc(m->arena, (n + 1) * sizeof(struct conf_rival *));
	for (size_t i = 0; i < n; i++) {
		rivals[i].standing = standing_of(c, d, &rivals[i]);
		order[i] = &rivals[i];
	}
	qsort(order, n, sizeof(struct conf_rival *), compare_rivals);
	return order;
}

void conf_settle_announcements(struct conf_merge *m)
{
	size_t n;
	const struct dispute d = dispute_find(m);
	if (!d.n)
		return;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_ANNOUNCE, &n);
	struct conf_rival *rivals = conf_arena_alloc(m->arena, (n + 1) * sizeof(*rivals));
	for (size_t i = 0; i < n; i++)
		rivals[i] = conf_rival_make(m, refs[i]);
	struct claims c = claim_all(m, rivals, n);
	struct conf_rival **ordered = order(m, &d, &c, rivals, n);
	for (size_t i = 0; i < n; i++)
		if (!ordered[i]->settled)
			settle_rival(m, &c, ordered[i]);
	give_back(&c);
}
