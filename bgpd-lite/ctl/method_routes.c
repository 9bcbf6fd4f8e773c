/* ShowRoutes: a walk of the RIB in pieces, or a look at one prefix. */
#include "bgpd-lite/ctl/call.h"

#include <string.h>

#include "bgpd-lite/ctl/words.h"

enum {
	ROUTES_A_STEP = 64,
};

static bool parse_state(struct route_query *q, const char *word)
{
	static const enum rib_state states[] = {RIB_STATE_NONE, RIB_STATE_WAITING,
		RIB_STATE_INSTALLED, RIB_STATE_FAILED, RIB_STATE_WITHHELD, RIB_STATE_ADOPTED,
		RIB_STATE_FLUSHED};

	if (strcmp(word, "received") == 0)
		return true;
	if (strcmp(word, "accepted") == 0) {
		q->paths = VIEW_PATHS_ACCEPTED;
		return true;
	}
	if (strcmp(word, "rejected") == 0) {
		q->paths = VIEW_PATHS_REJECTED;
		return true;
	}
	if (strcmp(word, "advertised") == 0 && q->speaker) {
		q->advertised = true;
		q->one_peer = false;
		q->peer = RIB_NO_PEER;
		return true;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(word, words_route_state(states[i])) == 0) {
			q->state = (int)states[i];
			return true;
		}
	return false;
}

static bool take_vrf(struct call *c, const char *name)
{
	return call_find_vrf(c, name, &c->routes.vrf);
}

static bool take_prefix(struct call *c, const char *text)
{
	bool host_bits;

	if (!prefix_parse(text, &c->routes.prefix, &host_bits)) {
		call_bad_parameter(c, "prefix",
			host_bits ? "bits are set behind the prefix length"
				  : "not an address or ADDRESS/LENGTH");
		return false;
	}
	c->routes.span = strchr(text, '/') ? ROUTES_PREFIX : ROUTES_LONGEST;
	return true;
}

static bool take_neighbor(struct call *c, const char *name)
{
	const struct neighbor *n = call_find_neighbor(c->d, name);

	if (!n) {
		call_not_found(c, "neighbor", name);
		return false;
	}
	c->routes.one_peer = true;
	c->routes.peer = n->peer;
	c->routes.speaker = strdup(n->conf->name);
	return true;
}

static bool take_state(struct call *c, const char *word)
{
	if (parse_state(&c->routes, word))
		return true;
	call_bad_parameter(c, "state",
		"one of installed, failed, waiting, withheld, adopted, flushed, unused, received, "
		"accepted, rejected; advertised, with neighbor");
	return false;
}

static bool take_parameter(
	struct call *c, const char *key, bool (*take)(struct call *c, const char *value))
{
	const char *value = request_text(&c->request, key);
	return !value || take(c, value);
}

static bool take_span(struct call *c, const char *word)
{
	struct route_query *q = &c->routes;

	bool longer = strcmp(word, "longer") == 0;

	if (q->span == ROUTES_ALL || (!longer && strcmp(word, "shorter") != 0)) {
		call_bad_parameter(c, "span", "longer or shorter, with a prefix");
		return false;
	}
	q->span = longer ? ROUTES_LONGER : ROUTES_SHORTER;
	return true;
}

static void begin_walk(struct call *c)
{
	struct route_query *q = &c->routes;

	if (q->span != ROUTES_ALL && q->span != ROUTES_LONGER)
		return;
	q->walk = rib_ordered_new(q->vrf, q->span == ROUTES_LONGER ? &q->prefix : NULL);
	if (!q->walk)
		c->out->err = true;
}

void routes_start(struct call *c)
{
	c->routes = (struct route_query){.vrf = RIB_NO_VRF, .peer = RIB_NO_PEER, .state = -1};
	if (take_parameter(c, "prefix", take_prefix) && take_parameter(c, "span", take_span) &&
		take_parameter(c, "vrf", take_vrf) &&
		take_parameter(c, "neighbor", take_neighbor) &&
		take_parameter(c, "state", take_state))
		begin_walk(c);
}

static bool has_wanted_path(const struct route_query *q, const struct rib_route_view *v)
{
	for (size_t i = 0; i < v->paths_n; i++)
		if (view_path_wanted(&v->paths[i], q->paths, q->peer))
			return true;
	return false;
}

static void show_route(void *arg, const struct rib_route_view *v)
{
	struct call *c = arg;
	struct route_query *q = &c->routes;
	size_t before = c->batch.body.len;

	if (q->state >= 0 && q->state != (int)v->state)
		return;
	if ((q->one_peer || q->paths != VIEW_PATHS_ALL) && !has_wanted_path(q, v))
		return;
	if (q->advertised &&
		!(q->follower && rib_follow_has(c->d->rib, q->follower, v->vrf, &v->prefix)))
		return;
	const char *vrf = v->vrf < RIB_VRFS_MAX ? c->d->vrfs[v->vrf].name : NULL;
	view_write_route(batch_item(&c->batch, 0), v, rib_host(c->d->rib), vrf, q->paths, q->peer);
	if (c->batch.body.len - before > q->item_max)
		q->item_max = c->batch.body.len - before;
}

static void look_in_vrf(struct call *c, uint16_t vrf)
{
	struct prefix p = c->routes.prefix;

	for (int len = p.len; len >= 0; len--) {
		struct prefix shorter = prefix_make(p.addr, (uint8_t)len);
		bool found = rib_look(c->d->rib, vrf, &shorter, show_route, c);
		if (c->routes.span == ROUTES_PREFIX || (found && c->routes.span == ROUTES_LONGEST))
			return;
	}
}

/* One VRF a step. */
static enum call_progress look_step(struct call *c)
{
	if (c->routes.vrf != RIB_NO_VRF) {
		look_in_vrf(c, c->routes.vrf);
		return CALL_DONE;
	}
	if (c->index >= RIB_VRFS_MAX)
		return CALL_DONE;
	look_in_vrf(c, (uint16_t)c->index++);
	return CALL_MORE;
}

/* Between two steps the neighbour may go. */
static const struct rib_follower *follower_of(const struct call *c)
{
	const struct neighbor *n =
		c->routes.advertised ? neighbor_by_name(c->d, c->routes.speaker) : NULL;
	return n ? n->feed.follower : NULL;
}

enum call_progress routes_step(struct call *c)
{
	struct route_query *q = &c->routes;

	q->follower = follower_of(c);

	/* A neighbour that is down has sent nothing that is still here. */
	if (q->one_peer && q->peer == RIB_NO_PEER)
		return CALL_DONE;
	if (!q->walk)
		return look_step(c);
	size_t left = c->batch.body.len < CALL_BATCH_LEN ? CALL_BATCH_LEN - c->batch.body.len : 0;
	size_t budget = q->item_max ? left / q->item_max + 1 : 1;
	if (budget > ROUTES_A_STEP)
		budget = ROUTES_A_STEP;
	bool more = rib_ordered_walk(c->d->rib, q->walk, (unsigned)budget, show_route, c);
	return more ? CALL_MORE : CALL_DONE;
}
