/* What would be announced to whom, compared with what the configuration in force asks for. What
 * local speakers announce comes by BGP, not from files: it is taken as it is. */
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/announced.h"
#include "bgpd-lite/announcer.h"
#include "bgpd-lite/plan.h"
#include "bgpd-lite/when.h"

enum {
	WORDS = 2 * ADJ_OUT_PEERS_MAX / 64,
};

/* Neighbours of both configurations: those of now by place, those that come behind them. */
struct told_set {
	uint64_t bits[WORDS];
};

struct side {
	struct plan *plan;
	const struct conf *conf;
	struct told_set *sets; /* by announcement */
	size_t *number;        /* of its neighbours */
	struct told {
		struct prefix prefix;
		size_t announcement;
	} * told; /* by prefix; what waits is left out */
	size_t told_n;
};

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p)
		abort();
	return p;
}

static void fill_set(struct side *s, size_t i)
{
	const struct conf_announcement *a = &s->conf->announcements[i];

	for (size_t n = 0; n < s->conf->neighbors_n; n++)
		for (size_t k = 0; k < a->targets_n && s->number[n] < 64 * WORDS; k++)
			if (conf_target_has(&a->targets[k], &s->conf->neighbors[n]))
				s->sets[i].bits[s->number[n] / 64] |= (uint64_t)1
								      << (s->number[n] % 64);
}

static int compare_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int c = prefix_compare(x->prefix, y->prefix);
	return c ? c : (x->announcement > y->announcement) - (x->announcement < y->announcement);
}

static void fill_told(struct side *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->conf->announcements_n; i++)
		n += s->conf->announcements[i].prefixes_n;
	s->told = zeroed(n, sizeof(*s->told));
	for (size_t i = 0; i < s->conf->announcements_n; i++) {
		const struct conf_announcement *a = &s->conf->announcements[i];
		for (size_t k = 0; k < a->prefixes_n; k++)
			if (!when_waits(s->plan->d, a, &a->prefixes[k])[0])
				s->told[s->told_n++] = (struct told){a->prefixes[k], i};
	}
	qsort(s->told, s->told_n, sizeof(*s->told), compare_told);
}

static struct side side_make(struct plan *p, const struct conf *c)
{
	struct side s = {.plan = p, .conf = c};
	size_t next = p->now->neighbors_n;

	s.number = zeroed(c->neighbors_n, sizeof(*s.number));
	for (size_t i = 0; i < c->neighbors_n; i++) {
		const struct conf_neighbor *n = conf_neighbor_find(p->now, &c->neighbors[i]);
		s.number[i] = n ? (size_t)(n - p->now->neighbors) : next++;
	}
	s.sets = zeroed(c->announcements_n, sizeof(*s.sets));
	for (size_t i = 0; i < c->announcements_n; i++)
		fill_set(&s, i);
	fill_told(&s);
	return s;
}

static void side_free(struct side *s)
{
	free(s->number);
	free(s->sets);
	free(s->told);
}

/* All announcements of the prefix at *i, which moves behind them; *n of them. */
static struct told_set union_at(const struct side *s, struct prefix p, size_t *i, size_t *n)
{
	struct told_set out = {{0}};

	for (*n = 0; *i < s->told_n && prefix_equal(s->told[*i].prefix, p); ++*i, ++*n)
		for (size_t w = 0; w < WORDS; w++)
			out.bits[w] |= s->sets[s->told[*i].announcement].bits[w];
	return out;
}

static unsigned more_in(const struct told_set *a, const struct told_set *b)
{
	unsigned n = 0;
	for (size_t w = 0; w < WORDS; w++)
		n += (unsigned)__builtin_popcountll(a->bits[w] & ~b->bits[w]);
	return n;
}

static const struct attrs *attrs_of(const struct side *s, size_t i)
{
	const struct conf_announcement *a = &s->conf->announcements[s->told[i].announcement];
	struct attr_store *store = announcer_attrs(s->plan->d->announcer);

	return announced_attrs(store, a, s->conf->bgp.local_as);
}

/* n announcements of one prefix on both sides; equal attributes are interned as one. */
static bool attributes_equal(
	const struct side *s, size_t i, const struct side *t, size_t k, size_t n)
{
	struct attr_store *store = announcer_attrs(s->plan->d->announcer);
	bool equal = true;

	for (; n && equal; n--, i++, k++) {
		const struct attrs *a = attrs_of(s, i), *b = attrs_of(t, k);
		equal = a == b;
		attr_put(store, a);
		attr_put(store, b);
	}
	return equal;
}

/* One prefix of either side. */
static void compare_prefix(struct plan *p, const struct side *s, size_t *i, const struct side *t,
	size_t *k, struct prefix prefix)
{
	size_t i_was = *i, k_was = *k, n, m;
	struct told_set now = union_at(s, prefix, i, &n), then = union_at(t, prefix, k, &m);
	unsigned gained = more_in(&then, &now), lost = more_in(&now, &then);

	p->announced_gained += gained != 0;
	p->announced_lost += lost != 0;
	if (!gained && !lost)
		p->announced_changed += n != m || !attributes_equal(s, i_was, t, k_was, n);
	else if (p->announced_n < PLAN_ANNOUNCED_MAX)
		p->announced[p->announced_n++] = (struct plan_announced){prefix, gained, lost};
}

static void compare_sides(struct plan *p, const struct side *s, const struct side *t)
{
	size_t i = 0, k = 0;

	p->announced = zeroed(PLAN_ANNOUNCED_MAX, sizeof(*p->announced));
	while (i < s->told_n || k < t->told_n) {
		bool from_now = k == t->told_n ||
				(i < s->told_n &&
					prefix_compare(s->told[i].prefix, t->told[k].prefix) <= 0);
		compare_prefix(p, s, &i, t, &k, from_now ? s->told[i].prefix : t->told[k].prefix);
	}
}

/* What local speakers announce to somebody now, by prefix. */
static size_t speakers_prefixes(const struct plan *p, struct prefix *out)
{
	static const struct adj_out_peers nobody;
	const struct adj_out *table = announcer_table(p->d->announcer);
	size_t n = 0;

	for (size_t i = 0; i < adj_out_count(table); i++) {
		struct adj_out_view v;
		adj_out_look(table, i, &v);
		for (size_t k = 0; k < v.offers_n; k++) {
			const struct adj_out_peers *peers;
			const struct attrs *attrs;
			uint32_t tag = adj_out_look_offer(table, i, k, &attrs, &peers);
			if (!(tag & ANNOUNCER_SPEAKER) ||
				memcmp(peers, &nobody, sizeof(nobody)) == 0)
				continue;
			out[n++] = v.prefix;
			break;
		}
	}
	return n;
}

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(*(const struct prefix *)a, *(const struct prefix *)b);
}

/* What comes back from a gateway is refused then. */
static void fill_own(struct plan *p, const struct side *t)
{
	static const struct told_set nobody;
	size_t n;

	p->own = zeroed(
		adj_out_count(announcer_table(p->d->announcer)) + t->told_n, sizeof(*p->own));
	n = speakers_prefixes(p, p->own);
	for (size_t i = 0; i < t->told_n; i++)
		if (more_in(&t->sets[t->told[i].announcement], &nobody))
			p->own[n++] = t->told[i].prefix;
	qsort(p->own, n, sizeof(*p->own), compare_prefixes);
	p->trial->own = p->own;
	p->trial->own_n = n;
}

void plan_announcements(struct plan *p)
{
	struct side now = side_make(p, p->now), then = side_make(p, p->next);

	compare_sides(p, &now, &then);
	fill_own(p, &then);
	side_free(&now);
	side_free(&then);
}
