/* [announce] sections to the snapshot's announcements (conf/snapshot.h). */
#include <stdlib.h>
#include <string.h>

#include "conf/near.h"
#include "conf/snapshot.h"

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static int compare_large(const void *a, const void *b)
{
	const struct conf_large_community *x = a, *y = b;
	for (size_t i = 0; i < 3; i++)
		if (x->number[i] != y->number[i])
			return x->number[i] < y->number[i] ? -1 : 1;
	return 0;
}

static int compare_ext(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ext_community));
}

static void set_communities(
	struct conf_merge *m, const struct conf_source_section *s, struct conf_announcement *a)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_ANNOUNCE_COMMUNITY);
	for (size_t i = 0; i < v->items_n; i++)
		*CONF_PUSH(m->arena, a->communities, a->communities_n) =
			v->items[i].number[0] << 16 | v->items[i].number[1];
	if (a->communities_n)
		qsort(a->communities, a->communities_n, sizeof(uint32_t), compare_numbers);
	v = conf_source_value(s, CONF_KEY_ANNOUNCE_LARGE_COMMUNITY);
	for (size_t i = 0; i < v->items_n; i++)
		memcpy(CONF_PUSH(m->arena, a->large_communities, a->large_communities_n)->number,
			v->items[i].number, sizeof(v->items[i].number));
	if (a->large_communities_n)
		qsort(a->large_communities, a->large_communities_n, sizeof(*a->large_communities),
			compare_large);
	v = conf_source_value(s, CONF_KEY_ANNOUNCE_EXTENDED_COMMUNITY);
	for (size_t i = 0; i < v->items_n; i++)
		*CONF_PUSH(m->arena, a->ext_communities, a->ext_communities_n) = v->items[i].ext;
	if (a->ext_communities_n)
		qsort(a->ext_communities, a->ext_communities_n, sizeof(*a->ext_communities),
			compare_ext);
}

/* The prefixes as they were read: nobody looks at them again, and they may be thousands. */
static void give_back_prefixes(struct conf_arena *a, struct conf_source *s)
{
	for (size_t i = 0; s && i < s->sections_n; i++) {
		if (s->sections[i].kind != CONF_SECTION_ANNOUNCE)
			continue;
		struct conf_value *v = (struct conf_value *)conf_source_own(
			&s->sections[i], CONF_KEY_ANNOUNCE_PREFIX);
		if (!v->items_n)
			continue;
		conf_arena_give_back(a, v->items, v->items_n * sizeof(*v->items));
		v->items = NULL;
		v->items_n = 0;
	}
}

static void set_prefixes(struct conf_merge *m, const struct conf_ref *ref,
	const struct conf_source_section *s, struct conf_announcement *a)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_ANNOUNCE_PREFIX);
	a->prefixes = conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*a->prefixes));
	a->prefix_origins =
		conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*a->prefix_origins));
	for (size_t i = 0; i < v->items_n; i++) {
		a->prefixes[i] = v->items[i].rule.prefix;
		a->prefix_origins[i] = v->items[i].rule.origin;
	}
	a->prefixes_n = v->items_n;
	if (!v->items_n)
		conf_report_warning(&ref->party->now->report, s->line,
			"[announce %s] has no prefix: it announces nothing", s->name);
}

static bool is_neighbor(const struct conf *c, const struct conf_target *t)
{
	for (size_t i = 0; i < c->neighbors_n; i++) {
		const struct conf_neighbor *n = &c->neighbors[i];
		if (n->vrf == t->vrf && addr_equal(n->address, t->address) &&
			strcmp(n->interface, t->interface) == 0)
			return true;
	}
	return false;
}

struct conf_target conf_snapshot_target(const struct conf *c, const struct conf_item *item)
{
	struct conf_target t = {.kind = CONF_TARGET_ALL};
	if (item->vrf) {
		t.kind = CONF_TARGET_VRF;
		t.vrf = conf_snapshot_vrf(c, item->vrf);
	} else if (item->peer) {
		t.kind = CONF_TARGET_NEIGHBOR;
		t.vrf = conf_snapshot_vrf(c, item->peer->vrf);
		t.address = item->peer->address;
		strncpy(t.interface, item->peer->interface, CONF_INTERFACE_NAME_MAX - 1);
		t.vrf_of_interface = item->peer->vrf_of_interface;
	}
	return t;
}

/* What a word that is read as an interface may have been meant to be; NULL: just that. */
static const char *meant(const struct conf_merge *m, const struct conf *c, const char *word)
{
	struct conf_near near = conf_near_init(word);
	for (size_t i = 0; i < m->site->interfaces_n; i++) {
		conf_near_offer(&near, m->site->interfaces[i]);
		if (strcmp(m->site->interfaces[i], word) == 0)
			return NULL;
	}
	for (size_t i = 0; i < c->neighbors_n; i++)
		conf_near_offer(&near, c->neighbors[i].name);
	for (size_t i = 0; i < c->interfaces_n; i++)
		conf_near_offer(&near, c->interfaces[i].name);
	return near.best;
}

/* A target that no file declares. */
static void warn_target(const struct conf_merge *m, const struct conf *c, struct conf_report *r,
	const char *announcement, const struct conf_item *item)
{
	const char *name = item->peer->name;
	if (item->peer->address.family != ADDR_NONE) {
		conf_report_warning(r, item->line, "[announce %s]: no file has [neighbor %s]",
			announcement, name);
		return;
	}
	const char *near = meant(m, c, name);
	conf_report_warning(r, item->line,
		"[announce %s]: '%s' is read as the neighbour on that interface, but no file has "
		"[neighbor %s]%s%s%s",
		announcement, name, name, near ? "; did you mean '" : "", near ? near : "",
		near ? "'?" : "");
}

static void set_targets(struct conf_merge *m, const struct conf *c, const struct conf_ref *ref,
	const struct conf_source_section *s, struct conf_announcement *a)
{
	const struct conf_value *v = conf_source_value(s, CONF_KEY_ANNOUNCE_TO);
	struct conf_report *r = &ref->party->now->report;
	a->targets = conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*a->targets));
	for (size_t i = 0; i < v->items_n; i++) {
		a->targets[a->targets_n++] = conf_snapshot_target(c, &v->items[i]);
		if (v->items[i].peer && !is_neighbor(c, &a->targets[i]))
			warn_target(m, c, r, s->name, &v->items[i]);
	}
	if (!v->items_n)
		conf_report_warning(
			r, s->line, "[announce %s] has no `to`: nobody is told", s->name);
}

static void set_when(
	const struct conf *c, const struct conf_source_section *s, struct conf_announcement *a)
{
	const struct conf_value *when = conf_source_value(s, CONF_KEY_ANNOUNCE_WHEN);
	a->when = (enum conf_when)when->number;
	if (a->when == CONF_WHEN_FILE_PRESENT)
		a->when_file = when->path;
	if (a->when != CONF_WHEN_ROUTE_PRESENT)
		return;
	a->when_route = when->prefix;
	a->when_vrf = conf_snapshot_vrf(c, when->path);
}

static void set_scalars(const struct conf_source_section *s, struct conf_announcement *a)
{
	const struct conf_value *preference =
		conf_source_value(s, CONF_KEY_ANNOUNCE_LOCAL_PREFERENCE);
	const struct conf_value *med = conf_source_value(s, CONF_KEY_ANNOUNCE_MED);
	const struct conf_value *prepend = conf_source_value(s, CONF_KEY_ANNOUNCE_AS_PATH_PREPEND);
	a->link_bandwidth = conf_source_value(s, CONF_KEY_ANNOUNCE_LINK_BANDWIDTH)->number;
	a->has_local_preference = preference->line;
	a->local_preference = (uint32_t)preference->number;
	a->has_med = med->line;
	a->med = (uint32_t)med->number;
	a->as_path_prepend = (uint8_t)prepend->number;
}

void conf_snapshot_announcements(struct conf_merge *m, struct conf *c)
{
	size_t n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_ANNOUNCE, &n);
	c->announcements = conf_arena_alloc(m->arena, (n + 1) * sizeof(*c->announcements));
	for (size_t i = 0; i < n; i++) {
		const struct conf_source_section *s = refs[i].section;
		const struct conf_picked picked = {
			.merge = m, .kind = CONF_SECTION_ANNOUNCE, .refs = &refs[i], .refs_n = 1};
		struct conf_announcement *a = &c->announcements[c->announcements_n++];
		*a = (struct conf_announcement){.name = s->name,
			.contributor = refs[i].party->name,
			.origin = conf_picked_origin(&picked),
			.origins = conf_picked_origins(&picked)};
		set_prefixes(m, &refs[i], s, a);
		set_targets(m, c, &refs[i], s, a);
		set_communities(m, s, a);
		set_scalars(s, a);
		set_when(c, s, a);
	}
	for (size_t i = 0; i < m->parties_n; i++) {
		give_back_prefixes(m->arena, m->parties[i].present);
		give_back_prefixes(m->arena, m->parties[i].last_good);
	}
}
