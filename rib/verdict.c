#include "rib/nexthops.h"
#include "rib/verdict.h"
#include "rib/state.h"

const char *rib_why_text(enum rib_why w)
{
	switch (w) {
	case RIB_USED:
		return "used";
	case RIB_WHY_NO_IMPORT:
		return "the neighbour has no import";
	case RIB_WHY_DENIED:
		return "denied by the neighbour's import";
	case RIB_WHY_CEILING:
		return "denied by the interface's import";
	case RIB_WHY_ALWAYS_BLOCK:
		return "in always-block";
	case RIB_WHY_DENY_IMPORT:
		return "in deny-import";
	case RIB_WHY_IMPORT_VRF:
		return "denied by the list of import-vrf";
	case RIB_WHY_MARTIAN:
		return "martian";
	case RIB_WHY_OWN_ADDRESS:
		return "an address of this host";
	case RIB_WHY_OWN_ANNOUNCEMENT:
		return "this host announces it";
	case RIB_WHY_HIDES_GATEWAY:
		return "would hide a gateway on a connected network";
	case RIB_WHY_HIDES_NEXT_HOP:
		return "would hide the kernel's route to a next hop";
	case RIB_WHY_OWN_AS:
		return "own AS in the path";
	case RIB_WHY_LONG_AS_PATH:
		return "AS path longer than maximum-as-path";
	case RIB_WHY_COMMUNITIES:
		return "more communities than maximum-communities";
	case RIB_WHY_LEAK:
		return "a route leak: its Only to Customer (RFC 9234) does not fit the role";
	case RIB_WHY_NEXT_HOP_OWN:
		return "next hop is this host";
	case RIB_WHY_NEXT_HOP_UNRESOLVED:
		return "next hop is not on a connected network of the session";
	case RIB_WHY_NEXT_HOP_DOWN:
		return "next hop is down";
	case RIB_WHY_TOO_MANY_EFFECTS:
		return "policies set too many different values";
	}
	return "unknown";
}

/* 0/8 but the default route, 127/8, 169.254/16, 224/4, 240/4; ::/128, ::1, ::ffff/96, fe80::/10,
 * ff00::/8, and everything longer. */
static bool martian(const struct prefix *p)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const struct addr a = p->addr;

	if (a.family == ADDR_V4)
		return (a.b[0] == 0 && p->len >= 8) || (a.b[0] == 127 && p->len >= 8) ||
		       (addr_is_link_local(a) && p->len >= 16) || a.b[0] >= 224;
	if (p->len >= 96 && __builtin_memcmp(a.b, mapped, sizeof(mapped)) == 0)
		return true;
	return (p->len == 128 && (addr_is_loopback(a) || addr_is_unspecified(a))) ||
	       (addr_is_link_local(a) && p->len >= 10) || a.b[0] == 0xff;
}

/* As long as, or longer than, a connected prefix that it lies in. */
static bool inside_connected(const struct rib *r, const struct prefix *p)
{
	const struct fib_address *a;
	size_t n = host_addresses(r->host, &a);

	for (size_t i = 0; i < n; i++)
		if (a[i].len <= p->len && a[i].addr.family == p->addr.family &&
			prefix_has_addr(prefix_make(a[i].addr, a[i].len), p->addr))
			return true;
	return false;
}

/* Has the address of a gateway or of a peer of that VRF. */
static bool has_gateway(const struct rib *r, uint16_t vrf, const struct prefix *p)
{
	for (uint32_t n = 1; n <= r->nexthops.top; n++) {
		const struct nexthop *x = rib_nexthop(r, (uint16_t)n);
		if (nexthop_used(r, n) && x->ifindex && r->peers[x->peer].is.vrf == vrf &&
			prefix_has_addr(*p, x->via))
			return true;
	}
	for (uint16_t i = 0; i < RIB_PEERS_MAX; i++)
		if (r->peers[i].state == PEER_UP && r->peers[i].is.vrf == vrf &&
			prefix_has_addr(*p, r->peers[i].is.address))
			return true;
	return false;
}

bool hides_gateway(struct rib *r, uint16_t vrf, const struct prefix *p)
{
	if (!inside_connected(r, p))
		return false;
	r->vrfs[vrf].inside = true;
	return has_gateway(r, vrf, p);
}

static bool stands(const struct judge *j)
{
	return j->ceiling && (!j->import || !filter_owned(j->import));
}

/* The import of the next hop's interface stands for a chain that the owner does not give: its
 * permit is enough then. Every other chain stands below it. */
static enum rib_why imported(const struct judge *j, const struct prefix *p, const struct attrs *a,
	struct filter_effect *effect)
{
	struct filter_effect ceiling = {0};

	if (!j->import && !stands(j))
		return RIB_WHY_NO_IMPORT;
	if (!stands(j) && !filter_permits(j->import, p, a, effect))
		return RIB_WHY_DENIED;
	if (j->ceiling && !filter_permits(j->ceiling, p, a, &ceiling))
		return RIB_WHY_CEILING;
	if (stands(j))
		*effect = ceiling;
	return RIB_USED;
}

static unsigned communities_n(const struct attrs *a)
{
	return a->communities_len / 4u + a->ext_communities_len / 8u +
	       a->large_communities_len / 12u;
}

static bool is_leak(const struct rib_peer *peer, const struct attrs *a)
{
	if (!(a->flags & ATTR_HAS_OTC))
		return false;
	return peer->otc == RIB_OTC_NONE || (peer->otc == RIB_OTC_OWN && a->otc != peer->remote_as);
}

/* Last of all: the neighbour is about to go (RFC 8326 4.2), or who told it has lost it and keeps
 * the route alive (RFC 9494 4.3). Any other path is better. */
static void leaving(
	const struct rib_peer *peer, const struct attrs *a, struct filter_effect *effect)
{
	effect->last_choice = (a->flags & ATTR_LLGR_STALE) != 0;
	if (!peer->ebgp || !(a->flags & ATTR_GRACEFUL_SHUTDOWN))
		return;
	effect->set_local_pref = true;
	effect->local_pref = 0;
}

enum rib_why verdict_by(struct rib *r, const struct judge *j, const struct nexthop *n,
	const struct prefix *p, const struct attrs *a, struct filter_effect *effect)
{
	const struct rib_peer *peer = &r->peers[n->peer].is;

	*effect = (struct filter_effect){0};
	if (j->block && filter_permits(j->block, p, NULL, NULL))
		return RIB_WHY_ALWAYS_BLOCK;
	if (j->deny && filter_permits(j->deny, p, NULL, NULL))
		return RIB_WHY_DENY_IMPORT;
	if (martian(p))
		return RIB_WHY_MARTIAN;
	if (own_has(j->own, j->own_n, p))
		return RIB_WHY_OWN_ANNOUNCEMENT;
	enum rib_why why = imported(j, p, a, effect);
	if (why != RIB_USED)
		return why;
	leaving(peer, a, effect);
	if (effect->kernel.metric == r->metric[p->addr.family == ADDR_V6])
		effect->kernel.metric = 0;
	if (p->len == addr_bits(p->addr.family) && host_is_own(r->host, p->addr))
		return RIB_WHY_OWN_ADDRESS;
	if (attr_path_count(a, peer->local_as) > j->bounds.allow_as_in)
		return RIB_WHY_OWN_AS;
	if (j->bounds.as_path && a->as_path_length > j->bounds.as_path)
		return RIB_WHY_LONG_AS_PATH;
	if (j->bounds.communities && communities_n(a) > j->bounds.communities)
		return RIB_WHY_COMMUNITIES;
	if (is_leak(peer, a))
		return RIB_WHY_LEAK;
	if (p->addr.family == ADDR_V6 && n->via.family == ADDR_V4)
		return RIB_WHY_NEXT_HOP_UNRESOLVED; /* the kernel knows no such route */
	if (nexthop_far_hidden(r, n, p))
		return RIB_WHY_HIDES_NEXT_HOP;
	return hides_gateway(r, peer->vrf, p) ? RIB_WHY_HIDES_GATEWAY : RIB_USED;
}

enum rib_why verdict(struct rib *r, const struct nexthop *n, const struct prefix *p,
	const struct attrs *a, struct filter_effect *effect)
{
	const struct peer *peer = &r->peers[n->peer];
	const struct judge j = {.block = r->block,
		.deny = r->vrfs[peer->is.vrf].deny,
		.import = peer->import,
		.ceiling = n->ceiling,
		.own = r->own,
		.own_n = r->own_n,
		.bounds = peer->is.bounds};

	return verdict_by(r, &j, n, p, a, effect);
}

struct filter_verdict verdict_rule(const struct rib *r, const struct nexthop *n,
	const struct prefix *p, const struct attrs *a, enum rib_why why)
{
	const struct filter *import = r->peers[n->peer].import;
	const struct judge j = {.import = import, .ceiling = n->ceiling};

	if (why == RIB_WHY_ALWAYS_BLOCK || why == RIB_WHY_MARTIAN)
		return (struct filter_verdict){0};
	if (why == RIB_WHY_DENY_IMPORT)
		return filter_explain(r->vrfs[r->peers[n->peer].is.vrf].deny, p, a);
	if (n->ceiling && (why == RIB_WHY_CEILING || stands(&j)))
		return filter_explain(n->ceiling, p, a);
	return import ? filter_explain(import, p, a) : (struct filter_verdict){0};
}
