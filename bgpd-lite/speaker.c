#include "bgpd-lite/speaker.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/neighbor.h"
#include "lib/log.h"
#include "lib/wire.h"

enum {
	NO_EXPORT = (int)0xffffff01,
	NO_ADVERTISE = (int)0xffffff02,
	NO_EXPORT_SUBCONFED = (int)0xffffff03,
};

static struct attr_store *store_of(const struct neighbor *n)
{
	return announcer_attrs(n->daemon->announcer);
}

/* Place of the prefix, or where it would stand. */
static size_t place(const struct speaker *s, const struct prefix *p, bool *found)
{
	size_t low = 0, high = s->paths_n;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = prefix_compare(*p, s->paths[middle].prefix);
		if (c == 0) {
			*found = true;
			return middle;
		}
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void withdraw(struct neighbor *n, const struct prefix *p)
{
	struct speaker *s = n->speaker;
	bool found;
	size_t i = place(s, p, &found);

	if (!found)
		return;
	attr_put(store_of(n), s->paths[i].attrs);
	memmove(&s->paths[i], &s->paths[i + 1], (--s->paths_n - i) * sizeof(*s->paths));
}

static void insert(struct speaker *s, size_t i, struct speaker_path path)
{
	if (s->paths_n == s->paths_room) {
		s->paths_room = s->paths_room ? 2 * s->paths_room : 16;
		s->paths = reallocarray(s->paths, s->paths_room, sizeof(*s->paths));
		if (!s->paths)
			abort();
	}
	memmove(&s->paths[i + 1], &s->paths[i], (s->paths_n++ - i) * sizeof(*s->paths));
	s->paths[i] = path;
}

static bool is_full(const struct neighbor *n)
{
	uint32_t max = n->conf->maximum_prefix;
	if (!max || max > SPEAKER_PREFIXES_MAX)
		max = SPEAKER_PREFIXES_MAX;
	return n->speaker->paths_n >= max;
}

static bool is_passed_on(const struct neighbor *n, const struct prefix *p)
{
	return n->daemon->feeds_n && rib_is_followed(n->daemon->rib, p);
}

/* One that would be announced else. */
static void echo_found(const struct neighbor *n, struct speaker_path *p)
{
	static struct log_limit limit;
	unsigned suppressed;
	char text[PREFIX_TEXT_MAX];
	bool permitted = speaker_permits(n, p);

	p->echo = true;
	if (permitted && log_allowed(&limit, 10, 10000, &suppressed))
		log_warn("not announced neighbor=\"%s\" prefix=%s suppressed=%u reason=\"it was "
			 "learnt and passed on to a local speaker\"",
			n->conf->name, prefix_text(p->prefix, text), suppressed);
}

/* False: one too many. */
static bool announce(struct neighbor *n, const struct prefix *p, const struct attrs *a)
{
	struct speaker *s = n->speaker;
	bool found;
	size_t i = place(s, p, &found);
	struct speaker_path path = {.prefix = *p, .attrs = a};

	if (!found && is_full(n))
		return false;
	attr_ref(a);
	if (is_passed_on(n, p))
		echo_found(n, &path);
	if (found) {
		attr_put(store_of(n), s->paths[i].attrs);
		s->paths[i] = path;
	} else {
		insert(s, i, path);
	}
	return true;
}

static const struct attrs *attrs_of(struct neighbor *n, const struct bgp_update *u)
{
	struct attr_view v = u->attrs;

	v.has_aggregator = false;
	v.has_originator_id = false;
	v.cluster_list = (struct attr_bytes){0};
	if (n->speaker->ebgp) {
		v.has_med = false;
		v.has_local_pref = false;
	}
	const struct attrs *a = attr_get(store_of(n), &v, (struct addr){.family = ADDR_NONE},
		(struct addr){.family = ADDR_NONE});
	if (!a)
		abort();
	return a;
}

static void withdraw_all(struct neighbor *n, struct bgp_nlri nlri)
{
	struct prefix p;
	while (bgp_nlri_next(&nlri, &p))
		withdraw(n, &p);
}

static bool announce_all(struct neighbor *n, const struct bgp_update *u, int which)
{
	const struct attrs *a = attrs_of(n, u);
	struct bgp_nlri nlri = u->reachable[which];
	struct prefix p;
	bool ok = true;

	while (ok && bgp_nlri_next(&nlri, &p))
		ok = announce(n, &p, a);
	attr_put(store_of(n), a);
	return ok;
}

/* RFC 4456 8: it went by this host before. */
static bool is_reflected(const struct neighbor *n, const struct attr_view *v)
{
	struct addr router_id = n->daemon->router_id;
	struct rd clusters = rd_init(v->cluster_list.bytes, v->cluster_list.len);

	if (v->has_originator_id && addr_equal(v->originator_id, router_id))
		return true;
	while (rd_left(&clusters) > 0)
		if (rd_u32(&clusters) == addr_u32(router_id))
			return true;
	return false;
}

void speaker_update(struct neighbor *n, struct session *s, const struct bgp_update *u)
{
	bool ok = true;

	for (int i = 0; i < 2; i++)
		withdraw_all(n, u->withdrawn[i]);
	for (int i = 0; i < 2 && ok; i++) {
		if (u->action == BGP_UPDATE_WITHDRAW)
			withdraw_all(n, u->reachable[i]);
		else if (u->reachable[i].len && is_reflected(n, &u->attrs))
			withdraw_all(n, u->reachable[i]);
		else if (u->reachable[i].len)
			ok = announce_all(n, u, i);
	}
	n->end_of_rib |= u->end_of_rib;
	graceful_end_of_rib(n, u->end_of_rib);
	announcer_changed(n->daemon->announcer);
	if (ok)
		return;
	log_event(LOG_LEVEL_ERR, LOG_ID_LIMIT,
		"limit reached neighbor=\"%s\" reason=\"more prefixes than a local speaker may "
		"announce\"",
		n->conf->name);
	session_reset(s, BGP_CEASE_MAXIMUM_PREFIXES, SESSION_DOWN_LOCAL);
}

void speaker_up(struct neighbor *n, bool ebgp, uint32_t local_as)
{
	if (!n->speaker)
		n->speaker = calloc(1, sizeof(*n->speaker));
	if (!n->speaker)
		abort();
	n->speaker->ebgp = ebgp;
	n->speaker->local_as = local_as;
}

void speaker_down(struct neighbor *n)
{
	struct speaker *s = n->speaker;

	for (size_t i = 0; i < s->paths_n; i++)
		attr_put(store_of(n), s->paths[i].attrs);
	free(s->paths);
	free(s);
	n->speaker = NULL;
	announcer_changed(n->daemon->announcer);
}

/* ---- graceful restart ---- */

/* Which of its paths go. */
static void drop(struct neighbor *n, bool (*goes)(const struct speaker_path *p, uint32_t families),
	uint32_t families)
{
	struct speaker *s = n->speaker;
	size_t kept = 0;

	for (size_t i = 0; i < s->paths_n; i++) {
		if (goes(&s->paths[i], families))
			attr_put(store_of(n), s->paths[i].attrs);
		else
			s->paths[kept++] = s->paths[i];
	}
	s->paths_n = kept;
	announcer_changed(n->daemon->announcer);
}

static uint32_t family_of(const struct speaker_path *p)
{
	return p->prefix.addr.family == ADDR_V6 ? BGP_FAMILY_IPV6 : BGP_FAMILY_IPV4;
}

static bool is_stale_of(const struct speaker_path *p, uint32_t families)
{
	return p->stale && (family_of(p) & families);
}

/* A second loss while stale paths exist removes those. */
static bool is_no_help(const struct speaker_path *p, uint32_t families)
{
	return p->stale || !(family_of(p) & families);
}

void speaker_stale(struct neighbor *n, uint32_t families)
{
	drop(n, is_no_help, families);
	for (size_t i = 0; i < n->speaker->paths_n; i++)
		n->speaker->paths[i].stale = true;
}

void speaker_drop_stale(struct neighbor *n, uint32_t families)
{
	drop(n, is_stale_of, families);
}

/* ---- what may leave ---- */

bool speaker_is_internal(const struct attrs *a)
{
	return attr_has_community(a, (uint32_t)NO_EXPORT) ||
	       attr_has_community(a, (uint32_t)NO_EXPORT_SUBCONFED);
}

bool speaker_permits_by(
	const struct speaker *s, const struct filter *import, const struct speaker_path *p)
{
	return import && filter_permits(import, &p->prefix, p->attrs, NULL) &&
	       !attr_path_count(p->attrs, s->local_as) &&
	       !attr_has_community(p->attrs, (uint32_t)NO_ADVERTISE) && !p->echo;
}

bool speaker_permits(const struct neighbor *n, const struct speaker_path *p)
{
	return speaker_permits_by(n->speaker, n->import, p);
}

void speaker_find_echoes(struct neighbor *n)
{
	for (size_t i = 0; i < n->speaker->paths_n; i++) {
		struct speaker_path *p = &n->speaker->paths[i];
		if (!p->echo && is_passed_on(n, &p->prefix))
			echo_found(n, p);
	}
}

size_t speaker_echoes(const struct neighbor *n)
{
	size_t echoes = 0;
	for (size_t i = 0; i < n->speaker->paths_n; i++)
		echoes += n->speaker->paths[i].echo;
	return echoes;
}

size_t speaker_permitted(const struct neighbor *n)
{
	size_t permitted = 0;
	for (size_t i = 0; i < n->speaker->paths_n; i++)
		permitted += speaker_permits(n, &n->speaker->paths[i]);
	return permitted;
}
