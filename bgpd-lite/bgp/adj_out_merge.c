#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/bgp/adj_out_priv.h"

/* Communities of one kind that are being collected. */
struct collected {
	uint8_t *bytes;
	size_t len;
	size_t element_len;
};

static bool collected_has(const struct collected *c, const uint8_t *element)
{
	for (size_t at = 0; at < c->len; at += c->element_len)
		if (memcmp(c->bytes + at, element, c->element_len) == 0)
			return true;
	return false;
}

static void collect(struct collected *c, const uint8_t *bytes, size_t len)
{
	c->bytes = adj_out_room(c->bytes, c->len + len + 1, 1);
	for (size_t at = 0; at + c->element_len <= len; at += c->element_len) {
		if (collected_has(c, bytes + at))
			continue;
		memcpy(c->bytes + c->len, bytes + at, c->element_len);
		c->len += c->element_len;
	}
}

static struct attr_bytes collected_bytes(const struct collected *c)
{
	size_t len = c->len <= UINT16_MAX ? c->len : 0;
	return (struct attr_bytes){c->bytes, (uint16_t)len};
}

/* Where the parts of a's bytes begin. */
struct parts {
	const uint8_t *communities, *ext_communities, *large_communities;
};

static struct parts parts_of(const struct attrs *a)
{
	struct parts p = {.communities = a->bytes + a->as_path_len};
	p.ext_communities = p.communities + a->communities_len;
	p.large_communities = p.ext_communities + a->ext_communities_len;
	return p;
}

/* A scalar that the first ones left open. */
static void take_scalars(struct attr_view *v, const struct attrs *a)
{
	if (!v->has_med && (a->flags & ATTR_HAS_MED)) {
		v->has_med = true;
		v->med = a->med;
	}
	if (!v->has_local_pref && (a->flags & ATTR_HAS_LOCAL_PREF)) {
		v->has_local_pref = true;
		v->local_pref = a->local_pref;
	}
	if (!v->has_otc && (a->flags & ATTR_HAS_OTC)) {
		v->has_otc = true;
		v->otc = a->otc;
	}
	if (!v->as_path.len)
		v->as_path = (struct attr_bytes){a->bytes, a->as_path_len};
	if (a->origin > v->origin)
		v->origin = a->origin;
	if (a->flags & ATTR_ATOMIC_AGGREGATE)
		v->atomic_aggregate = true;
}

static const struct attrs *merge_several(struct adj_out *o, const struct offer_set *set,
	const struct claim *claims, size_t n, uint16_t peer)
{
	struct collected communities = {.element_len = 4}, ext = {.element_len = 8},
			 large = {.element_len = 12};
	struct attr_view v = {0};

	for (size_t i = 0; i < n; i++) {
		const struct offer *f = &set->offers[claims[i].offer];
		const struct attrs *a = f->attrs;
		struct parts p = parts_of(a);
		if (!adj_out_peers_has(&f->peers, peer))
			continue;
		take_scalars(&v, a);
		collect(&communities, p.communities, a->communities_len);
		collect(&ext, p.ext_communities, a->ext_communities_len);
		collect(&large, p.large_communities, a->large_communities_len);
	}
	v.communities = collected_bytes(&communities);
	v.ext_communities = collected_bytes(&ext);
	v.large_communities = collected_bytes(&large);
	const struct attrs *a =
		attr_get(o->attrs, &v, (struct addr){.family = 0}, (struct addr){.family = 0});
	if (!a)
		abort();
	free(communities.bytes);
	free(ext.bytes);
	free(large.bytes);
	return a;
}

/* A reference to what the offers to the peer give together. */
static const struct attrs *merge(struct adj_out *o, const struct offer_set *set,
	const struct claim *claims, size_t n, uint16_t peer)
{
	const struct attrs *one = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct offer *f = &set->offers[claims[i].offer];
		if (!adj_out_peers_has(&f->peers, peer))
			continue;
		if (one && one != f->attrs)
			return merge_several(o, set, claims, n, peer);
		one = f->attrs;
	}
	if (one)
		attr_ref(one);
	return one;
}

/* A reference to a with what a policy sets. */
static const struct attrs *with_effect(
	struct adj_out *o, const struct attrs *a, const struct filter_effect *e)
{
	struct attr_view v = attr_view_of(a);

	if (e->set_local_pref) {
		v.has_local_pref = true;
		v.local_pref = e->local_pref;
	}
	if (e->set_med) {
		v.has_med = true;
		v.med = e->med;
	}
	const struct attrs *out =
		attr_get(o->attrs, &v, (struct addr){.family = 0}, (struct addr){.family = 0});
	if (!out)
		abort();
	return out;
}

const struct attrs *adj_out_merge(struct adj_out *o, const struct offer_set *set,
	const struct claim *claims, size_t n, uint16_t peer)
{
	const struct attrs *a = merge(o, set, claims, n, peer), *out = NULL;
	struct filter_effect e = {0};

	if (!a || !o->exports[peer])
		return a;
	if (filter_permits(o->exports[peer], &claims->prefix, a, &e))
		out = with_effect(o, a, &e);
	attr_put(o->attrs, a);
	return out;
}
