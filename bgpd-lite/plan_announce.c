/* What would be announced to whom, compared with what the configuration in force asks for. Local
 * speakers announce what they announce now, as far as they are let. */
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/announced.h"
#include "bgpd-lite/announcer.h"
#include "bgpd-lite/neighbor.h"
#include "bgpd-lite/plan.h"
#include "bgpd-lite/when.h"

enum {
	WORDS = 2 * ADJ_OUT_PEERS_MAX / 64,
};

/* Neighbours of both configurations: those of now by place, those that come behind them. */
struct told_set {
	uint64_t bits[WORDS];
};

/* Who is told of what an [announce] section, or a local speaker, announces. */
struct source {
	struct told_set told;
	const struct conf_announcement *announcement; /* NULL: a speaker's */
};

struct side {
	struct plan *plan;
	const struct conf *conf;
	struct source
		*sources; /* two of each speaker: for all, and for internal neighbours alone */
	size_t sources_n;
	size_t *number; /* of its neighbours */
	struct told {
		struct prefix prefix;
		const struct source *source;
		const struct attrs *attrs; /* borrowed of a speaker */
	} * told;                          /* by prefix; what waits is left out */
	size_t told_n, told_room;
};

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p)
		abort();
	return p;
}

static struct source *add_source(struct side *s, const struct conf_target *targets,
	size_t targets_n, const struct conf_neighbor *without, bool internal)
{
	struct source *x = &s->sources[s->sources_n++];

	for (size_t n = 0; n < s->conf->neighbors_n; n++) {
		const struct conf_neighbor *c = &s->conf->neighbors[n];
		if (s->number[n] >= 64 * WORDS || c == without ||
			(internal && !announcer_is_internal(c)))
			continue;
		for (size_t k = 0; k < targets_n; k++)
			if (conf_target_has(&targets[k], c))
				x->told.bits[s->number[n] / 64] |= (uint64_t)1
								   << (s->number[n] % 64);
	}
	return x;
}

static void add_told(struct side *s, struct told t)
{
	if (s->told_n == s->told_room) {
		s->told_room = s->told_room ? 2 * s->told_room : 64;
		s->told = reallocarray(s->told, s->told_room, sizeof(*s->told));
		if (!s->told)
			abort();
	}
	s->told[s->told_n++] = t;
}

static void add_announcement(struct side *s, const struct conf_announcement *a)
{
	struct source *x = add_source(s, a->targets, a->targets_n, NULL, false);

	x->announcement = a;
	for (size_t k = 0; k < a->prefixes_n; k++)
		if (!when_waits(s->plan->d, a, &a->prefixes[k])[0])
			add_told(s, (struct told){a->prefixes[k], x, NULL});
}

/* c: how the side configures the speaker; import: its filter there. */
static void add_speaker(struct side *s, const struct neighbor *n, const struct conf_neighbor *c,
	const struct filter *import)
{
	struct source *all = add_source(s, c->announce_to, c->announce_to_n, c, false);
	struct source *internal = add_source(s, c->announce_to, c->announce_to_n, c, true);

	for (size_t i = 0; i < n->speaker->paths_n; i++) {
		const struct speaker_path *p = &n->speaker->paths[i];
		if (speaker_permits_by(n->speaker, import, p))
			add_told(s,
				(struct told){p->prefix,
					speaker_is_internal(p->attrs) ? internal : all, p->attrs});
	}
}

static void add_speakers(struct side *s)
{
	const struct daemon *d = s->plan->d;

	for (size_t i = 0; i < d->neighbors_n; i++) {
		const struct neighbor *n = d->neighbors[i];
		const struct conf_neighbor *c =
			n->speaker ? conf_neighbor_find(s->conf, n->conf) : NULL;
		if (!c || !c->local_speaker || c->shutdown)
			continue;
		struct filter *import = s->conf == s->plan->now
						? (n->import ? filter_ref(n->import) : NULL)
						: compile_import(&s->plan->compiled, c);
		add_speaker(s, n, c, import);
		filter_put(import);
	}
}

/* Of one prefix the sections count before the speakers, as in the announcer. */
static int compare_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int c = prefix_compare(x->prefix, y->prefix);
	return c ? c : (x->source > y->source) - (x->source < y->source);
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
	s.sources = zeroed(c->announcements_n + 2 * p->d->neighbors_n, sizeof(*s.sources));
	for (size_t i = 0; i < c->announcements_n; i++)
		add_announcement(&s, &c->announcements[i]);
	add_speakers(&s);
	if (s.told_n)
		qsort(s.told, s.told_n, sizeof(*s.told), compare_told);
	return s;
}

static void side_free(struct side *s)
{
	free(s->number);
	free(s->sources);
	free(s->told);
}

/* All announcements of the prefix at *i, which moves behind them; *n of them. */
static struct told_set union_at(const struct side *s, struct prefix p, size_t *i, size_t *n)
{
	struct told_set out = {{0}};

	for (*n = 0; *i < s->told_n && prefix_equal(s->told[*i].prefix, p); ++*i, ++*n)
		for (size_t w = 0; w < WORDS; w++)
			out.bits[w] |= s->told[*i].source->told.bits[w];
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
	const struct told *t = &s->told[i];
	struct attr_store *store = announcer_attrs(s->plan->d->announcer);

	if (!t->source->announcement) {
		attr_ref(t->attrs);
		return t->attrs;
	}
	return announced_attrs(store, t->source->announcement, s->conf->bgp.local_as);
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

static int compare_prefixes(const void *a, const void *b)
{
	return prefix_compare(*(const struct prefix *)a, *(const struct prefix *)b);
}

/* What comes back from a gateway is refused then. */
static void fill_own(struct plan *p, const struct side *t)
{
	static const struct told_set nobody;
	size_t n = 0;

	p->own = zeroed(t->told_n, sizeof(*p->own));
	for (size_t i = 0; i < t->told_n; i++)
		if (more_in(&t->told[i].source->told, &nobody))
			p->own[n++] = t->told[i].prefix;
	if (n)
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
